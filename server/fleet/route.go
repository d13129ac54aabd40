package fleet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/server/ledger"
)

// startWithin is how long a request may wait for the local engine to start and
// to read its prompt.
const startWithin = 4 * time.Minute

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
	if !allowed(caller.Models, q.Model) {
		return broker.Route{}, fault.New(fault.ModelUnknown, "There is no such model, or you may not use it.", nil).At("model")
	}
	var all []broker.Deployment
	var broken error
	other := false
	for _, o := range f.offers(s, s.resolve(q.Model)) {
		if o.model.Kind != kindOf(q.Need) {
			other = true
			continue
		}
		d, err := f.deployment(o)
		if err != nil {
			broken = err
			continue
		}
		all = append(all, d)
	}
	switch {
	case len(all) > 0:
		return broker.Route{Deployments: all}, nil
	case broken != nil:
		return broker.Route{}, fault.New(fault.ModelUnready, "The provider of this model is not set up completely.", broken)
	case other:
		return broker.Route{}, fault.New(fault.BadRequest, "This model cannot do that: chat and embeddings need different models.", nil).At("model")
	}
	return broker.Route{}, fault.New(fault.ModelUnknown, "There is no such model, or you may not use it.", nil).At("model")
}

// Models implements broker.Router: what the caller's tenant may ask for.
func (f *Fleet) Models(ctx context.Context) ([]llm.Model, error) {
	list, err := f.ListModels(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]llm.Model, 0, len(list))
	for _, m := range list {
		out = append(out, llm.Model{ID: m.ID})
	}
	return out, nil
}

// offer is a model as one provider serves it.
type offer struct {
	provider *provider
	model    httpapi.ProviderModel
}

// offers of a model by the tenant's enabled providers.
func (f *Fleet) offers(s *snapshot, id string) []offer {
	var out []offer
	for _, p := range s.providers {
		if !p.enabled {
			continue
		}
		for _, m := range f.serves(p) {
			if m.ID == id {
				out = append(out, offer{p, m})
			}
		}
	}
	return out
}

// allowed says whether a list of models holds one; an empty list holds all.
func allowed(models []string, id string) bool {
	return len(models) == 0 || slices.ContainsFunc(models, func(one string) bool {
		prefix, wild := strings.CutSuffix(one, "*")
		return one == id || wild && strings.HasPrefix(id, prefix)
	})
}

func kindOf(need broker.Capability) string {
	if need == broker.CanEmbed {
		return kindEmbed
	}
	return kindChat
}

// deployment is where an offer is asked. Its Provider is the id of ours, by
// which Settle finds name and price again.
func (f *Fleet) deployment(o offer) (broker.Deployment, error) {
	if o.provider.kind == kindLocal {
		return f.localDeployment(o)
	}
	if o.provider.broken != nil {
		return broker.Deployment{}, o.provider.broken
	}
	return broker.Deployment{
		ID: o.provider.id + "/" + o.model.Upstream, Provider: o.provider.id, Model: o.model.Upstream,
		Client: o.provider.client, Forwarder: o.provider.client,
	}, nil
}

func (f *Fleet) localDeployment(o offer) (broker.Deployment, error) {
	kind := llamacpp.Chat
	if o.model.Kind == kindEmbed {
		kind = llamacpp.Embeddings
	}
	at := f.Local.Endpoint(kind)
	limits := openai.Local()
	limits.Connect, limits.FirstToken = startWithin, startWithin // the engine starts when it is asked
	client, err := openai.New(openai.Config{BaseURL: at.BaseURL, APIKey: openai.Secret(at.Key), HTTP: at.HTTP, Deadlines: limits, Log: f.Log, Now: f.Now})
	if err != nil {
		return broker.Deployment{}, err
	}
	return broker.Deployment{
		ID: "local/" + o.model.Upstream, Provider: o.provider.id, Model: o.model.Upstream, Local: true,
		Client: client, Forwarder: client, Deadlines: broker.Deadlines{Connect: startWithin},
	}, nil
}

