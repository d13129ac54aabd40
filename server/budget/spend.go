package budget

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/ledger"
)

// period is a row of budget_period with what has just been added to it.
type period struct {
	budget, subject string
	from, to        time.Time
	used, limit     int64 // before
	added           int64
}

// The order is everybody's, so that two that store at once wait instead of
// blocking each other for ever.
const selectPeriods = `
select p.budget_id::text, p.subject::text, p.starts_at, p.ends_at, p.spent_nano_usd + p.lost_nano_usd, b.limit_nano_usd
from budget_period p join budget b on b.tenant_id = p.tenant_id and b.id = p.budget_id
where p.tenant_id = $1 and p.subject = any($2::uuid[]) and p.starts_at <= $4 and p.ends_at > $3
order by p.budget_id, p.subject, p.starts_at for update of p`

const addSpent = `
update budget_period p set spent_nano_usd = p.spent_nano_usd + a.amount
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[]) as a(budget_id, subject, starts_at, amount)
where p.tenant_id = $1 and p.budget_id = a.budget_id and p.subject = a.subject and p.starts_at = a.starts_at`

const addLeased = `
update budget_lease l set spent_nano_usd = l.spent_nano_usd + a.amount
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::bigint[]) as a(budget_id, subject, starts_at, life, amount)
where l.tenant_id = $1 and l.budget_id = a.budget_id and l.subject = a.subject and l.starts_at = a.starts_at and l.life = a.life`

// Spent counts what was just booked, in the transaction that books it: each
// entry once in every period that it falls into, and against the slice that it
// was held in.
func (b *Budgets) Spent(ctx context.Context, tx pgx.Tx, tenantID string, fresh []ledger.Entry) error {
	var subjects []string
	var first, last time.Time
	for _, e := range fresh {
		if e.Amount == 0 {
			continue
		}
		if first.IsZero() || e.At.Before(first) {
			first = e.At
		}
		if e.At.After(last) {
			last = e.At
		}
		for _, s := range e.Subjects {
			if !slices.Contains(subjects, s) {
				subjects = append(subjects, s)
			}
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, selectPeriods, tenantID, subjects, first, last)
	if err != nil {
		return fmt.Errorf("find the budgets that were used: %w", err)
	}
	periods, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p period, err error) {
		err = r.Scan(&p.budget, &p.subject, &p.from, &p.to, &p.used, &p.limit)
		return p, err
	})
	if err != nil {
		return fmt.Errorf("find the budgets that were used: %w", err)
	}
	if len(periods) == 0 {
		return nil
	}
	for i := range periods {
		periods[i].add(fresh)
	}
	if err := count(ctx, tx, tenantID, periods); err != nil {
		return err
	}
	if err := countLeased(ctx, tx, tenantID, fresh); err != nil {
		return err
	}
	for _, p := range periods {
		if err := b.passed(ctx, tx, tenantID, p); err != nil {
			return err
		}
	}
	return nil
}

func (p *period) add(fresh []ledger.Entry) {
	for _, e := range fresh {
		if e.Amount != 0 && !e.At.Before(p.from) && e.At.Before(p.to) && slices.Contains(e.Subjects, p.subject) {
			p.added += e.Amount
		}
	}
}

func count(ctx context.Context, tx pgx.Tx, tenantID string, periods []period) error {
	var budgets, subjects []string
	var from []time.Time
	var amounts []int64
	for _, p := range periods {
		budgets, subjects, from, amounts = append(budgets, p.budget), append(subjects, p.subject), append(from, p.from), append(amounts, p.added)
	}
	if _, err := tx.Exec(ctx, addSpent, tenantID, budgets, subjects, from, amounts); err != nil {
		return fmt.Errorf("count what was spent: %w", err)
	}
	return nil
}

func countLeased(ctx context.Context, tx pgx.Tx, tenantID string, fresh []ledger.Entry) error {
	type at struct {
		budget, subject, life string
		from                  int64
	}
	sums := map[at]int64{}
	for _, e := range fresh {
		for _, c := range e.Claims {
			if e.Amount != 0 {
				sums[at{c.Budget, c.Subject, e.Life, c.From.Unix()}] += e.Amount
			}
		}
	}
	if len(sums) == 0 {
		return nil
	}
	var budgets, subjects, lives []string
	var from []time.Time
	var amounts []int64
	for k, sum := range sums {
		budgets, subjects, lives = append(budgets, k.budget), append(subjects, k.subject), append(lives, k.life)
		from, amounts = append(from, time.Unix(k.from, 0).UTC()), append(amounts, sum)
	}
	if _, err := tx.Exec(ctx, addLeased, tenantID, budgets, subjects, from, lives, amounts); err != nil {
		return fmt.Errorf("count what was spent of slices: %w", err)
	}
	return nil
}

// marks are the parts of a budget, in percent, at which people are told.
var marks = []struct {
	percent int64
	kind    string
}{{50, "50"}, {80, "80"}, {100, "100"}}

// passed tells of the marks that a period has just passed.
func (b *Budgets) passed(ctx context.Context, tx pgx.Tx, tenantID string, p period) error {
	now := p.used + p.added
	for _, m := range marks {
		// In hundredths of the limit, rounded up, to stay clear of overflow.
		mark := p.limit/100*m.percent + (p.limit%100*m.percent+99)/100
		if now < mark || p.added <= 0 {
			continue
		}
		at := share{place: place{tenant: tenantID, budget: p.budget, subject: p.subject}, from: p.from}
		if err := b.alert(ctx, tx, audit.System, at, m.kind, now, p.limit); err != nil {
			return err
		}
	}
	return nil
}

const insertAlert = `
insert into budget_alert (tenant_id, id, budget_id, subject, starts_at, kind, used_nano_usd, limit_nano_usd)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`

// alert is a row for the console, an entry of the audit trail by whoever brought
// it about, and a hint; the second of a mark in a period is none.
func (b *Budgets) alert(ctx context.Context, tx pgx.Tx, by audit.Actor, at share, kind string, used, limit int64) error {
	id := uuid.Must(uuid.NewV7()).String()
	tag, err := tx.Exec(ctx, insertAlert, at.tenant, id, at.place.budget, at.subject, at.from, kind, used, limit)
	if err != nil {
		return fmt.Errorf("tell of a budget: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	facts := map[string]string{"limit": dollars(limit), "used": dollars(used)}
	action := "budget.lost"
	if kind != "lost" {
		action, facts["mark"] = "budget.reached", kind+" %"
	}
	if err := told(ctx, tx, by, at, action, facts); err != nil {
		return err
	}
	b.Hint(at.tenant, httpapi.Hint{Topic: "audit"}, httpapi.Hint{Topic: "limits"})
	return nil
}
