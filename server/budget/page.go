package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/tenant"
)

// page is what is known of a tenant.
type page struct {
	version  int64
	budgets  []Budget
	teams    map[string][]string // of each user
	names    map[string]string   // of teams that have members
	zone     *time.Location
	unpriced tenant.Unpriced
}

// page returns what is known of a tenant, from memory unless it changed.
func (b *Budgets) page(ctx context.Context, tenantID string) (*page, error) {
	b.mu.Lock()
	p := b.pages[tenantID]
	b.mu.Unlock()
	if p != nil {
		return p, nil
	}
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	err := b.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) (err error) {
		p, err = load(ctx, tx, tenantID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a tenant's budgets: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.pages[tenantID]; old == nil || old.version <= p.version {
		b.pages[tenantID] = p
	}
	return p, nil
}

const (
	selectVersion = `select coalesce((select version from budget_version where tenant_id = $1), 0)`
	selectMembers = `
select m.user_id::text, m.team_id::text, t.name::text
from team_member m join team t on t.tenant_id = m.tenant_id and t.id = m.team_id where m.tenant_id = $1 order by 1, 2`
)

func load(ctx context.Context, tx pgx.Tx, tenantID string) (*page, error) {
	p := &page{teams: map[string][]string{}, names: map[string]string{}}
	if err := tx.QueryRow(ctx, selectVersion, tenantID).Scan(&p.version); err != nil {
		return nil, err
	}
	settings, err := tenant.ReadSettings(ctx, tx)
	if err != nil {
		return nil, err
	}
	p.zone, p.unpriced = settings.Zone(), settings.Unpriced
	if p.budgets, err = List(ctx, tx, tenantID); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectMembers, tenantID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var user, team, name string
		if err := rows.Scan(&user, &team, &name); err != nil {
			return nil, err
		}
		p.teams[user], p.names[team] = append(p.teams[user], team), name
	}
	return p, rows.Err()
}

const bumpVersion = `
insert into budget_version as v (tenant_id, version) values ($1, 1)
on conflict (tenant_id) do update set version = v.version + 1`

// Changed tells every process, within a second, that what tx changed of a
// tenant matters to its budgets: budgets themselves, teams, settings.
func Changed(ctx context.Context, tx pgx.Tx, tenantID string) error {
	if _, err := tx.Exec(ctx, bumpVersion, tenantID); err != nil {
		return fmt.Errorf("say that budgets changed: %w", err)
	}
	return nil
}

// Forget makes the next reader of a tenant's budgets load them: in this process
// a change holds at once, in the others as soon as they hear of it (Changed).
func (b *Budgets) Forget(tenantID string) {
	b.mu.Lock()
	delete(b.pages, tenantID)
	b.mu.Unlock()
}

const newsQuery = `
select tenant::text, version, budget::text, subject::text, starts_at from nexus.budget_news($1)`

// news drops pages that are older than the database, and marks the slices that
// another process starves for.
func (b *Budgets) news(ctx context.Context) error {
	b.mu.Lock()
	idle := len(b.pages) == 0 && len(b.slices) == 0
	b.mu.Unlock()
	if idle {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	return b.DB.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, newsQuery, b.Life)
		if err != nil {
			return fmt.Errorf("ask for news of budgets: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var tenantID string
			var version *int64
			var budget, subject *string
			var from *time.Time
			if err := rows.Scan(&tenantID, &version, &budget, &subject, &from); err != nil {
				return fmt.Errorf("ask for news of budgets: %w", err)
			}
			if version != nil {
				b.outdate(tenantID, *version)
				continue
			}
			b.wanted(place{tenantID, *budget, *subject, from.Unix()})
		}
		return rows.Err()
	})
}

func (b *Budgets) outdate(tenantID string, version int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.pages[tenantID]; p != nil && p.version < version {
		delete(b.pages, tenantID)
	}
}

func (b *Budgets) wanted(at place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.slices[at]; s != nil {
		s.wanted = true
	}
}
