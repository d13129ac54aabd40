package limit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	freshFor   = time.Second // how soon a change in another process holds here
	staleAfter = 2 * freshFor
	loadWithin = 5 * time.Second
	// forgetAfter bounds what Book keeps of tenants that have gone quiet.
	forgetAfter = 10 * time.Minute
)

// Book reads the limits that tenants have set. Safe for concurrent use.
type Book struct {
	db  Database
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex // guards pages; not held while loading
	pages map[string]*page
}

// page is what is known of one tenant.
type page struct {
	rules []Rule
	read  time.Time
	asked time.Time
}

var _ Rules = (*Book)(nil)

// NewBook makes a book; nil now means time.Now. Run must follow.
func NewBook(db Database, log *slog.Logger, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{db: db, log: log, now: now, pages: map[string]*page{}}
}

// Rules implements Rules. What it returns is at most a second old while the
// database answers, and must not be changed.
func (b *Book) Rules(ctx context.Context, tenantID string) ([]Rule, error) {
	b.mu.Lock()
	p := b.pages[tenantID]
	now := b.now()
	if p == nil || now.Sub(p.read) > staleAfter && now.Sub(p.asked) > freshFor { // nobody asked, so nobody read
		b.mu.Unlock()
		rules, err := b.load(ctx, tenantID)
		if err != nil && p != nil {
			return p.rules, nil //nolint:nilerr // old limits are better than none; Run says so
		}
		return rules, err
	}
	p.asked = now
	rules := p.rules
	b.mu.Unlock()
	return rules, nil
}

// Changed makes this process use a tenant's new rules before it returns.
func (b *Book) Changed(ctx context.Context, tenantID string) error {
	_, err := b.load(ctx, tenantID)
	return err
}

func (b *Book) load(ctx context.Context, tenantID string) ([]Rule, error) {
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	asked := b.now()
	var rules []Rule
	err := b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) (err error) {
		rules, err = list(ctx, tx, tenantID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read limits: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[tenantID]
	if p == nil {
		p = &page{asked: asked}
		b.pages[tenantID] = p
	}
	p.asked = b.now()
	if !p.read.After(asked) {
		p.rules, p.read = rules, asked
	}
	return p.rules, nil
}

// Run reads the rules of tenants that are in use again and again, until ctx ends.
func (b *Book) Run(ctx context.Context) error {
	tick := time.NewTicker(freshFor)
	defer tick.Stop()
	away := false
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		var failed error
		for _, tenant := range b.due() {
			if _, err := b.load(ctx, tenant); err != nil {
				failed = err
				break // the database is away for all of them
			}
		}
		if failed != nil && !away && ctx.Err() == nil {
			b.log.Warn("limits may be out of date", "err", failed)
		}
		away = failed != nil
	}
}

// due lists tenants that asked since their rules were read; the quiet ones are
// forgotten in time.
func (b *Book) due() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	var out []string
	for tenant, p := range b.pages {
		switch {
		case now.Sub(p.asked) > forgetAfter:
			delete(b.pages, tenant)
		case p.asked.After(p.read):
			out = append(out, tenant)
		}
	}
	return out
}

const selectRules = `
select id::text, holder, holds, measure, amount, window_ms, fail_open from limit_rule
where tenant_id = $1 order by created_at, id`

func list(ctx context.Context, tx pgx.Tx, tenantID string) ([]Rule, error) {
	rows, err := tx.Query(ctx, selectRules, tenantID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Rule, err error) {
		var ms int64
		err = row.Scan(&r.ID, &r.Holder, &r.Holds, &r.Measure, &r.Amount, &ms, &r.FailOpen)
		r.Window = time.Duration(ms) * time.Millisecond
		return r, err
	})
}
