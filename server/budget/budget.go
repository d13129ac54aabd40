// Package budget keeps callers from spending more than they may, over any
// number of processes on one database.
//
// Each process holds a slice of every budget that its callers use, and reserves
// and settles in memory. It asks the database for more when a slice runs out,
// gives back what it does not need, and what it spent is counted in the
// transaction that stores the ledger's entries. What a process holds counts as
// used until it is given back or spent; of one that died, until its journal is
// stored (calllog.Config.Closed).
package budget

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	tickEvery    = 250 * time.Millisecond
	newsEvery    = 2                // ticks
	aliveEvery   = 4 * 60           // ticks
	lostEvery    = 4 * 60 * 15      // ticks
	idleFor      = 20 * time.Second // a slice unused for so long is given back
	settleWithin = 3 * time.Second  // a caller waits no longer for a slice
	loadWithin   = 5 * time.Second
	refusedFor   = 100 * time.Millisecond // how long an empty budget is not asked again
	// lostAfter is when what an unseen process holds is taken for spent.
	lostAfter = 24 * time.Hour
)

// Database is what budgets need of *store.DB.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	System(ctx context.Context, fn func(pgx.Tx) error) error
}

// Config of Budgets.
type Config struct {
	DB   Database     // required
	Log  *slog.Logger // required
	Life string       // required: names this process, as in the call journal
	Hint func(tenantID string, hints ...httpapi.Hint)
	Now  func() time.Time
}

// Budgets admits spending. All methods are safe for concurrent use.
type Budgets struct {
	Config

	mu     sync.Mutex // guards what follows; not held over the database
	pages  map[string]*page
	slices map[place]*slice
	closed bool // this life is over: nothing more is lent to it

	settling sync.WaitGroup // exchanges under way
}

// New checks cfg; Run must follow.
func New(cfg Config) (*Budgets, error) {
	if cfg.DB == nil || cfg.Log == nil || cfg.Life == "" {
		return nil, errors.New("budget.Config needs DB, Log and Life")
	}
	if cfg.Hint == nil {
		cfg.Hint = func(string, ...httpapi.Hint) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Budgets{Config: cfg, pages: map[string]*page{}, slices: map[place]*slice{}}, nil
}

// Run gives back what others need more, hears of changes and looks for
// processes that are gone, until ctx ends.
func (b *Budgets) Run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	away := false
	for n := 1; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		err := b.turn(ctx, n)
		if err != nil && !away && ctx.Err() == nil {
			b.Log.Warn("budgets may be out of date", "err", fault.Cause(err))
		}
		away = err != nil // said once, not at every turn
	}
}

// turn is one tick's work.
func (b *Budgets) turn(ctx context.Context, n int) error {
	var all []error
	if n%newsEvery == 0 {
		all = append(all, b.news(ctx))
	}
	if n%aliveEvery == 0 {
		all = append(all, b.alive(ctx))
	}
	if n%lostEvery == 1 {
		all = append(all, b.lost(ctx))
	}
	return errors.Join(append(all, b.giveBack(ctx))...)
}

const aliveQuery = `select nexus.budget_alive($1)`

func (b *Budgets) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	return b.DB.System(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, aliveQuery, b.Life)
		return err
	})
}
