package budget

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/store"
	"nexusai/server/tenant"
)

// check finds what cannot be a budget.
func (x Budget) check() error {
	switch x.Holder {
	case OfTenant, OfTeam, OfUser, OfKey, OfConversation:
	default:
		return fault.New(fault.BadRequest, "A budget is for a tenant, team, user, key or conversation.", nil).At("holder")
	}
	switch x.Period {
	case Daily, Monthly, Total:
	default:
		return fault.New(fault.BadRequest, "A budget is for a day, a month or in total.", nil).At("period")
	}
	if x.HolderID != "" && (x.Holder == OfTenant || uuid.Validate(x.HolderID) != nil) {
		return fault.New(fault.BadRequest, "This is nobody that a budget could be for.", nil).At("holder_id")
	}
	if x.Limit < 0 {
		return fault.New(fault.BadRequest, "A budget cannot be less than nothing.", nil).At("amount_nano_usd")
	}
	if x.Unpriced != tenant.DenyUnpriced && x.Unpriced != tenant.AllowUnpriced {
		return fault.New(fault.BadRequest, "Calls without a known price are either denied or allowed.", nil).At("unpriced")
	}
	if x.Source != "console" && x.Source != "file" {
		return fault.New(fault.BadRequest, "A budget is from the console or from a file.", nil).At("source")
	}
	if len(x.Contact) > 200 || strings.ContainsRune(x.Contact, 0) {
		return fault.New(fault.BadRequest, "Whom to ask takes at most 200 bytes.", nil).At("contact")
	}
	return nil
}

func (x *Budget) fill() {
	if x.Unpriced == "" {
		x.Unpriced = tenant.DenyUnpriced
	}
	if x.Source == "" {
		x.Source = "console"
	}
}

// The lock keeps a team from being deleted before its budget is there to be
// deleted with it.
const holderExists = `
select case $2 when 'team' then exists (select from team where tenant_id = $1 and id = $3::uuid for key share)
    when 'user' then exists (select from app_user where tenant_id = $1 and id = $3::uuid)
    when 'key' then exists (select from api_key where tenant_id = $1 and id = $3::uuid)
    when 'conversation' then exists (select from conversation where tenant_id = $1 and id = $3::uuid)
    else true end`

const insertBudget = `
insert into budget (tenant_id, id, holder, holder_id, period, limit_nano_usd, contact, unpriced, source, created_at)
values ($1, $2, $3, nullif($4, '')::uuid, $5, $6, $7, $8, $9, now()) returning created_at`

// Put stores a new budget, in the transaction of whoever makes it. What cannot
// be is fault.BadRequest, a second one for the same holder and period
// fault.Conflict.
func Put(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, x Budget) (Budget, error) {
	x.fill()
	if err := x.check(); err != nil {
		return x, err
	}
	if x.HolderID != "" {
		var exists bool
		if err := tx.QueryRow(ctx, holderExists, tenantID, string(x.Holder), x.HolderID).Scan(&exists); err != nil {
			return x, fmt.Errorf("look for a budget's holder: %w", err)
		}
		if !exists {
			return x, fault.New(fault.NotFound, "Whom the budget is for does not exist.", nil).At("holder_id")
		}
	}
	x.ID = uuid.Must(uuid.NewV7()).String()
	err := tx.QueryRow(ctx, insertBudget, tenantID, x.ID, x.Holder, x.HolderID, x.Period, x.Limit, x.Contact, x.Unpriced, x.Source).Scan(&x.Created)
	if store.Violates(err, "budget_once") {
		return x, fault.New(fault.Conflict, "There is a budget for that already: change it instead.", err)
	}
	if err != nil {
		return x, fmt.Errorf("store a budget: %w", err)
	}
	return x, changed(ctx, tx, tenantID, by, "budget.created", x)
}

// changed makes an act known: to all processes and in the trail.
func changed(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, action string, x Budget) error {
	if err := Changed(ctx, tx, tenantID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{
		Actor: by, Action: action, TargetID: x.ID, Target: string(x.Holder) + " " + string(x.Period),
		Facts: map[string]string{"holder": string(x.Holder), "holder_id": x.HolderID, "period": string(x.Period), "limit": dollars(x.Limit)},
	})
}

// Create is Put in a transaction of its own.
func (b *Budgets) Create(ctx context.Context, tenantID string, by audit.Actor, x Budget) (Budget, error) {
	err := b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) (err error) {
		x, err = Put(ctx, tx, tenantID, by, x)
		return err
	})
	b.Forget(tenantID)
	return x, err
}

const (
	lockBudget = `
select holder, coalesce(holder_id::text, ''), period, limit_nano_usd, contact, unpriced, source, created_at
from budget where tenant_id = $1 and id = $2 for update`
	updateBudget = `
update budget set limit_nano_usd = $3, contact = $4, unpriced = $5, updated_at = now() where tenant_id = $1 and id = $2`
)

// Change lets edit set limit, contact and what holds for unpriced calls;
// fault.NotFound when there is no such budget.
func (b *Budgets) Change(ctx context.Context, tenantID string, by audit.Actor, id string, edit func(*Budget)) (Budget, error) {
	x := Budget{ID: orNothing(id)}
	err := b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, lockBudget, tenantID, x.ID).
			Scan(&x.Holder, &x.HolderID, &x.Period, &x.Limit, &x.Contact, &x.Unpriced, &x.Source, &x.Created)
		if err != nil {
			return err
		}
		edit(&x)
		if err := x.check(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, updateBudget, tenantID, x.ID, x.Limit, x.Contact, x.Unpriced); err != nil {
			return err
		}
		return changed(ctx, tx, tenantID, by, "budget.changed", x)
	})
	b.Forget(tenantID)
	return x, absent(err)
}

const deleteBudget = `
delete from budget where tenant_id = $1 and id = $2
returning holder, coalesce(holder_id::text, ''), period, limit_nano_usd`

// Remove ends a budget; fault.NotFound when there is none.
func (b *Budgets) Remove(ctx context.Context, tenantID string, by audit.Actor, id string) error {
	err := b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		x := Budget{ID: id}
		if err := tx.QueryRow(ctx, deleteBudget, tenantID, orNothing(id)).Scan(&x.Holder, &x.HolderID, &x.Period, &x.Limit); err != nil {
			return err
		}
		return changed(ctx, tx, tenantID, by, "budget.removed", x)
	})
	b.Forget(tenantID)
	return absent(err)
}

const deleteOf = `
delete from budget where tenant_id = $1 and holder = $2 and holder_id = $3
returning id::text, holder, holder_id::text, period, limit_nano_usd`

// RemoveOf ends the budgets that are for one holder, in the transaction that
// deletes it, and returns how many those were.
func RemoveOf(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, holder Holder, id string) (int, error) {
	rows, err := tx.Query(ctx, deleteOf, tenantID, string(holder), id)
	if err != nil {
		return 0, fmt.Errorf("delete a holder's budgets: %w", err)
	}
	gone, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x Budget, err error) {
		err = r.Scan(&x.ID, &x.Holder, &x.HolderID, &x.Period, &x.Limit)
		return x, err
	})
	if err != nil {
		return 0, fmt.Errorf("delete a holder's budgets: %w", err)
	}
	for _, x := range gone {
		if err := changed(ctx, tx, tenantID, by, "budget.removed", x); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// orNothing keeps what is no id from being an error of the database.
func orNothing(id string) string {
	if uuid.Validate(id) != nil {
		return uuid.Nil.String()
	}
	return id
}

func absent(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, "There is no such budget.", nil)
	}
	return err
}

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
