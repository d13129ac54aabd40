package fleet

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/server/budget"
	"nexusai/server/limit"
	"nexusai/server/tenant"
)

const selectAddresses = `select id::text, email::text from app_user where tenant_id = $1 and id::text = any($2)`

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
	var users []string
	for _, l := range all {
		users = append(users, l.Holds)
	}
	for _, b := range spend {
		users = append(users, b.HolderID)
	}
	addresses := map[string]string{}
	rows, err := tx.Query(ctx, selectAddresses, tenantID, users)
	if err != nil {
		return nil, nil, fmt.Errorf("read the members' addresses: %w", err)
	}
	var id, address string
	_, err = pgx.ForEachRow(rows, []any{&id, &address}, func() error {
		addresses[id] = address
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the members' addresses: %w", err)
	}
	for _, l := range all {
		limits = append(limits, exportLimit(l.Kept, addresses))
	}
	for _, b := range spend {
		budgets = append(budgets, exportBudget(b, addresses))
	}
	return limits, budgets, nil
}

// putHolder names a user by address, which another server knows, too, and
// everybody else by id.
func putHolder(out *entries, kind, id string, addresses map[string]string) {
	out.put("for", kind, false)
	if address := addresses[id]; kind == "user" && address != "" {
		id = address
	}
	out.put("who", id, id == "")
}

func exportLimit(l limit.Kept, addresses map[string]string) *entries {
	out := mapping()
	putHolder(out, string(l.Holder), l.Holds, addresses)
	out.put("measure", string(l.Measure), false)
	out.put("amount", l.Amount, false)
	out.put("per", l.Window.String(), l.Window == 0)
	out.put("on_failure", "open", !l.FailOpen)
	out.put("managed_by", l.Source, l.Source != sourceManual)
	return out
}

func exportBudget(b budget.Budget, addresses map[string]string) *entries {
	out := mapping()
	putHolder(out, string(b.Holder), b.HolderID, addresses)
	out.put("period", string(b.Period), false)
	out.put("usd", decimal(b.Limit), false)
	out.put("contact", b.Contact, b.Contact == "")
	out.put("unpriced", string(b.Unpriced), b.Unpriced == tenant.DenyUnpriced)
	out.put("managed_by", b.Source, b.Source != sourceManual)
	return out
}
