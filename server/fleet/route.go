package fleet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/llm"
	"nexusai/backend/provider"
	"nexusai/backend/provider/endpoint"
	"nexusai/server/ledger"
)

const (
	// startWithin is how long a request may wait for the local engine to start
	// and to read its prompt.
	startWithin = 4 * time.Minute
	// perTarget keeps the priorities of one target of an alias apart from those
	// of the next: a deployment's own are below it.
	perTarget = 1000
)

var _ broker.Router = (*Fleet)(nil)

// Candidates implements broker.Router for the tenant of the caller in ctx.
func (f *Fleet) Candidates(ctx context.Context, q broker.Query) (broker.Route, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return broker.Route{}, err
	}
	s, err := f.snapshot(ctx, caller.TenantID)
	if err != nil {
		return broker.Route{}, err
	}
	return f.route(s, caller, q)
}

func (f *Fleet) route(s *snapshot, caller httpapi.Caller, q broker.Query) (broker.Route, error) {
	if !s.policy.may(caller, q.Model) {
		return broker.Route{}, unknown()
	}
	sift := sieve{f: f, s: s, alias: s.aliases[q.Model], via: s.aliases[q.Via], now: f.Now(), route: broker.Route{}}
	if sift.alias != nil {
		sift.route.Larger, sift.route.HedgeAfter = sift.alias.larger, time.Duration(sift.alias.hedgeAfter)*time.Millisecond
	}
	other, none := false, true
	for step, target := range s.targets(q.Model) {
		for _, o := range f.offers(s, target) {
			if o.d.kind != kindOf(q.Need) {
				other = true
				continue
			}
			none = false
			sift.consider(o, step*perTarget)
		}
	}
	switch {
	case none && other:
		return broker.Route{}, fault.New(fault.BadRequest, "This model cannot do that: chat and embeddings need different models.", nil).At("model")
	case none:
		return broker.Route{}, unknown()
	case len(sift.route.Deployments) == 0:
		return sift.route, sift.refusal()
	}
	return sift.route, nil
}

func unknown() *fault.Fault {
	return fault.New(fault.ModelUnknown, "There is no such model, or you may not use it.", nil).At("model")
}

// sieve makes deployments of offers, and says of the others why not.
type sieve struct {
	f      *Fleet
	s      *snapshot
	alias  *alias
	via    *alias // whose larger model this is; nil: nobody's
	now    time.Time
	route  broker.Route
	broken error
}

func (v *sieve) consider(o offer, base int) {
	if reason := v.barred(o); reason != "" {
		v.exclude(o, "", reason)
		return
	}
	if o.p.kind == kindLocal {
		d, err := v.f.localDeployment(o)
		if err != nil {
			v.broken = err
			v.exclude(o, "", broker.ReasonUnready)
			return
		}
		v.add(o, d, base)
		return
	}
	if o.p.broken != nil {
		v.broken = o.p.broken
		v.exclude(o, "", broker.ReasonUnready)
		return
	}
	if len(o.p.keys) == 0 {
		v.add(o, broker.Deployment{Client: o.p.open, Forwarder: o.p.open}, base)
		return
	}
	for _, k := range o.p.keys {
		switch {
		case !k.enabled:
			v.exclude(o, k.name, broker.ReasonDisabled)
		case k.client == nil:
			v.broken = k.broken
			v.exclude(o, k.name, broker.ReasonUnready)
		default:
			v.add(o, broker.Deployment{Key: k.id, Client: k.client, Forwarder: k.client}, base)
		}
	}
}

