package api

import (
	"context"
	"strconv"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/tenant"
)

// Budgets answers for what may be spent.
type Budgets struct{ Budgets *budget.Budgets }

var _ httpapi.Budgets = Budgets{}

// ListBudgets lists the oldest first. Of a budget that is each one's for itself
// it shows who has used most.
func (b Budgets) ListBudgets(ctx context.Context) ([]httpapi.Budget, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	all, err := b.Budgets.Standings(ctx, caller.TenantID)
	if err != nil {
		return nil, err
	}
	out := []httpapi.Budget{}
	for _, s := range all {
		if n := len(out); n == 0 || out[n-1].ID != s.ID {
			out = append(out, showBudget(s))
		}
	}
	return out, nil
}

func showBudget(s budget.Standing) httpapi.Budget {
	out := httpapi.Budget{
		ID: s.ID, HolderKind: string(s.Holder), HolderID: s.HolderID, Holder: s.HolderName, Period: string(s.Period),
		AmountNanoUSD: s.Limit, SpentNanoUSD: s.Used, ReservedNanoUSD: s.Held, LeftNanoUSD: max(s.Limit-s.Used-s.Held, 0),
		Contact: s.Contact, Unpriced: string(s.Unpriced), Source: s.Source, CreatedAt: s.Created.UTC(),
	}
	if s.Period != budget.Total {
		out.ResetsAt = &s.To
	}
	return out
}

// CreateBudget gives a holder a budget; it holds here at once and in other
// processes within a second.
func (b Budgets) CreateBudget(ctx context.Context, n httpapi.NewBudget) (httpapi.Budget, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Budget{}, err
	}
	made, err := b.Budgets.Create(ctx, caller.TenantID, audit.By(caller), budget.Budget{
		Holder: budget.Holder(n.HolderKind), HolderID: n.HolderID, Period: budget.Period(n.Period), Limit: n.AmountNanoUSD,
		Contact: n.Contact, Unpriced: tenant.Unpriced(n.Unpriced),
	})
	if err != nil {
		return httpapi.Budget{}, err
	}
	return b.one(ctx, caller, made.ID)
}

// PatchBudget changes what is present.
func (b Budgets) PatchBudget(ctx context.Context, id string, p httpapi.BudgetPatch) (httpapi.Budget, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Budget{}, err
	}
	changed, err := b.Budgets.Change(ctx, caller.TenantID, audit.By(caller), id, func(x *budget.Budget) {
		if p.AmountNanoUSD != nil {
			x.Limit = *p.AmountNanoUSD
		}
		if p.Contact != nil {
			x.Contact = *p.Contact
		}
		if p.Unpriced != nil {
			x.Unpriced = tenant.Unpriced(*p.Unpriced)
		}
	})
	if err != nil {
		return httpapi.Budget{}, err
	}
	return b.one(ctx, caller, changed.ID)
}

// DeleteBudget removes a budget; what was spent stays in the ledger.
func (b Budgets) DeleteBudget(ctx context.Context, id string) error {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return b.Budgets.Remove(ctx, caller.TenantID, audit.By(caller), id)
}

// one is a budget as it stands after a change.
func (b Budgets) one(ctx context.Context, caller httpapi.Caller, id string) (httpapi.Budget, error) {
	all, err := b.Budgets.Standings(ctx, caller.TenantID)
	if err != nil {
		return httpapi.Budget{}, err
	}
	for _, s := range all {
		if s.ID == id {
			return showBudget(s), nil
		}
	}
	return httpapi.Budget{}, fault.New(fault.NotFound, "There is no such budget.", nil)
}

// ListAlerts lists the newest first.
func (b Budgets) ListAlerts(ctx context.Context) ([]httpapi.BudgetAlert, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	all, err := b.Budgets.Alerts(ctx, caller.TenantID)
	if err != nil {
		return nil, err
	}
	out := make([]httpapi.BudgetAlert, 0, len(all))
	for _, a := range all {
		shown := httpapi.BudgetAlert{ID: a.ID, At: a.At.UTC(), BudgetID: a.Budget, Holder: a.Name, Kind: "lease_lost"}
		if percent, err := strconv.Atoi(a.Kind); err == nil {
			shown.Kind, shown.Percent = "spent", percent
		}
		out = append(out, shown)
	}
	return out, nil
}
