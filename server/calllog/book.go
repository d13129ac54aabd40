package calllog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/ledger"
)

const (
	gather      = 200 * time.Millisecond // ended calls wait so long for company
	hintEvery   = 250 * time.Millisecond // at most four hints a second and tenant
	gotEvery    = 4                      // hints between two notes of how far streams came
	storeWithin = 30 * time.Second
	firstPause  = 500 * time.Millisecond // after the first failure to store; doubles
	longPause   = 10 * time.Second
	maxRecent   = 5_000 // ended calls shown from memory until they are stored
)

// Database is what the book needs of *store.DB.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
}

// Config of a Book.
type Config struct {
	DB   Database     // required
	Dir  string       // required: the journal's folder, of this process alone
	Log  *slog.Logger // required
	Hint func(tenantID string, hints ...httpapi.Hint)
	Now  func() time.Time
	// Metrics counts calls and tokens over all tenants. May be nil.
	Metrics prometheus.Registerer
	// Spent hears, inside the transaction that stores them, of ledger entries
	// that were not there yet. May be nil.
	Spent func(ctx context.Context, tx pgx.Tx, tenantID string, fresh []ledger.Entry) error
	// Closed hears that all that these lives ever spent is stored; what is
	// still held for them can be given back. It may be told twice. May be nil.
	Closed func(ctx context.Context, lives []string) error
}

// Book records calls and answers questions about them. All methods are safe
// for concurrent use.
type Book struct {
	db      Database
	log     *slog.Logger
	hint    func(string, ...httpapi.Hint)
	now     func() time.Time
	journal *journal
	due     chan struct{} // holds one signal: ended calls wait
	counts  *counts
	spent   func(context.Context, pgx.Tx, string, []ledger.Entry) error
	closed  func(context.Context, []string) error
	lives   *lives

	mu      sync.Mutex                  // guards what follows
	live    map[string]map[string]*Call // running calls by tenant and id
	ongoing map[string]*Ongoing         // the same by id
	recent  map[string]*Call            // ended, not yet known to be stored, by id
	stale   map[string]bool             // tenants whose clients are to be told
}

// Open makes the journal's folder and closes what an earlier process left
// open: those calls were interrupted. Run must follow.
func Open(cfg Config) (*Book, error) {
	if cfg.DB == nil || cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("calllog.Config needs DB, Dir and Log")
	}
	b := &Book{
		db: cfg.DB, log: cfg.Log, hint: cfg.Hint, now: cfg.Now, due: make(chan struct{}, 1),
		live: map[string]map[string]*Call{}, ongoing: map[string]*Ongoing{}, recent: map[string]*Call{}, stale: map[string]bool{},
		spent: cfg.Spent, closed: cfg.Closed,
	}
	if b.spent == nil {
		b.spent = func(context.Context, pgx.Tx, string, []ledger.Entry) error { return nil }
	}
	if b.closed == nil {
		b.closed = func(context.Context, []string) error { return nil }
	}
	if b.hint == nil {
		b.hint = func(string, ...httpapi.Hint) {}
	}
	if b.now == nil {
		b.now = time.Now
	}
	var err error
	if b.counts, err = newCounts(cfg.Metrics); err != nil {
		return nil, err
	}
	if b.journal, err = openJournal(cfg.Dir); err != nil {
		return nil, err
	}
	if b.lives, err = openLives(cfg.Dir); err != nil {
		return nil, err
	}
	return b, b.interrupted()
}

// Life names this process; no two ever have the same.
func (b *Book) Life() string { return b.lives.mine }

// Ongoing is the call with that id while it is in flight in this process, or nil.
func (b *Book) Ongoing(id string) *Ongoing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ongoing[id]
}

// interrupted ends the calls that the journal saw begin and never end.
func (b *Book) interrupted() error {
	names, err := b.journal.segments()
	if err != nil {
		return err
	}
	past := newReplay()
	for _, name := range names {
		bad, err := readSegment(name, func(l line) error { past.add(l); return nil })
		if err != nil {
			return err
		}
		if bad > 0 {
			b.log.Warn("call journal holds unreadable lines", "count", bad)
		}
	}
	for _, c := range past.cut() {
		if err := b.journal.append(line{Ended: c}); err != nil {
			return err
		}
	}
	if len(names) > 0 || len(b.lives.past) > 0 {
		b.wake()
	}
	return nil
}

// Begin records that a call started; its End must follow. It waits for neither
// disk nor database: the journal hears of the call when it is tried, and else with
// the next tick.
func (b *Book) Begin(c Call) *Ongoing {
	if c.ID == "" {
		c.ID = uuid.Must(uuid.NewV7()).String()
	}
	if c.At.IsZero() {
		c.At = b.now().UTC().Truncate(time.Microsecond) // what Postgres keeps
	}
	c.State, c.Life = Running, b.lives.mine
	c.Model, c.RequestID = storable(c.Model), storable(c.RequestID)
	b.journal.note(line{Begun: &c})
	b.mu.Lock()
	defer b.mu.Unlock()
	group := b.live[c.TenantID]
	if group == nil {
		group = map[string]*Call{}
		b.live[c.TenantID] = group
	}
	group[c.ID] = &c
	b.stale[c.TenantID] = true
	o := &Ongoing{book: b, call: c, began: b.now()}
	b.ongoing[c.ID] = o
	return o
}

