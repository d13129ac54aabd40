package budget

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
)

// titled is a budget, or one holder's part of it, as the trail names it: in
// words for whoever reads the trail itself, and in facts that the console has
// words for in each language.
type titled struct {
	holder   Holder
	holderID string // empty: each of the kind by itself, or the tenant
	name     string // what people call the holder; conversations are not told of
	period   Period
}

// String is the budget in words: "the monthly budget of team Research".
func (t titled) String() string {
	period := map[Period]string{Daily: "daily", Monthly: "monthly", Total: "total"}[t.period]
	of := string(t.holder)
	switch {
	case t.holder == OfTenant:
		of = "the organisation"
	case t.holderID == "":
		of = "each " + of
	case t.name != "":
		of += " " + t.name
	default:
		of = "a " + of
	}
	return "the " + period + " budget of " + of
}

// facts adds what names the budget to what else is known.
func (t titled) facts(more map[string]string) map[string]string {
	out := map[string]string{"holder": string(t.holder), "holder_id": t.holderID, "holder_name": t.name, "period": string(t.period)}
	for key, value := range more {
		out[key] = value
	}
	return out
}

const selectHolder = `
select coalesce((select n.name from (select $1::uuid as tenant_id) b cross join lateral (` + nameOf + `) n where n.id = nullif($2, '')::uuid limit 1), '')`

// title names a budget of one holder.
func title(ctx context.Context, tx pgx.Tx, tenantID string, holder Holder, id string, period Period) (titled, error) {
	t := titled{holder: holder, holderID: id, period: period}
	if err := tx.QueryRow(ctx, selectHolder, tenantID, id).Scan(&t.name); err != nil {
		return t, fmt.Errorf("look up what a budget's holder is called: %w", err)
	}
	return t, nil
}

// noted makes an act known: to all processes and in the trail.
func noted(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, action string, x Budget, t titled) error {
	if err := Changed(ctx, tx, tenantID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{
		Actor: by, Action: action, TargetID: x.ID, Target: t.String(), Facts: t.facts(map[string]string{"limit": dollars(x.Limit)}),
	})
}

// changed is noted of a budget whose holder is there to be asked for its name.
func changed(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, action string, x Budget) error {
	t, err := title(ctx, tx, tenantID, x.Holder, x.HolderID, x.Period)
	if err != nil {
		return err
	}
	return noted(ctx, tx, tenantID, by, action, x, t)
}

const selectKind = `select holder, period from budget where tenant_id = $1 and id = $2`

// told puts into the trail what became of one subject's part of a budget.
func told(ctx context.Context, tx pgx.Tx, by audit.Actor, at share, action string, facts map[string]string) error {
	t := titled{}
	err := tx.QueryRow(ctx, selectKind, at.tenant, at.place.budget).Scan(&t.holder, &t.period)
	if err != nil {
		return fmt.Errorf("read whose a budget is: %w", err)
	}
	if t, err = title(ctx, tx, at.tenant, t.holder, at.subject, t.period); err != nil {
		return err
	}
	if t.period != Total {
		facts["begins_at"] = at.from.UTC().Format(time.RFC3339)
	}
	return audit.Append(ctx, tx, audit.Entry{Actor: by, Action: action, TargetID: at.place.budget, Target: t.String(), Facts: t.facts(facts)})
}

// dollars shows an amount with as many digits as it needs.
func dollars(nano int64) string {
	text := fmt.Sprintf("%d.%09d", nano/1e9, nano%1e9)
	text = strings.TrimRight(text, "0")
	if i := strings.IndexByte(text, '.'); len(text)-i < 3 {
		text += strings.Repeat("0", 3-(len(text)-i))
	}
	return "$" + text
}
