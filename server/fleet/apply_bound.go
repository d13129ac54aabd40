package fleet

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/limit"
)

// selectHolders finds at most two: one name must not mean several.
var selectHolders = map[string]string{
	"user": `select id::text from app_user where tenant_id = $1 and (email = $2 or id::text = lower($2)) limit 2`,
	"key":  `select id::text from api_key where tenant_id = $1 and (name = $2 and revoked_at is null or id::text = lower($2)) limit 2`,
	"team": `select id::text from team where tenant_id = $1 and (name = $2 or id::text = lower($2)) limit 2`,
}

// resolve turns a holder's name into the id that limits and budgets keep.
func (a *application) resolve(ctx context.Context, h holder) (string, error) {
	query, ok := selectHolders[h.kind]
	if h.who == "" || !ok && h.kind != "conversation" {
		return h.who, nil
	}
	if h.kind == "conversation" {
		if uuid.Validate(h.who) != nil {
			return "", fmt.Errorf("line %d: a conversation is named by its id", h.line)
		}
		return strings.ToLower(h.who), nil
	}
	rows, err := a.tx.Query(ctx, query, a.tenant, h.who)
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", h.readable, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", h.readable, err)
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("line %d: there is no %s %q", h.line, h.kind, h.who)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("line %d: several of the kind %s are called %q: name it by its id", h.line, h.kind, h.who)
}

// ofLimit is what a tenant has one limit of.
type ofLimit struct {
	holder, holds, measure string
	window                 int64 // ms
}

func limitOf(r limit.Rule) ofLimit {
	return ofLimit{string(r.Holder), r.Holds, string(r.Measure), r.Window.Milliseconds()}
}

const ownLimit = `update limit_rule set source = $3 where tenant_id = $1 and id = $2`

func (a *application) limits(ctx context.Context, want []declaredLimit) error {
	list, err := limit.List(ctx, a.tx, a.tenant)
	if err != nil {
		return fmt.Errorf("read the limits: %w", err)
	}
	have, named := map[ofLimit]limit.Kept{}, map[ofLimit]bool{}
	for _, l := range list {
		have[limitOf(l.Rule)] = l.Kept
	}
	for _, w := range want {
		if w.want.Holds, err = a.resolve(ctx, w.holder); err != nil {
			return err
		}
		of := limitOf(w.want.Rule)
		if named[of] {
			return fmt.Errorf("line %d: there are two limits of %s for %s", w.line, w.want.Measure, w.readable)
		}
		named[of] = true
		old, there := have[of]
		if err := a.limit(ctx, w, old, there); err != nil {
			return fmt.Errorf("line %d: %w", w.line, err)
		}
	}
	for _, l := range list {
		if l.Source != sourceFile || named[limitOf(l.Rule)] {
			continue
		}
		if err := limit.Remove(ctx, a.tx, a.tenant, audit.Operator, l.ID); err != nil {
			return err
		}
		a.say("removed the limit of %s for %s", l.Measure, strings.TrimSpace(string(l.Holder)+" "+l.Name))
	}
	return nil
}

// limit stores one; its own package writes the audit.
func (a *application) limit(ctx context.Context, w declaredLimit, old limit.Kept, there bool) error {
	switch {
	case !there:
		if _, err := limit.Put(ctx, a.tx, a.tenant, audit.Operator, w.want); err != nil {
			return err
		}
		a.say("added a limit of %s for %s", w.want.Measure, w.readable)
		return nil
	case old.Amount == w.want.Amount && old.FailOpen == w.want.FailOpen && old.Source == w.want.Source:
		return nil
	}
	_, err := limit.Change(ctx, a.tx, a.tenant, audit.Operator, old.ID, func(k *limit.Kept) {
		k.Amount, k.FailOpen = w.want.Amount, w.want.FailOpen
	})
	if err != nil {
		return err
	}
	if _, err := a.tx.Exec(ctx, ownLimit, a.tenant, old.ID, w.want.Source); err != nil {
		return fmt.Errorf("say whose a limit is: %w", err)
	}
	a.say("changed the limit of %s for %s", w.want.Measure, w.readable)
	return nil
}

