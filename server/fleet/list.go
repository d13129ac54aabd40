package fleet

import (
	"cmp"
	"context"
	"slices"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
)

// Models implements broker.Router: what the caller may ask for.
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

// ListModels is what the caller in ctx may pick, chat models first: by its
// rights, and by the regions and prices that the tenant allows.
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
	add := func(name string) {
		if seen[name] || !s.policy.may(caller, name) {
			return
		}
		seen[name] = true
		if o, ok := f.first(s, name); ok {
			out = append(out, f.describe(s, name, o))
		}
	}
	for name := range s.aliases {
		add(name)
	}
	for _, p := range s.vendors {
		for _, d := range f.serves(p) {
			add(d.model)
		}
	}
	slices.SortFunc(out, func(a, b httpapi.Model) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// first is the offer that a name stands for before all others, if the tenant's
// rules allow any.
func (f *Fleet) first(s *snapshot, name string) (offer, bool) {
	sift := sieve{f: f, s: s, alias: s.aliases[name], now: f.Now()}
	for _, o := range f.live(s, name) {
		if sift.barred(o) == "" {
			return o, true
		}
	}
	return offer{}, false
}

func (f *Fleet) describe(s *snapshot, id string, o offer) httpapi.Model {
	m := httpapi.Model{
		ID: id, Name: id, Family: string(catalog.FamilyOf(o.d.upstream)), Kind: o.d.kind, Provider: o.p.name,
		ContextTokens: f.facts(o).ContextTokens, State: ready,
	}
	price := f.price(s, o.p, o.d.upstream, llm.Usage{}, f.Now())
	m.InputNanoUSD, m.OutputNanoUSD = price.InputNano/perThousand, price.OutputNano/perThousand
	if o.p.kind == kindLocal {
		for _, one := range f.Local.Models() {
			if one.ID == o.d.model {
				if id == one.ID { // an alias is known by the name that it was given
					m.Name = one.Title
				}
				m.State, m.Detail = modelState(one.State)
			}
		}
		return m
	}
	if state, detail := f.state(o.p); state == unready {
		m.State, m.Detail = unready, detail
	}
	return m
}

// Health says how a deployment with one of its keys has been doing;
// (*broker.Broker).Health does.
type Health func(broker.Deployment) broker.Health
