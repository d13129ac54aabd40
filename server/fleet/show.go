package fleet

import (
	"slices"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
)

// show is a provider as the console sees it.
func (f *Fleet) show(s *snapshot, p *vendor, health Health) httpapi.Provider {
	out := httpapi.Provider{
		ID: p.id, Name: p.name, Kind: p.kind, BaseURL: p.baseURL, APIVersion: p.apiVersion, Region: p.region,
		HasKey: len(p.keys) > 0, Keys: []httpapi.ProviderKey{}, Enabled: p.enabled,
		Models: []httpapi.ProviderModel{}, TestedAt: p.testedAt, Source: p.source, CreatedAt: p.createdAt,
	}
	for _, d := range f.serves(p) {
		m := httpapi.ProviderModel{ID: d.model, Upstream: d.upstream, Kind: d.kind}
		if o, ok := s.inForce(priced{p.id, d.upstream}, f.Now()); ok {
			in, put := value(o.rates.InputNanoUSD)/perThousand, value(o.rates.OutputNanoUSD)/perThousand
			m.InputNanoUSD, m.OutputNanoUSD = &in, &put
		}
		out.Models = append(out.Models, m)
	}
	for _, k := range p.keys {
		out.Keys = append(out.Keys, f.showKey(p, k, health))
	}
	out.State, out.Detail = f.state(p)
	return out
}

func (f *Fleet) showKey(p *vendor, k *poolKey, health Health) httpapi.ProviderKey {
	out := httpapi.ProviderKey{
		ID: k.id, Name: k.name, Enabled: k.enabled, State: ready, Benched: []httpapi.BenchedModel{}, Reference: k.reference,
		CreatedAt: k.createdAt, RotatedAt: k.rotatedAt,
	}
	for _, d := range p.deployments {
		h := healthOf(health, offer{p, d}, k.id)
		if !h.BenchedUntil.IsZero() {
			out.Benched = append(out.Benched, httpapi.BenchedModel{DeploymentID: d.id, Model: d.model, Until: h.BenchedUntil})
		}
		if len(h.Failures) > 0 && (out.LastError == nil || h.Failures[0].At.After(out.LastError.At)) {
			last := failed(h.Failures[0], k)
			out.LastError = &last
		}
	}
	switch {
	case !k.enabled:
		out.State = disabled
	case k.client == nil:
		out.State = unready
	case len(out.Benched) > 0:
		out.State = "benched"
	}
	return out
}

// healthOf asks for the health of an offer with a key.
func healthOf(health Health, o offer, key string) broker.Health {
	if health == nil {
		return broker.Health{Circuit: broker.CircuitClosed}
	}
	return health(broker.Deployment{ID: o.brokerID(), Key: key})
}

func failed(f broker.Failure, k *poolKey) httpapi.DeploymentFail {
	return httpapi.DeploymentFail{At: f.At.UTC(), Code: f.Code, Detail: f.Detail, KeyID: k.id, Key: k.name}
}

func (f *Fleet) showDeployment(s *snapshot, p *vendor, d *deployment, health Health) httpapi.Deployment {
	o := offer{p, d}
	return httpapi.Deployment{
		ID: d.id, Model: d.model, Upstream: d.upstream, Kind: d.kind, ProviderID: p.id, Provider: p.name, ProviderKind: p.kind,
		Enabled: d.enabled, Region: o.region(), OwnRegion: d.region, Weight: d.weight, Priority: d.priority,
		Deadlines: d.deadlines, Overrides: d.overrides, Facts: f.facts(o), Source: p.source,
		Price: showPrice(f.price(s, p, d.upstream, llm.Usage{}, f.Now())), Health: f.health(o, health),
	}
}

// shownErrors is how many errors of a deployment are shown, of all its keys.
const shownErrors = 5

// health adds the deployment's keys up: its circuit is the worst of theirs.
func (f *Fleet) health(o offer, health Health) httpapi.DeploymentHealth {
	out := httpapi.DeploymentHealth{Circuit: string(broker.CircuitClosed), Errors: []httpapi.DeploymentFail{}, Benched: []httpapi.BenchedKey{}}
	out.State, out.Detail = f.offerState(o)
	keys, _ := o.p.usable()
	if len(keys) == 0 {
		keys = []*poolKey{{}}
	}
	for _, k := range keys {
		f.addHealth(&out, healthOf(health, o, k.id), k)
	}
	slices.SortStableFunc(out.Errors, func(a, b httpapi.DeploymentFail) int { return b.At.Compare(a.At) })
	out.Errors = out.Errors[:min(len(out.Errors), shownErrors)]
	return out
}

func (f *Fleet) addHealth(out *httpapi.DeploymentHealth, h broker.Health, k *poolKey) {
	rank := []string{string(broker.CircuitClosed), string(broker.CircuitHalfOpen), string(broker.CircuitOpen)}
	if slices.Index(rank, string(h.Circuit)) > slices.Index(rank, out.Circuit) {
		out.Circuit = string(h.Circuit)
	}
	if !h.OpenUntil.IsZero() && (out.RetryAt == nil || h.OpenUntil.Before(*out.RetryAt)) {
		out.RetryAt = &h.OpenUntil
	}
	out.Ejected = out.Ejected || !h.EjectedUntil.IsZero()
	out.InFlight = h.InFlight // of all keys together
	if ms := h.FirstToken.Milliseconds(); ms > 0 {
		out.FirstTokenMS = &ms
	}
	if h.Waiting > 0 || h.Cache > 0 {
		out.Waiting, out.CacheUsage = &h.Waiting, &h.Cache
	}
	for _, one := range h.Failures {
		out.Errors = append(out.Errors, failed(one, k))
	}
	if !h.BenchedUntil.IsZero() {
		out.Benched = append(out.Benched, httpapi.BenchedKey{KeyID: k.id, Key: k.name, Until: h.BenchedUntil})
	}
}

func (f *Fleet) offerState(o offer) (state, detail string) {
	if !o.d.enabled {
		return disabled, ""
	}
	if o.p.kind != kindLocal || !o.p.enabled {
		return f.state(o.p)
	}
	for _, m := range f.Local.Models() {
		if m.ID == o.d.model {
			return modelState(m.State)
		}
	}
	return unready, "The engine does not have this model."
}
