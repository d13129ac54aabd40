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
	"deployment": `
select d.id::text from deployment d join provider p on p.tenant_id = d.tenant_id and p.id = d.provider_id
where d.tenant_id = $1 and (p.name || '/' || d.model = $2 or d.id::text = lower($2)) limit 2`,
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
		if id := a.ofEngine(h.who); h.kind == "deployment" && id != "" {
			return id, nil
		}
		return "", fmt.Errorf("line %d: there is no %s %q", h.line, h.kind, h.who)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("line %d: several of the kind %s are called %q: name it by its id", h.line, h.kind, h.who)
}

// ofEngine finds what the built-in provider serves, which has no row until
// something of it is set; empty: nothing is called so.
func (a *application) ofEngine(who string) string {
	for id, name := range a.f.deploymentNames(a.snap) {
		if name == who || id == strings.ToLower(who) {
			return id
		}
	}
	return ""
}

// ofLimit is what a tenant has one limit of.
type ofLimit struct {
	holder, holds, measure string
	window                 int64 // ms
}

func limitOf(r limit.Rule) ofLimit {
	return ofLimit{string(r.Holder), r.Holds, string(r.Measure), r.Window.Milliseconds()}
}

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
		k.Amount, k.FailOpen, k.Source = w.want.Amount, w.want.FailOpen, w.want.Source
	})
	if err != nil {
		return err
	}
	a.say("changed the limit of %s for %s", w.want.Measure, w.readable)
	return nil
}

// ofBudget is what a tenant has one budget of.
type ofBudget struct{ holder, id, period string }

func budgetOf(b budget.Budget) ofBudget {
	return ofBudget{string(b.Holder), b.HolderID, string(b.Period)}
}

func (a *application) budgets(ctx context.Context, want []declaredBudget) error {
	list, err := budget.List(ctx, a.tx, a.tenant)
	if err != nil {
		return fmt.Errorf("read the budgets: %w", err)
	}
	have, named := map[ofBudget]budget.Budget{}, map[ofBudget]bool{}
	for _, b := range list {
		have[budgetOf(b)] = b
	}
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
		if err := budget.Remove(ctx, a.tx, a.tenant, audit.Operator, b.ID); err != nil {
			return err
		}
		a.say("removed the budget a %s for %s", b.Period, b.Holder)
	}
	return nil
}

// budget stores one; its own package writes the audit.
func (a *application) budget(ctx context.Context, w declaredBudget, old budget.Budget, there bool) error {
	if !there {
		if _, err := budget.Put(ctx, a.tx, a.tenant, audit.Operator, w.want); err != nil {
			return err
		}
		a.say("added a budget a %s for %s", w.want.Period, w.readable)
		return nil
	}
	want := old
	want.Limit, want.Contact, want.Unpriced, want.Source = w.want.Limit, w.want.Contact, w.want.Unpriced, w.want.Source
	if old == want {
		return nil
	}
	if _, err := budget.Change(ctx, a.tx, a.tenant, audit.Operator, old.ID, func(b *budget.Budget) { *b = want }); err != nil {
		return err
	}
	a.say("changed the budget a %s for %s to %s USD", w.want.Period, w.readable, decimal(w.want.Limit))
	return nil
}

// say notes a change that is in the audit already.
func (a *application) say(format string, args ...any) {
	a.changes = append(a.changes, fmt.Sprintf(format, args...))
}
