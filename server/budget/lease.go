package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
)

// Lease is what one process holds of a budget.
type Lease struct {
	TenantID, Budget, Subject, Life string
	From                            time.Time
}

const selectLeases = `
select tenant::text, budget::text, subject::text, starts_at, life::text from nexus.budget_leases($1::uuid[], $2)`

// leases finds what these lives still hold, and what was not seen for so long.
func leases(ctx context.Context, db Database, lives []string, unseen time.Duration) ([]Lease, error) {
	var out []Lease
	err := db.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectLeases, lives, unseen)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (l Lease, err error) {
			err = r.Scan(&l.TenantID, &l.Budget, &l.Subject, &l.From, &l.Life)
			return l, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for slices of budgets: %w", err)
	}
	return out, nil
}

// Leases lists what processes hold that were not seen for so long.
func (b *Budgets) Leases(ctx context.Context, unseen time.Duration) ([]Lease, error) {
	return leases(ctx, b.DB, []string{}, unseen)
}

// century is longer than any process was not seen.
const century = 100 * 365 * 24 * time.Hour

// Close gives back what lives hold of which everything they spent is stored;
// see calllog.Config.Closed. It may be repeated.
func (b *Budgets) Close(ctx context.Context, lives []string) error {
	for _, life := range lives {
		if life == b.Life {
			b.mu.Lock()
			b.closed = true
			b.mu.Unlock()
			b.settling.Wait() // what was under way is in the database now
		}
	}
	held, err := leases(ctx, b.DB, lives, century)
	if err != nil {
		return err
	}
	for _, l := range held {
		if _, err := b.end(ctx, l, ending{}); err != nil {
			return err
		}
	}
	return nil
}

// lost takes what a process holds that nobody has seen for a day for spent.
func (b *Budgets) lost(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	held, err := leases(ctx, b.DB, []string{}, lostAfter)
	if err != nil {
		return err
	}
	for _, l := range held {
		amount, err := b.end(ctx, l, ending{unseen: lostAfter, spent: true})
		if err != nil {
			return err
		}
		b.Log.Warn("budget of a lost process taken for spent", "tenant_id", l.TenantID, "nano_usd", amount)
	}
	return nil
}

// Release is the operator's decision on what a dead process holds: it was not
// spent, or (spent) all of it was. It returns what that was, in nano US dollars.
func (b *Budgets) Release(ctx context.Context, by audit.Actor, l Lease, spent bool) (int64, error) {
	return b.end(ctx, l, ending{spent: spent, by: &by})
}

const lockLease = `
select l.granted_nano_usd - l.spent_nano_usd, p.spent_nano_usd + p.lost_nano_usd, b.limit_nano_usd
from budget_lease l
join budget_period p using (tenant_id, budget_id, subject, starts_at)
join budget b on b.tenant_id = l.tenant_id and b.id = l.budget_id
where l.tenant_id = $1 and l.budget_id = $2 and l.subject = $3 and l.starts_at = $4 and l.life = $5 and l.seen_at <= now() - $6::interval
for update of p, l`

const (
	endLease = `
update budget_lease set granted_nano_usd = spent_nano_usd
where tenant_id = $1 and budget_id = $2 and subject = $3 and starts_at = $4 and life = $5`
	addLost = `
update budget_period set lost_nano_usd = lost_nano_usd + $5
where tenant_id = $1 and budget_id = $2 and subject = $3 and starts_at = $4`
)

// ending is how a lease ends of which nobody has heard for unseen.
type ending struct {
	unseen time.Duration
	spent  bool
	by     *audit.Actor // whose decision it is; nil: nobody had one to make
}

func (e ending) actor() audit.Actor {
	if e.by == nil {
		return audit.System
	}
	return *e.by
}

func (b *Budgets) end(ctx context.Context, l Lease, how ending) (amount int64, err error) {
	err = b.DB.Tenant(ctx, l.TenantID, func(tx pgx.Tx) error {
		var used, limit int64
		rows, err := tx.Query(ctx, lockLease, l.TenantID, l.Budget, l.Subject, l.From, l.Life, how.unseen)
		if err != nil {
			return err
		}
		found := rows.Next()
		if found {
			err = rows.Scan(&amount, &used, &limit)
		}
		rows.Close()
		if err != nil || rows.Err() != nil || !found {
			amount = 0
			return rows.Err()
		}
		amount = max(amount, 0)
		if _, err := tx.Exec(ctx, endLease, l.TenantID, l.Budget, l.Subject, l.From, l.Life); err != nil {
			return err
		}
		at := share{place: place{tenant: l.TenantID, budget: l.Budget, subject: l.Subject}, from: l.From}
		switch {
		case how.spent && amount > 0:
			return b.lose(ctx, tx, how.actor(), at, amount, used, limit)
		case how.by != nil:
			return told(ctx, tx, *how.by, at, "budget.released", map[string]string{"limit": dollars(limit), "given_back": dollars(amount), "process_id": l.Life})
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("end a slice of a budget: %w", err)
	}
	return amount, nil
}

// lose counts as used what nobody knows of, and tells of it and of the marks that
// the budget passes by it.
func (b *Budgets) lose(ctx context.Context, tx pgx.Tx, by audit.Actor, at share, amount, used, limit int64) error {
	if _, err := tx.Exec(ctx, addLost, at.tenant, at.place.budget, at.subject, at.from, amount); err != nil {
		return err
	}
	if err := b.alert(ctx, tx, by, at, "lost", used+amount, limit); err != nil {
		return err
	}
	return b.passed(ctx, tx, at.tenant, period{budget: at.place.budget, subject: at.subject, from: at.from, used: used, limit: limit, added: amount})
}
