package calllog_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

// away is a database that cannot be reached until it is switched on.
type away struct {
	*store.DB
	on atomic.Bool
}

func (a *away) Tenant(ctx context.Context, id string, fn func(pgx.Tx) error) error {
	if !a.on.Load() {
		return fault.New(fault.Unavailable, "The database cannot be reached right now.", errors.New("away"))
	}
	return a.DB.Tenant(ctx, id, fn)
}

// open starts a book and stops it when the test ends, or before with stop.
func open(t *testing.T, db calllog.Database, dir string) (book *calllog.Book, stop func()) {
	t.Helper()
	book, err := calllog.Open(calllog.Config{DB: db, Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return book, run(t, book)
}

// run runs a book until the test ends, or before until stop.
func run(t *testing.T, book *calllog.Book) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = book.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(stop)
	return stop
}

func call(tenant, model string) calllog.Call {
	return calllog.Call{TenantID: tenant, Surface: "v1", Operation: "chat", Model: model, RequestID: "r"}
}

var priced = calllog.Outcome{
	State: calllog.OK, Deployment: "This server", Attempts: 1, Usage: llm.Usage{Input: 10, Output: 5},
	Price: ledger.Price{Known: true, Version: "test", Price: catalog.Price{InputNano: 1_000_000, OutputNano: 2_000_000}},
}

// stored waits until n rows of the tenant are in the database.
func stored(t *testing.T, db *store.DB, tenant, table string, n int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	got := -1
	for time.Now().Before(deadline) {
		err := db.TenantRead(t.Context(), tenant, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), "select count(*) from "+table).Scan(&got)
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		if got == n {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%d rows in %s, want %d", got, table, n)
}

func TestCallsAreSeenLiveAndThenStored(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant, other := storetest.Tenant(t, db), storetest.Tenant(t, db)
	book, _ := open(t, db, t.TempDir())
	running := book.Begin(call(tenant, "slow"))
	done := book.Begin(call(tenant, "fast"))
	if cost := done.End(priced); cost != 20 {
		t.Errorf("cost %d, want 20", cost)
	}
	page, err := book.Calls(t.Context(), tenant, httpapi.LogQuery{Limit: 10})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if len(page.Items) != 2 || page.Items[0].State != "ok" || page.Items[1].State != "running" || page.Totals.Calls != 2 || page.Totals.CostNanoUSD != 20 {
		t.Fatalf("before it is stored: %+v", page)
	}
	stored(t, db, tenant, "inference_log", 1)
	stored(t, db, tenant, "ledger_entry", 1)
	page, err = book.Calls(t.Context(), tenant, httpapi.LogQuery{LogFilter: httpapi.LogFilter{State: "running"}})
	if err != nil || len(page.Items) != 1 || page.Items[0].Model != "slow" || page.Totals.Calls != 1 {
		t.Fatalf("running: %+v %v", page, err)
	}
	if page, err = book.Calls(t.Context(), other, httpapi.LogQuery{}); err != nil || len(page.Items) != 0 {
		t.Fatalf("another tenant sees %+v, %v", page, err)
	}
	running.End(calllog.Outcome{State: calllog.Failed, ErrorCode: fault.UpstreamFailed})
	running.End(priced) // the first counts
	stored(t, db, tenant, "inference_log", 2)
	stored(t, db, tenant, "ledger_entry", 1) // nothing was answered, so nothing is booked
	if n := book.Running(tenant); n != 0 {
		t.Errorf("%d calls still run", n)
	}
}

func TestPagesJoinMemoryAndDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	book, _ := open(t, db, t.TempDir())
	var want []string
	for i := range 25 {
		c := call(tenant, "m")
		c.At = time.Now().UTC().Add(time.Duration(i-100) * time.Second).Truncate(time.Microsecond)
		c.ID = uuid.Must(uuid.NewV7()).String()
		want = append([]string{c.ID}, want...)
		o := book.Begin(c)
		if i%5 != 0 { // every fifth stays in flight
			o.End(priced)
		}
	}
	stored(t, db, tenant, "inference_log", 20)
	var got []string
	query := httpapi.LogQuery{Limit: 4}
	for {
		page, err := book.Calls(t.Context(), tenant, query)
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		if page.Totals.Calls != 25 {
			t.Fatalf("totals of %d calls", page.Totals.Calls)
		}
		for _, item := range page.Items {
			got = append(got, item.ID)
		}
		if query.Cursor = page.NextCursor; query.Cursor == "" {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
	if _, err := book.Calls(t.Context(), tenant, httpapi.LogQuery{Cursor: "x"}); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("a made-up cursor: %v", err)
	}
}

func TestNothingIsLostWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db := &away{DB: storetest.Open(t)}
	tenant := storetest.Tenant(t, db.DB)
	dir := t.TempDir()
	book, stop := open(t, db, dir)
	for range 50 {
		book.Begin(call(tenant, "m")).End(priced)
	}
	stop() // also its last try fails
	book, _ = open(t, db, dir)
	for range 50 {
		book.Begin(call(tenant, "m")).End(priced)
	}
	db.on.Store(true)
	stored(t, db.DB, tenant, "inference_log", 100)
	stored(t, db.DB, tenant, "ledger_entry", 100)
	deadline := time.Now().Add(10 * time.Second)
	for names := []string{"?"}; len(names) > 0; names, _ = filepath.Glob(filepath.Join(dir, "0*.jsonl")) {
		if time.Now().After(deadline) {
			t.Fatalf("files stay behind: %v", names)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestACallThatTheDatabaseRefusesIsSetAside(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	dir := t.TempDir()
	book, _ := open(t, db, dir)
	bad := call(tenant, "m")
	bad.Surface = "nowhere"
	book.Begin(bad).End(priced)
	bad = call(tenant, "m")
	bad.UserID = "not a uuid"
	book.Begin(bad).End(priced)
	book.Begin(call(uuid.NewString(), "of no tenant")).End(priced)
	book.Begin(call(tenant, "m")).End(priced)
	nameless := call(tenant, "nul \x00 and \xff")
	nameless.RequestID = "\x00"
	book.Begin(nameless).End(priced)
	stored(t, db, tenant, "inference_log", 2)
	text, err := os.ReadFile(filepath.Join(dir, "rejected.jsonl"))
	for deadline := time.Now().Add(10 * time.Second); strings.Count(string(text), "\n") < 3; text, err = os.ReadFile(filepath.Join(dir, "rejected.jsonl")) {
		if time.Now().After(deadline) {
			t.Fatalf("set aside: %q %v", text, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestKilled runs this test's binary as a process that records calls and kills
// it; the next Open must know every call whose end was acknowledged, and must
// end the one in flight.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("NEXUS_TEST_CALLLOG"); dir != "" {
		recordUntilKilled(dir, os.Getenv("NEXUS_TEST_TENANT"))
		return
	}
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "NEXUS_TEST_CALLLOG="+dir, "NEXUS_TEST_TENANT="+tenant)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make([]byte, 300) // one byte for each call that ended
	if _, err := io.ReadFull(out, acknowledged); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	_ = cmd.Wait()
	open(t, db, dir)
	deadline := time.Now().Add(20 * time.Second)
	ok, cut := 0, 0
	for ok < 300+len(rest) || cut < 1 {
		err := db.TenantRead(t.Context(), tenant, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select count(*) filter (where state = 'ok'), count(*) filter (where error_code = 'call.interrupted') from inference_log`).Scan(&ok, &cut)
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d ended calls and %d interrupted ones are stored", ok, 300+len(rest), cut)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

type noDatabase struct{}

func (noDatabase) Tenant(context.Context, string, func(pgx.Tx) error) error {
	return errors.New("no database in this process")
}

func (noDatabase) TenantRead(context.Context, string, func(pgx.Tx) error) error {
	return errors.New("no database in this process")
}

func recordUntilKilled(dir, tenant string) {
	book, err := calllog.Open(calllog.Config{DB: noDatabase{}, Dir: dir, Log: quiet})
	if err != nil {
		panic(err)
	}
	go func() { _ = book.Run(context.Background()) }() // seals while calls come
	book.Begin(call(tenant, "in flight"))
	for {
		book.Begin(call(tenant, "m")).End(priced)
		_, _ = os.Stdout.WriteString(".")
		time.Sleep(time.Millisecond)
	}
}
