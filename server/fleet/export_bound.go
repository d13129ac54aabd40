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

// bounds are a tenant's limits and budgets as a file has them. names are those
// of deployments by id; those of members and teams are added.
func bounds(ctx context.Context, tx pgx.Tx, tenantID string, names map[string]string) (limits, budgets []*entries, err error) {
	all, err := limit.List(ctx, tx, tenantID)
	if err != nil {
		return nil, nil, fmt.Errorf("read the limits: %w", err)
	}
	spend, err := budget.List(ctx, tx, tenantID)
	if err != nil {
		return nil, nil, fmt.Errorf("read the budgets: %w", err)
	}
	var holders []string
	for _, l := range all {
		holders = append(holders, l.Holds)
	}
	for _, b := range spend {
		holders = append(holders, b.HolderID)
	}
	rows, err := tx.Query(ctx, selectCalled, tenantID, holders)
	if err != nil {
		return nil, nil, fmt.Errorf("read what holders are called: %w", err)
	}
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read what holders are called: %w", err)
	}
	for _, l := range all {
		limits = append(limits, exportLimit(l.Kept, names))
	}
	for _, b := range spend {
		budgets = append(budgets, exportBudget(b, names))
	}
	return limits, budgets, nil
}

// deploymentNames are what limits call deployments in a file: "Provider/model".
func (f *Fleet) deploymentNames(s *snapshot) map[string]string {
	names := map[string]string{}
	for _, p := range s.vendors {
		for _, d := range f.serves(p) {
			names[d.id] = p.name + "/" + d.model
		}
	}
	return names
}

// putHolder names a user by address, a team by name and a deployment by its
// provider and model, which another server knows, too, and everybody else by id.
func putHolder(out *entries, kind, id string, names map[string]string) {
	out.put("for", kind, false)
	if name := names[id]; (kind == "user" || kind == "team" || kind == "deployment") && name != "" {
		id = name
	}
	out.put("who", id, id == "")
}

func exportLimit(l limit.Kept, names map[string]string) *entries {
	out := mapping()
	putHolder(out, string(l.Holder), l.Holds, names)
	out.put("measure", string(l.Measure), false)
	out.put("amount", l.Amount, false)
	out.put("per", l.Window.String(), l.Window == 0)
	out.put("on_failure", "open", !l.FailOpen)
	out.put("managed_by", l.Source, l.Source != sourceManual)
	return out
}

func exportBudget(b budget.Budget, names map[string]string) *entries {
	out := mapping()
	putHolder(out, string(b.Holder), b.HolderID, names)
	out.put("period", string(b.Period), false)
	out.put("usd", decimal(b.Limit), false)
	out.put("contact", b.Contact, b.Contact == "")
	out.put("unpriced", string(b.Unpriced), b.Unpriced == tenant.DenyUnpriced)
	out.put("managed_by", b.Source, b.Source != sourceManual)
	return out
}
