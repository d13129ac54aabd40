package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/tenant"
)

// Standing is how a subject stands with a budget in the running period. A
// budget that nobody has used yet has one without a subject.
type Standing struct {
	Budget
	HolderName  string // of HolderID
	Subject     string
	SubjectName string
	From, To    time.Time
	Used        int64 // settled, and lost with a process
	Held        int64 // by processes: reserved, or ready to be
}

const selectStandings = `
select b.id::text, b.holder, coalesce(b.holder_id::text, ''), b.period, b.limit_nano_usd, b.contact, b.unpriced, b.source, b.created_at,
    coalesce(n.name, ''), coalesce(p.subject::text, ''), coalesce(s.name, ''),
    coalesce(p.spent_nano_usd + p.lost_nano_usd, 0),
    coalesce((select sum(greatest(l.granted_nano_usd - l.spent_nano_usd, 0)) from budget_lease l
        where l.tenant_id = p.tenant_id and l.budget_id = p.budget_id and l.subject = p.subject and l.starts_at = p.starts_at), 0)::bigint
from budget b
left join lateral (
    select * from budget_period o where o.tenant_id = b.tenant_id and o.budget_id = b.id and o.starts_at <= $2 and o.ends_at > $2
    order by o.spent_nano_usd + o.lost_nano_usd desc, o.subject limit 500) p on true
left join lateral (` + nameOf + `) n on n.id = b.holder_id
left join lateral (` + nameOf + `) s on s.id = p.subject
where b.tenant_id = $1
order by b.created_at, b.id, 13 desc, p.subject limit 20000`

const nameOf = `
select id, coalesce(nullif(name, ''), email::text) as name from app_user where tenant_id = b.tenant_id
union all select id, name from api_key where tenant_id = b.tenant_id
union all select id, name::text from team where tenant_id = b.tenant_id`

// Standings lists a tenant's budgets and who uses each (the 500 who use most),
// the largest use first.
func (b *Budgets) Standings(ctx context.Context, tenantID string) ([]Standing, error) {
	out := []Standing{}
	err := b.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		now := b.Now()
		rows, err := tx.Query(ctx, selectStandings, tenantID, now)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Standing, err error) {
			err = r.Scan(&s.ID, &s.Holder, &s.HolderID, &s.Period, &s.Limit, &s.Contact, &s.Unpriced, &s.Source, &s.Created,
				&s.HolderName, &s.Subject, &s.SubjectName, &s.Used, &s.Held)
			s.From, s.To = s.Period.Span(now, settings.Zone())
			return s, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read how budgets stand: %w", err)
	}
	return out, nil
}

// Alert is a budget that passed a mark, or money lost with a process.
type Alert struct {
	ID, Budget, Subject string
	From, At            time.Time
	Kind                string // "50", "80", "100" or "lost"
	Used, Limit         int64
	Name                string // of the subject
}

const selectAlerts = `
select b.id::text, b.budget_id::text, b.subject::text, b.starts_at, b.at, b.kind, b.used_nano_usd, b.limit_nano_usd, coalesce(n.name, '')
from budget_alert b left join lateral (` + nameOf + `) n on n.id = b.subject
where b.tenant_id = $1 order by b.at desc, b.id desc limit 200`

// Alerts lists the newest first.
func (b *Budgets) Alerts(ctx context.Context, tenantID string) ([]Alert, error) {
	out := []Alert{}
	err := b.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectAlerts, tenantID)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (a Alert, err error) {
			err = r.Scan(&a.ID, &a.Budget, &a.Subject, &a.From, &a.At, &a.Kind, &a.Used, &a.Limit, &a.Name)
			return a, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read alerts of budgets: %w", err)
	}
	return out, nil
}