// barred says why the tenant's rules pass an offer over; empty: they do not.
func (v *sieve) barred(o offer) broker.Reason {
	if !o.p.enabled || !o.d.enabled {
		return broker.ReasonDisabled
	}
	region, local := o.region(), o.p.kind == kindLocal
	lists, caps := [][]string{v.s.policy.regions}, [][2]*int64{{v.s.policy.maxInput, v.s.policy.maxOut}}
	for _, a := range []*alias{v.alias, v.via} {
		if a != nil {
			lists, caps = append(lists, a.regions), append(caps, [2]*int64{a.maxInput, a.maxOut})
		}
	}
	for _, list := range lists {
		// What does not say where it answers is nowhere that is allowed; the own
		// engine is on the team's own machine.
		if len(list) > 0 && !slices.Contains(list, region) && (!local || region != "") {
			return broker.ReasonRegion
		}
	}
	for _, limit := range caps {
		if limit == [2]*int64{} { // nearly always
			continue
		}
		if tooDear(v.f.price(v.s, o.p, o.d.upstream, llm.Usage{}, v.now), limit[0], limit[1]) {
			return broker.ReasonPrice
		}
	}
	return ""
}

// tooDear: a price that nobody knows may be any.
func tooDear(p ledger.Price, input, output *int64) bool {
	return !p.Known || input != nil && p.InputNano > *input || output != nil && p.OutputNano > *output
}

// add completes d, whose client, key and, for the engine, id are set.
func (v *sieve) add(o offer, d broker.Deployment, base int) {
	d.ID, d.Name = cmp.Or(d.ID, o.d.id), o.name()
	d.Provider, d.Model, d.Region = o.p.id, o.d.upstream, o.region()
	d.Weight, d.Priority = o.d.weight, base+o.d.priority
	about, _ := provider.Of(provider.Kind(o.p.kind))
	d.Engine = about.Local
	facts := v.f.facts(o)
	d.Context, d.MaxOutput = facts.ContextTokens, facts.MaxOutputTokens
	d.Skills = broker.Skills{
		Known: facts.Known, Images: facts.Images, Tools: facts.Tools, Schema: facts.Schema, Reasoning: facts.Reasoning, Prefill: facts.Prefill,
		ForcedTools: v.f.forced(o.d.upstream),
	}
	d.Metrics = o.p.load
	known, _ := v.f.Catalog.Model(o.d.upstream)
	d.ImageTokens = known.ImageTokens
	if known.Kind == catalog.Responses {
		if client, ok := d.Client.(provider.Client); ok {
			client = provider.ResponsesOnly(client)
			d.Client, d.Forwarder = client, client
		}
	}
	price := v.f.price(v.s, o.p, o.d.upstream, llm.Usage{}, v.now)
	d.InputNano, d.OutputNano = price.InputNano, price.OutputNano
	for _, one := range []struct {
		into *time.Duration
		ms   int64
	}{
		{&d.Deadlines.Connect, o.d.deadlines.ConnectMS}, {&d.Deadlines.FirstToken, o.d.deadlines.FirstTokenMS},
		{&d.Deadlines.BetweenTokens, o.d.deadlines.BetweenTokensMS},
	} {
		if one.ms > 0 {
			*one.into = time.Duration(one.ms) * time.Millisecond
		}
	}
	v.route.Deployments = append(v.route.Deployments, d)
}

func (v *sieve) exclude(o offer, key string, reason broker.Reason) {
	name := o.name()
	if key != "" {
		name += " (" + key + ")"
	}
	v.route.Excluded = append(v.route.Excluded, broker.Excluded{Deployment: o.brokerID(), Name: name, Reason: reason})
}

// refusal says why nobody may serve a model that exists.
func (v *sieve) refusal() *fault.Fault {
	has := func(r broker.Reason) bool {
		return slices.ContainsFunc(v.route.Excluded, func(x broker.Excluded) bool { return x.Reason == r })
	}
	switch {
	case v.broken != nil:
		return fault.New(fault.ModelUnready, "The provider of this model is not set up completely.", v.broken)
	case has(broker.ReasonRegion):
		return fault.New(fault.Forbidden, "No provider of this model is in a region that your organisation allows.", nil).At("model")
	case has(broker.ReasonPrice):
		return fault.New(fault.Forbidden, "Every provider of this model costs more than your organisation allows, or its price is not known.", nil).At("model")
	}
	return unknown() // disabled: nobody serves it
}

// offer is a model as one provider serves it.
type offer struct {
	p *vendor
	d *deployment
}

