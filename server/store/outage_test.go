package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/store"
	"nexusai/server/store/postgres"
	"nexusai/server/store/storetest"
)

// durable starts a cluster with the product's own settings: those of storetest
// would lose what was acknowledged.
func durable(t *testing.T) (*postgres.Cluster, *store.DB) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "nxkill") // reachable for PostgreSQL's user, short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	c, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(dir, "d"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	if err := store.Migrate(t.Context(), c.OwnerURL(), quiet); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{URL: c.AppURL(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return c, db
}

// writers insert as fast as they can and remember what was acknowledged.
type writers struct {
	db       *store.DB
	mu       sync.Mutex
	kept     []string           // acknowledged ids
	failures map[fault.Code]int // how calls failed
	slowest  time.Duration      // of the failed calls
}

func (w *writers) run(ctx context.Context) {
	for ctx.Err() == nil {
		id, began := uuid.Must(uuid.NewV7()).String(), time.Now()
		err := w.db.Tenant(ctx, id, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `insert into tenant (id, slug, name) values ($1, $2, 'Acme')`, id, "w-"+id)
			return err
		})
		w.mu.Lock()
		if err == nil {
			w.kept = append(w.kept, id)
		} else {
			w.failures[fault.CodeOf(err)]++
			w.slowest = max(w.slowest, time.Since(began))
		}
		w.mu.Unlock()
	}
}

func (w *writers) acknowledged() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.kept)
}

// patience says when a recovery counts as none. How long one takes is printed:
// 0.4 s on two quiet cores, where 5 s are wanted.
const patience = time.Minute

func TestKilledDatabaseLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	c, db := durable(t)
	w := &writers{db: db, failures: map[fault.Code]int{}}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { w.run(ctx) })
	}
	until(t, "writers get going", patience, func() bool { return w.acknowledged() > 100 })
	for round := range 3 {
		if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		until(t, "readiness falls", patience, func() bool { return !c.Ready() })
		until(t, "the database answers again", patience, func() bool { return c.Ready() && db.Ping(t.Context()) == nil })
		before := w.acknowledged()
		until(t, "writes are acknowledged again", patience, func() bool { return w.acknowledged() > before+20 })
		t.Logf("round %d: written again %d ms after the kill", round, time.Since(killed).Milliseconds())
	}
	stop()
	wg.Wait()
	delete(w.failures, fault.Canceled) // our own stop
	t.Logf("%d acknowledged, failures %v, slowest failure %d ms", len(w.kept), w.failures, w.slowest.Milliseconds())
	for code := range w.failures {
		if code != fault.Unavailable {
			t.Errorf("%d calls failed as %q, want %q", w.failures[code], code, fault.Unavailable)
		}
	}
	if w.failures[fault.Unavailable] == 0 {
		t.Error("no call failed: the kill hit nothing")
	}
	if missing := lost(t, c, w.kept); missing != 0 {
		t.Errorf("%d of %d acknowledged rows are gone", missing, len(w.kept))
	}
}

func lost(t *testing.T, c *postgres.Cluster, ids []string) (missing int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.SuperURL("nexus"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const count = `select count(*) from unnest($1::uuid[]) as w(id) where not exists (select from tenant where tenant.id = w.id)`
	if err := conn.QueryRow(t.Context(), count, ids).Scan(&missing); err != nil {
		t.Fatal(err)
	}
	return missing
}

// until polls ok; the signal it waits for comes from another process.
func until(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

// TestFailuresHaveACode lets the database refuse in its several ways.
func TestFailuresHaveACode(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	raise := func(sqlstate string) string {
		return fmt.Sprintf(`do $$ begin raise exception using errcode = '%s'; end $$`, sqlstate)
	}
	for name, c := range map[string]struct {
		sql  string
		want fault.Code
	}{
		"statement timeout": {`set local statement_timeout = 20; select pg_sleep(5)`, fault.Timeout},
		"disk full":         {raise("53100"), fault.DiskFull},
		"no memory":         {raise("53200"), fault.Unavailable},
		"admin shutdown":    {raise("57P01"), fault.Unavailable},
		"connection killed": {`select pg_terminate_backend(pg_backend_pid())`, fault.Unavailable},
		"lock timeout":      {raise("55P03"), fault.Timeout},
		"a mistake of ours": {`select nonsense`, fault.Internal},
	} {
		err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), c.sql)
			return err
		})
		if got := fault.CodeOf(err); got != c.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, c.want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := db.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `select pg_sleep(5)`)
		return err
	})
	if fault.CodeOf(err) != fault.Timeout {
		t.Errorf("the caller's deadline: %v, want %s", err, fault.Timeout)
	}
	err = db.Tenant(t.Context(), "not a uuid", func(pgx.Tx) error { return nil })
	if err == nil {
		err = db.TenantRead(t.Context(), "not a uuid", func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `select * from tenant`)
			return err
		})
	}
	if err == nil {
		t.Error("a tenant id that is no UUID was accepted")
	}
}
