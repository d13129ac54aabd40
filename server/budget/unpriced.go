package budget

import (
	"context"

	"nexusai/server/tenant"
)

// DeniesUnpriced says whether who may not make a call whose price nobody knows:
// when a budget that binds who says so and, where the provider is known to ask
// for money, when the tenant does.
func (b *Budgets) DeniesUnpriced(ctx context.Context, who Who, paid bool) (bool, error) {
	p, err := b.page(ctx, who.TenantID)
	if err != nil {
		return true, unavailable(err)
	}
	for _, s := range p.shares(who, b.Now()) {
		if s.budget.Unpriced == tenant.DenyUnpriced {
			return true, nil
		}
	}
	return paid && p.unpriced == tenant.DenyUnpriced, nil
}
