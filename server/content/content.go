// Package content keeps what callers asked and were answered, where their
// tenant's policy says so.
//
// What passes is read behind the caller's back, sealed, and written to a file
// before the caller hears the end; from there it goes to Postgres in batches.
// Plain text is in no file and no table. While Postgres is away it waits on
// disk, up to a bound: what is over it is dropped, and the call's row says so.
package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/calllog"
	"nexusai/server/secret"
	"nexusai/server/tenant"
)

const (
	freshFor   = time.Second            // how soon a policy that was changed elsewhere holds here
	gather     = 200 * time.Millisecond // contents wait so long for company
	within     = 30 * time.Second       // for one batch
	firstPause = 500 * time.Millisecond // after the first failure to store; doubles
	longPause  = 10 * time.Second
	usualSpool = 256 << 20 // bytes on disk that wait for the database
)

// Database is where contents are; *store.DB is one.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	System(ctx context.Context, fn func(pgx.Tx) error) error
}

// Config of a Book.
type Config struct {
	DB   Database         // required
	Keys *secret.Keyring  // required
	Dir  string           // required: the spool's folder, of this process alone
	Log  *slog.Logger     // required
	Now  func() time.Time // default time.Now
	// Spool bounds what waits on disk for the database, in bytes. Default 256 MiB.
	Spool int64
	// Hint tells a tenant's clients that calls have contents now, or that the
	// policy is another one. May be nil.
	Hint func(tenantID string, hints ...httpapi.Hint)
	// Metrics counts calls over all tenants. May be nil.
	Metrics prometheus.Registerer
}

// Book keeps contents. Safe for concurrent use.
type Book struct {
	Config
	spool   *spool
	due     chan struct{} // holds one signal: something was spooled
	counted *prometheus.CounterVec

	loading sync.Mutex // one at a time
	known   atomic.Pointer[map[string]tenant.Contents]
}

// Open makes the spool's folder and finds what an earlier process left in it.
// Run must follow.
func Open(cfg Config) (*Book, error) {
	if cfg.DB == nil || cfg.Keys == nil || cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("content.Config needs DB, Keys, Dir and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Spool == 0 {
		cfg.Spool = usualSpool
	}
	if cfg.Hint == nil {
		cfg.Hint = func(string, ...httpapi.Hint) {}
	}
	b := &Book{Config: cfg, due: make(chan struct{}, 1)}
	b.counted = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexus_call_contents_total", Help: "Calls whose contents were to be kept."}, []string{"state"})
	if cfg.Metrics != nil {
		if err := cfg.Metrics.Register(b.counted); err != nil {
			return nil, fmt.Errorf("register the metrics of contents: %w", err)
		}
	}
	var err error
	if b.spool, err = openSpool(cfg.Dir, cfg.Spool); err != nil {
		return nil, err
	}
	b.wake()
	return b, nil
}

// holderOf is who made a call: the key, or else the person.
func holderOf(c calllog.Call) string {
	if c.KeyID != "" {
		return c.KeyID
	}
	return c.UserID
}

func place(tenantID, call string) secret.Where {
	return secret.Where{Tenant: tenantID, Row: call, Column: "call_content.sealed"}
}

// keep seals what a call said and brings it to the disk. It returns what became
// of it and until when it is there, as the call's row has it.
func (b *Book) keep(c calllog.Call, age time.Duration, said httpapi.CallContents) (state string, until time.Time) {
	until = c.At.Add(age)
	err := b.put(c, until, said)
	if err == nil {
		b.counted.WithLabelValues(calllog.ContentsKept).Inc()
		b.wake()
		return calllog.ContentsKept, until
	}
	b.counted.WithLabelValues(calllog.ContentsDropped).Inc()
	b.Log.Error("contents of a call dropped", "call_id", c.ID, "tenant_id", c.TenantID, "err", err)
	return calllog.ContentsDropped, time.Time{}
}

func (b *Book) put(c calllog.Call, until time.Time, said httpapi.CallContents) error {
	plain, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("encode contents: %w", err)
	}
	sealed, err := b.Keys.Seal(plain, place(c.TenantID, c.ID))
	if err != nil {
		return fmt.Errorf("seal contents: %w", err)
	}
	return b.spool.put(entry{Tenant: c.TenantID, Call: c.ID, At: c.At, Holder: holderOf(c), Until: until, Sealed: sealed})
}

func (b *Book) wake() {
	select {
	case b.due <- struct{}{}:
	default: // a signal waits already
	}
}

// Run follows the policies and stores contents until ctx ends; then it stores
// what is left, if the database answers within five seconds. What it cannot
// store the next Open finds.
func (b *Book) Run(ctx context.Context) error {
	var policies sync.WaitGroup
	policies.Go(func() { b.follow(ctx) })
	defer policies.Wait()
	pause := time.Duration(0)
	for b.sleep(ctx, pause) {
		if err := b.flush(ctx); err != nil {
			if ctx.Err() == nil {
				b.Log.Warn("contents of calls wait on disk for the database", "err", fault.Cause(err))
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
		b.Log.Warn("contents of calls stay on disk until the next start", "err", fault.Cause(err))
	}
	return b.spool.close()
}

// sleep waits for something to do and then for company, after a failure at
// least pause. It returns false when ctx ended.
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
