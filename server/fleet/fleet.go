// Package fleet knows which model providers each tenant has.
//
// Readers see a snapshot in memory. A change makes this process load the
// tenant's snapshot again at once and every other process within a second.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/provider"
	"nexusai/backend/provider/gauge"
	"nexusai/server/secret"
)

const (
	pollEvery  = 500 * time.Millisecond // how soon another process's change is seen
	loadWithin = 5 * time.Second
)

// Database is what the fleet needs of *store.DB.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	System(ctx context.Context, fn func(pgx.Tx) error) error
}

// Local is the engine in this process; nil where there is none.
type Local interface {
	Models() []llamacpp.Served
	Endpoint(kind llamacpp.Kind) llamacpp.Endpoint
	// Coming says why a model needs minutes before it can be asked, and lets
	// it be fetched; nil when it can be asked now.
	Coming(model string) error
}

// Config of a Fleet.
type Config struct {
	DB      Database         // required
	Keys    *secret.Keyring  // required
	Catalog *catalog.Catalog // required
	Egress  *egress.Policy   // required
	Local   Local
	// Pictures fetches pictures for providers that want them in bytes; nil:
	// refused there.
	Pictures provider.Pictures
	// Gauges know how loaded engines are; nil: nobody does.
	Gauges *gauge.Board
	Log    *slog.Logger // required
	Hint   func(tenantID string, hints ...httpapi.Hint)
	Now    func() time.Time
}

// Fleet answers who serves a model, and changes that. All methods are safe for
// concurrent use.
type Fleet struct {
	Config
	mu        sync.Mutex // guards what follows; not held while loading
	snapshots map[string]*snapshot
	loading   map[string]*sync.Mutex // one load at a time and tenant
}

// New checks cfg; Run must follow.
func New(cfg Config) (*Fleet, error) {
	if cfg.DB == nil || cfg.Keys == nil || cfg.Catalog == nil || cfg.Egress == nil || cfg.Log == nil {
		return nil, errors.New("fleet.Config needs DB, Keys, Catalog, Egress and Log")
	}
	if cfg.Hint == nil {
		cfg.Hint = func(string, ...httpapi.Hint) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Fleet{Config: cfg, snapshots: map[string]*snapshot{}, loading: map[string]*sync.Mutex{}}, nil
}

// Run notices what other processes changed, until ctx ends.
func (f *Fleet) Run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	away := false
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		err := f.poll(ctx)
		if err != nil && !away && ctx.Err() == nil {
			f.Log.Warn("providers may be out of date", "err", fault.Cause(err))
		}
		away = err != nil // said once, not twice a second
	}
}

const selectVersions = `select tenant::text, version from nexus.fleet_versions()`

// poll drops snapshots that are older than the database.
func (f *Fleet) poll(ctx context.Context) error {
	f.mu.Lock()
	idle := len(f.snapshots) == 0
	f.mu.Unlock()
	if idle {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	return f.DB.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectVersions)
		if err != nil {
			return fmt.Errorf("ask for changed providers: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var tenant string
			var version int64
			if err := rows.Scan(&tenant, &version); err != nil {
				return fmt.Errorf("ask for changed providers: %w", err)
			}
			f.outdate(tenant, version)
		}
		return rows.Err()
	})
}

func (f *Fleet) outdate(tenant string, version int64) {
	f.mu.Lock()
	s, ok := f.snapshots[tenant]
	old := ok && s.version < version
	if old {
		delete(f.snapshots, tenant)
	}
	f.mu.Unlock()
	if old {
		f.tell(tenant)
	}
}

// forget makes the next reader load; called after a change of our own.
func (f *Fleet) forget(tenant string) {
	f.mu.Lock()
	delete(f.snapshots, tenant)
	f.mu.Unlock()
	f.tell(tenant)
}

func (f *Fleet) tell(tenant string) {
	f.Hint(tenant, httpapi.Hint{Topic: "providers"}, httpapi.Hint{Topic: "models"}, httpapi.Hint{Topic: "audit"})
}

// snapshot returns what is known of a tenant, from memory unless it changed.
func (f *Fleet) snapshot(ctx context.Context, tenant string) (*snapshot, error) {
	if s := f.cached(tenant); s != nil {
		return s, nil
	}
	f.mu.Lock()
	turn := f.loading[tenant]
	if turn == nil {
		turn = &sync.Mutex{}
		f.loading[tenant] = turn
	}
	f.mu.Unlock()
	turn.Lock() // the others wait for the first: their answer is the same
	defer turn.Unlock()
	if s := f.cached(tenant); s != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	s, err := f.load(ctx, tenant)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.snapshots[tenant] = s
	f.mu.Unlock()
	return s, nil
}

func (f *Fleet) cached(tenant string) *snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snapshots[tenant]
}

// builtinSpace makes the id of a tenant's built-in provider out of the
// tenant's, so that all processes agree on it before it is stored.
var builtinSpace = uuid.MustParse("6f1d8c1e-0f9e-5b3a-9a53-6d2f3c1b7a10")

// localID is the id of what a tenant's built-in provider serves.
func localID(builtin, model string) string {
	return uuid.NewSHA1(uuid.MustParse(builtin), []byte(model)).String()
}

func builtinID(tenant string) string {
	return uuid.NewSHA1(builtinSpace, []byte(tenant)).String()
}