// Settle says who answered an attempt, in words, and what that costs. It needs
// no database unless the tenant's providers just changed.
func (f *Fleet) Settle(ctx context.Context, tenant, asked string, a broker.Attempt) (deployment string, price ledger.Price) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return a.Deployment, ledger.Price{}
	}
	p := s.find(a.Provider)
	if p == nil { // removed while it answered
		return a.Deployment, ledger.Price{}
	}
	name := p.name
	if a.Model != asked {
		name += " · " + a.Model
	}
	for _, m := range f.serves(p) {
		if m.Upstream == a.Model && m.ID == s.resolve(asked) {
			return name, f.price(p, m, a.Usage, a.Started)
		}
	}
	return name, ledger.Price{}
}

// perThousand turns the contract's unit into the catalogue's (per million).
const perThousand = 1000

func (f *Fleet) price(p *provider, m httpapi.ProviderModel, u llm.Usage, at time.Time) ledger.Price {
	if m.InputNanoUSD != nil || m.OutputNanoUSD != nil {
		own := catalog.Price{InputNano: perThousand * value(m.InputNanoUSD), OutputNano: perThousand * value(m.OutputNanoUSD)}
		own.CachedNano = own.InputNano
		return ledger.Price{Price: own, Known: true, Version: "provider " + p.updatedAt.UTC().Format(time.RFC3339)}
	}
	if p.kind == kindLocal {
		return ledger.Price{Known: true, Version: "local"}
	}
	known, ok := f.Catalog.Model(m.Upstream)
	if !ok || known.Provider != p.seller() {
		return ledger.Price{}
	}
	list, ok := known.PriceAt(at, u.Input)
	return ledger.Price{Price: list, Known: ok, Version: "catalogue"}
}

func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// Window is how many tokens a model reads and writes together; 0: unknown.
func (f *Fleet) Window(ctx context.Context, model string) int {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return 0
	}
	s, err := f.snapshot(ctx, caller.TenantID)
	if err != nil {
		return 0
	}
	window := 0
	for _, o := range f.offers(s, s.resolve(model)) {
		if n := f.window(o); n > 0 && (window == 0 || n < window) {
			window = n
		}
	}
	return window
}

// window of the local engine is what it was started with, which is less than
// what the model could read.
func (f *Fleet) window(o offer) int {
	if o.provider.kind == kindLocal {
		for _, m := range f.Local.Models() {
			if m.ID == o.model.ID {
				return m.Window()
			}
		}
		return 0
	}
	known, _ := f.Catalog.Model(o.model.Upstream)
	return known.Context
}

// ListModels is what the caller in ctx may pick, chat models first.
func (f *Fleet) ListModels(ctx context.Context) ([]httpapi.Model, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	s, err := f.snapshot(ctx, caller.TenantID)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	out := []httpapi.Model{}
	add := func(id string, o offer) {
		if !seen[id] && allowed(caller.Models, id) {
			seen[id] = true
			out = append(out, f.describe(id, o))
		}
	}
	for _, p := range s.providers {
		if !p.enabled {
			continue
		}
		for _, m := range f.serves(p) {
			add(m.ID, offer{p, m})
		}
	}
	for alias, target := range s.aliases {
		if all := f.offers(s, target); len(all) > 0 {
			add(alias, all[0])
		}
	}
	slices.SortFunc(out, func(a, b httpapi.Model) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

func (f *Fleet) describe(id string, o offer) httpapi.Model {
	m := httpapi.Model{
		ID: id, Name: id, Family: string(catalog.FamilyOf(o.model.Upstream)), Kind: o.model.Kind, Provider: o.provider.name,
		ContextTokens: f.window(o), State: ready,
	}
	price := f.price(o.provider, o.model, llm.Usage{}, f.Now())
	m.InputNanoUSD, m.OutputNanoUSD = price.InputNano/perThousand, price.OutputNano/perThousand
	if o.provider.kind == kindLocal {
		for _, one := range f.Local.Models() {
			if one.ID == o.model.ID {
				m.Name = one.Title
				m.State, m.Detail = modelState(one.State)
			}
		}
		return m
	}
	if state, detail := f.state(o.provider); state == unready {
		m.State, m.Detail = unready, detail
	}
	return m
}