// ofBudget is what a tenant has one budget of.
type ofBudget struct{ holder, id, period string }

func budgetOf(b budget.Budget) ofBudget {
	return ofBudget{string(b.Holder), b.HolderID, string(b.Period)}
}

const (
	selectBudgets = `
select id::text, holder, coalesce(holder_id::text, ''), period, limit_nano_usd, contact, unpriced, source
from budget where tenant_id = $1 order by created_at, id`
	changeBudget = `
update budget set limit_nano_usd = $3, contact = $4, unpriced = $5, source = $6, updated_at = now() where tenant_id = $1 and id = $2`
	deleteBudget = `delete from budget where tenant_id = $1 and id = $2`
)

func readBudgets(ctx context.Context, tx pgx.Tx, tenant string) ([]budget.Budget, error) {
	rows, err := tx.Query(ctx, selectBudgets, tenant)
	if err != nil {
		return nil, fmt.Errorf("read the budgets: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b budget.Budget, err error) {
		err = row.Scan(&b.ID, &b.Holder, &b.HolderID, &b.Period, &b.Limit, &b.Contact, &b.Unpriced, &b.Source)
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the budgets: %w", err)
	}
	return all, nil
}

func (a *application) budgets(ctx context.Context, want []declaredBudget) error {
	list, err := readBudgets(ctx, a.tx, a.tenant)
	if err != nil {
		return err
	}
	have, named := map[ofBudget]budget.Budget{}, map[ofBudget]bool{}
	for _, b := range list {
		have[budgetOf(b)] = b
	}
	before := len(a.changes)
	for _, w := range want {
		if w.want.HolderID, err = a.resolve(ctx, w.holder); err != nil {
			return err
		}
		of := budgetOf(w.want)
		if named[of] {
			return fmt.Errorf("line %d: there are two budgets a %s for %s", w.line, w.want.Period, w.readable)
		}
		named[of] = true
		old, there := have[of]
		if err := a.budget(ctx, w, old, there); err != nil {
			return fmt.Errorf("line %d: %w", w.line, err)
		}
	}
	for _, b := range list {
		if b.Source != sourceFile || named[budgetOf(b)] {
			continue
		}
		if _, err := a.tx.Exec(ctx, deleteBudget, a.tenant, b.ID); err != nil {
			return fmt.Errorf("delete a budget: %w", err)
		}
		if err := a.done(ctx, "budget.removed", b.ID, string(b.Holder)+" "+string(b.Period), "removed the budget a %s for %s", b.Period, b.Holder); err != nil {
			return err
		}
	}
	if len(a.changes) == before {
		return nil
	}
	return budget.Changed(ctx, a.tx, a.tenant)
}

func (a *application) budget(ctx context.Context, w declaredBudget, old budget.Budget, there bool) error {
	if !there {
		if _, err := budget.Put(ctx, a.tx, a.tenant, audit.Operator, w.want); err != nil {
			return err
		}
		a.say("added a budget a %s for %s", w.want.Period, w.readable)
		return nil
	}
	w.want.ID = old.ID
	if old == w.want {
		return nil
	}
	if _, err := a.tx.Exec(ctx, changeBudget, a.tenant, old.ID, w.want.Limit, w.want.Contact, w.want.Unpriced, w.want.Source); err != nil {
		return fmt.Errorf("store a budget: %w", err)
	}
	return a.done(ctx, "budget.changed", old.ID, w.readable+" "+string(w.want.Period), "changed the budget a %s for %s to %s USD", w.want.Period, w.readable, decimal(w.want.Limit))
}

// say notes a change that is in the audit already.
func (a *application) say(format string, args ...any) {
	a.changes = append(a.changes, fmt.Sprintf(format, args...))
}
