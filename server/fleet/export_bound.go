package fleet

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/server/budget"
	"nexusai/server/limit"
	"nexusai/server/tenant"
)

const selectCalled = `
select id::text, email::text from app_user where tenant_id = $1 and id::text = any($2)
union all select id::text, name::text from team where tenant_id = $1 and id::text = any($2)`

// bounds are a tenant's limits and budgets as a file has them.
func bounds(ctx context.Context, tx pgx.Tx, tenantID string) (limits, budgets []*entries, err error) {
	all, err := limit.List(ctx, tx, tenantID)
	if err != nil {
		return nil, nil, fmt.Errorf("read the limits: %w", err)
	}
	spend, err := readBudgets(ctx, tx, tenantID)
	if err != nil {
		return nil, nil, err
	}
	var holders []string
	for _, l := range all {
		holders = append(holders, l.Holds)
	}
	for _, b := range spend {
		holders = append(holders, b.HolderID)
	}
	called := map[string]string{}
	rows, err := tx.Query(ctx, selectCalled, tenantID, holders)
	if err != nil {
		return nil, nil, fmt.Errorf("read what holders are called: %w", err)
	}
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		called[id] = name
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read what holders are called: %w", err)
	}
	for _, l := range all {
		limits = append(limits, exportLimit(l.Kept, called))
	}
	for _, b := range spend {
		budgets = append(budgets, exportBudget(b, called))
	}
	return limits, budgets, nil
}

// putHolder names a user by address and a team by name, which another server
// knows, too, and everybody else by id.
func putHolder(out *entries, kind, id string, called map[string]string) {
	out.put("for", kind, false)
	if name := called[id]; (kind == "user" || kind == "team") && name != "" {
		id = name
	}
	out.put("who", id, id == "")
}

func exportLimit(l limit.Kept, called map[string]string) *entries {
	out := mapping()
	putHolder(out, string(l.Holder), l.Holds, called)
	out.put("measure", string(l.Measure), false)
	out.put("amount", l.Amount, false)
	out.put("per", l.Window.String(), l.Window == 0)
	out.put("on_failure", "open", !l.FailOpen)
	out.put("managed_by", l.Source, l.Source != sourceManual)
	return out
}

func exportBudget(b budget.Budget, called map[string]string) *entries {
	out := mapping()
	putHolder(out, string(b.Holder), b.HolderID, called)
	out.put("period", string(b.Period), false)
	out.put("usd", decimal(b.Limit), false)
	out.put("contact", b.Contact, b.Contact == "")
	out.put("unpriced", string(b.Unpriced), b.Unpriced == tenant.DenyUnpriced)
	out.put("managed_by", b.Source, b.Source != sourceManual)
	return out
}