// end moves a call from running to ended; it will not change any more.
func (b *Book) end(o *Ongoing) {
	c := &o.call
	if err := b.journal.append(line{Ended: c}); err != nil {
		b.log.Error("call not journalled", "call_id", c.ID, "tenant_id", c.TenantID, "err", err)
	}
	b.counts.ended(c)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ongoing, c.ID)
	delete(b.live[c.TenantID], c.ID)
	if len(b.live[c.TenantID]) == 0 {
		delete(b.live, c.TenantID)
	}
	if len(b.recent) < maxRecent {
		b.recent[c.ID] = c
	}
	b.stale[c.TenantID] = true
	b.wake()
}

// Running is how many calls of a tenant are in flight in this process.
func (b *Book) Running(tenantID string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.live[tenantID])
}

func (b *Book) wake() {
	select {
	case b.due <- struct{}{}:
	default: // a signal waits already
	}
}

// Run stores ended calls and tells clients until ctx ends; then it stores what
// is left, if the database answers within five seconds. What it cannot store
// the next Open finds.
func (b *Book) Run(ctx context.Context) error {
	var hints sync.WaitGroup
	hints.Go(func() { b.tell(ctx) })
	defer hints.Wait()
	pause := time.Duration(0)
	for ctx.Err() == nil {
		if !b.sleep(ctx, pause) {
			break
		}
		if err := b.flush(ctx); err != nil {
			if ctx.Err() == nil {
				b.log.Warn("calls wait on disk for the database", "err", fault.Cause(err))
			}
			pause = min(max(firstPause, 2*pause), longPause)
			b.wake()
			continue
		}
		pause = 0
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := b.flush(last); err != nil {
		b.log.Warn("calls stay on disk until the next start", "err", fault.Cause(err))
	} else if err := b.depart(last); err != nil {
		b.log.Warn("budgets wait for the next start", "err", fault.Cause(err))
	}
	return b.journal.close()
}

// sleep waits for something to do and then for company; after a failure it
// waits at least pause. It returns false when ctx ended.
func (b *Book) sleep(ctx context.Context, pause time.Duration) bool {
	select {
	case <-b.due:
	case <-ctx.Done():
		return false
	}
	select {
	case <-time.After(max(gather, pause)):
		return true
	case <-ctx.Done():
		return false
	}
}

// flush seals the journal and stores every closed segment, oldest first.
func (b *Book) flush(ctx context.Context) error {
	lost, err := b.journal.seal()
	if lost > 0 {
		b.log.Error("call records lost to a full disk", "count", lost)
	}
	if err != nil {
		return err
	}
	names, err := b.journal.segments()
	if err != nil {
		return err
	}
	current := b.journal.current()
	for _, name := range names {
		if name == current {
			continue
		}
		if err := b.storeSegment(ctx, name); err != nil {
			return err
		}
		if err := b.journal.remove(name); err != nil {
			return err
		}
	}
	return b.bury(ctx)
}

// bury closes the lives before this one, all that they spent being stored.
func (b *Book) bury(ctx context.Context) error {
	if len(b.lives.past) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	if err := b.closed(ctx, b.lives.past); err != nil {
		return fmt.Errorf("close earlier processes: %w", err)
	}
	return b.lives.forget()
}

// depart closes this life if nothing of it is left to store.
func (b *Book) depart(ctx context.Context) error {
	b.mu.Lock()
	running := len(b.ongoing)
	b.mu.Unlock()
	if running > 0 {
		return nil // the next start ends them
	}
	return b.closed(ctx, []string{b.lives.mine})
}

// tell sends the hints that are due, a few times a second.
func (b *Book) tell(ctx context.Context) {
	tick := time.NewTicker(hintEvery)
	defer tick.Stop()
	full := false
	for n := 1; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := b.journal.catchUp()
		if err != nil && !full {
			b.log.Error("calls in flight not journalled", "err", err)
		}
		full = err != nil // said once, not at every tick
		if n%gotEvery == 0 {
			b.noteReceived()
		}
		b.mu.Lock()
		stale := b.stale
		b.stale = map[string]bool{}
		b.mu.Unlock()
		for tenant := range stale {
			b.hint(tenant, httpapi.Hint{Topic: "logs"}, httpapi.Hint{Topic: "dashboard"})
		}
	}
}

// noteReceived tells the journal how far each stream came.
func (b *Book) noteReceived() {
	b.mu.Lock()
	all := slices.Collect(maps.Values(b.ongoing))
	b.mu.Unlock()
	for _, o := range all {
		for _, l := range o.progress() {
			o.report(b.journal.append(l))
		}
	}
}
