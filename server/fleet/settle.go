package fleet

import (
	"context"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/server/ledger"
)

// Settle says who answered an attempt, in words, and what that costs. It needs
// no database unless the tenant's providers just changed.
func (f *Fleet) Settle(ctx context.Context, tenant, _ string, a broker.Attempt) (deployment string, price ledger.Price) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return a.Deployment, ledger.Price{}
	}
	p := s.find(a.Provider)
	if p == nil { // removed while it answered
		return a.Deployment, ledger.Price{}
	}
	return f.nameOf(p, a), f.price(s, p, a.Model, a.Usage, a.Started)
}

func (f *Fleet) nameOf(p *vendor, a broker.Attempt) string {
	for _, d := range f.serves(p) {
		if o := (offer{p, d}); o.brokerID() == a.Deployment {
			return o.name()
		}
	}
	return p.name + " · " + a.Model // no longer offered
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
	for _, o := range f.live(s, model) {
		if n := f.facts(o).ContextTokens; n > 0 && (window == 0 || n < window) {
			window = n
		}
	}
	return window
}