// name is an offer in words.
func (o offer) name() string {
	if o.d.upstream == o.d.model {
		return o.p.name
	}
	return o.p.name + " · " + o.d.upstream
}

func (o offer) region() string { return cmp.Or(o.d.region, o.p.region) }

// brokerID is what load and health are kept by. All tenants share the engine.
func (o offer) brokerID() string {
	if o.p.kind == kindLocal {
		return "local/" + o.d.upstream
	}
	return o.d.id
}

// offers of a model by the tenant's providers, disabled ones included.
func (f *Fleet) offers(s *snapshot, model string) []offer {
	var out []offer
	for _, p := range s.vendors {
		for _, d := range f.serves(p) {
			if d.model == model {
				out = append(out, offer{p, d})
			}
		}
	}
	return out
}

// live are the offers behind a name that may be asked at all.
func (f *Fleet) live(s *snapshot, name string) []offer {
	var out []offer
	for _, target := range s.targets(name) {
		out = append(out, f.offers(s, target)...)
	}
	return slices.DeleteFunc(out, func(o offer) bool { return !o.p.enabled || !o.d.enabled })
}

func kindOf(need broker.Capability) string {
	switch need {
	case broker.CanEmbed:
		return kindEmbed
	case broker.CanTranscribe:
		return string(catalog.Transcription)
	case broker.CanSpeak:
		return string(catalog.Speech)
	case broker.CanRerank:
		return string(catalog.Rerank)
	}
	return kindChat
}

// localDeployment is the engine's part of a broker.Deployment.
func (f *Fleet) localDeployment(o offer) (broker.Deployment, error) {
	kind := llamacpp.Chat
	if o.d.kind == kindEmbed {
		kind = llamacpp.Embeddings
	}
	at := f.Local.Endpoint(kind)
	limits := endpoint.Local()
	limits.Connect, limits.FirstToken = startWithin, startWithin // the engine starts when it is asked
	client, err := provider.Open(provider.Config{
		Kind: provider.LlamaCPP, BaseURL: at.BaseURL, Key: endpoint.Secret(at.Key), HTTP: at.HTTP, Pictures: f.Pictures, Deadlines: limits,
		ForceTools: f.forced, Log: f.Log, Now: f.Now,
	})
	if err != nil {
		return broker.Deployment{}, err
	}
	return broker.Deployment{
		ID: o.brokerID(), Offer: o.d.id, Local: true, Client: client, Forwarder: client,
		Deadlines: broker.Deadlines{Connect: startWithin},
	}, nil
}

// facts are what is believed of a model: what was set by hand over what the
// catalogue knows.
func (f *Fleet) facts(o offer) httpapi.DeploymentFacts {
	known, ok := f.Catalog.Model(o.d.upstream)
	out := httpapi.DeploymentFacts{
		Known: ok, ContextTokens: known.Context, MaxOutputTokens: known.MaxOutput, Images: known.Vision, Tools: known.Tools,
		Schema: known.Schema, Reasoning: known.Reasoning, Prefill: known.Prefill,
	}
	if !ok { // the provider says no, and that is a clear error
		out.Images, out.Tools, out.Schema = true, true, true
	}
	if o.p.kind == kindLocal {
		out.ContextTokens = f.localWindow(o.d.model)
	}
	by := o.d.overrides
	for _, n := range []struct {
		into *int
		set  *int
	}{{&out.ContextTokens, by.ContextTokens}, {&out.MaxOutputTokens, by.MaxOutputTokens}} {
		if n.set != nil {
			*n.into = *n.set
		}
	}
	for _, b := range []struct{ into, set *bool }{
		{&out.Images, by.Images}, {&out.Tools, by.Tools}, {&out.Schema, by.Schema}, {&out.Reasoning, by.Reasoning}, {&out.Prefill, by.Prefill},
	} {
		if b.set != nil {
			*b.into, out.Known = *b.set, true
		}
	}
	return out
}

// localWindow is what the engine was started with, which is less than what the
// model could read.
func (f *Fleet) localWindow(model string) int {
	for _, m := range f.Local.Models() {
		if m.ID == model {
			return m.Window()
		}
	}
	return 0
}
