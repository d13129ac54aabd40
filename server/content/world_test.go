package content_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/surface/chat"
	"nexusai/server/audit"
	"nexusai/server/calllog"
	"nexusai/server/content"
	"nexusai/server/policy"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

const canary = "canary-7f3a"

// world is a door with a real log and database before a provider of one answer.
type world struct {
	t       *testing.T
	db      *store.DB
	keys    *secret.Keyring
	dir     string
	log     *buffer
	metrics *prometheus.Registry
	calls   *calllog.Book
	book    *content.Book
	next    *provider
	door    *content.Door
	tenant  string
	key     string

	mu sync.Mutex // guards at
	at time.Time  // zero: the real time
}

// buffer is written by goroutines and read by the test.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// provider answers the same each time, byte by byte.
type provider struct {
	status   int
	stream   bool
	body     string
	attempts int
	err      error
}

func (p *provider) Forward(_ context.Context, req broker.ForwardRequest) (*broker.Forwarded, error) {
	done := func() {
		if req.Done != nil {
			req.Done(broker.Report{Attempts: make([]broker.Attempt, p.attempts)})
		}
	}
	if p.err != nil {
		done()
		return nil, p.err
	}
	body := &ending{Reader: iotest.OneByteReader(strings.NewReader(p.body)), done: done}
	return &broker.Forwarded{Status: p.status, Stream: p.stream, Body: body}, nil
}

type ending struct {
	io.Reader
	done func()
}

func (e *ending) Close() error {
	e.done()
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), dir: t.TempDir(), log: &buffer{}, key: uuid.NewString()}
	w.tenant = storetest.Tenant(t, w.db)
	var err error
	w.keys, err = secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	w.calls, err = calllog.Open(calllog.Config{DB: w.db, Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: w.now})
	w.must(err)
	w.book = w.open(0)
	w.next = &provider{status: http.StatusOK, body: `{"choices":[{"message":{"content":"` + canary + `-answer"}}]}`, attempts: 1}
	w.door = &content.Door{Next: w.next, Book: w.book, Calls: w.calls}
	w.run(w.calls.Run)
	return w
}

// open makes a book on the world's spool; Run is the caller's.
func (w *world) open(most int64) *content.Book {
	w.t.Helper()
	w.metrics = prometheus.NewRegistry()
	b, err := content.Open(content.Config{
		DB: w.db, Keys: w.keys, Dir: w.dir, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: w.now, Spool: most, Metrics: w.metrics,
	})
	w.must(err)
	return b
}

// run has part run until the returned stop, or the test's end.
func (w *world) run(part func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- part(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at.IsZero() {
		return time.Now()
	}
	return w.at
}

func (w *world) move(d time.Duration) {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = now.Add(d)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

// decide sets the tenant's policy.
func (w *world) decide(keep bool, days int, readers ...string) {
	w.t.Helper()
	if len(readers) == 0 {
		readers = []string{policy.Owner}
	}
	w.must(w.book.SetPolicy(w.t.Context(), w.tenant, audit.Operator, tenant.Contents{Keep: keep, Days: days, Readers: readers}))
}

// person is a member of the tenant who is signed in.
func (w *world) person(role string) httpapi.Caller {
	return httpapi.Caller{TenantID: w.tenant, UserID: uuid.NewString(), SessionID: uuid.NewString(), Role: role, Permissions: policy.Permissions(role)}
}

func (w *world) caller() httpapi.Caller {
	return httpapi.Caller{TenantID: w.tenant, KeyID: w.key, Permissions: []httpapi.Permission{httpapi.UseModels}}
}

func prompt(text string) string {
	return `{"model":"m","messages":[{"role":"user","content":"` + text + `"}]}`
}

// ask sends body through the door to its end, and returns the call's id.
func (w *world) ask(c httpapi.Caller, s broker.Surface, body string, header ...string) string {
	w.t.Helper()
	record := w.calls.Begin(calllog.Call{TenantID: c.TenantID, Surface: "v1", Operation: "chat", Model: "m", KeyID: c.KeyID, UserID: c.UserID, RequestID: uuid.NewString()})
	w.send(record, c, s, body, header...)
	record.End(calllog.Outcome{State: calllog.OK, Attempts: w.next.attempts})
	return record.ID()
}

func (w *world) send(record *calllog.Ongoing, c httpapi.Caller, s broker.Surface, body string, header ...string) {
	w.t.Helper()
	request, err := s.Read([]byte(body))
	w.must(err)
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	answer, err := w.door.Forward(httpapi.WithCaller(w.t.Context(), c), broker.ForwardRequest{
		Surface: s, Request: request, Header: h, Body: []byte(body), Options: broker.Options{CallID: record.ID()},
	})
	if w.next.err != nil {
		return
	}
	w.must(err)
	got, err := io.ReadAll(answer.Body)
	w.must(err)
	if string(got) != w.next.body {
		w.t.Errorf("the caller got %q, want %q", got, w.next.body)
	}
	w.must(answer.Body.Close())
}

func (w *world) askChat(text string) string {
	w.t.Helper()
	return w.ask(w.caller(), chat.Surface{}, prompt(text))
}

// state waits for what the log says of a call's contents to c, but pending.
func (w *world) state(c httpapi.Caller, id string) string {
	w.t.Helper()
	got := ""
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		detail, err := w.calls.Detail(w.t.Context(), c.TenantID, id)
		w.must(err)
		w.must(w.book.Describe(w.t.Context(), c, &detail))
		if got = detail.Contents; got != "pending" && detail.State != "running" && w.count(`select count(*) from inference_log where id = $1`, id) == 1 {
			return got
		}
	}
	return got
}

func (w *world) want(c httpapi.Caller, id, want string) {
	w.t.Helper()
	if got := w.state(c, id); got != want {
		w.t.Errorf("the contents are %s, want %s\n%s", got, want, w.log)
	}
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.db.TenantRead(w.t.Context(), w.tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n)
	}))
	return n
}

// nowhere fails if text can be read in any table, in what waits on disk, in the
// log or in the figures.
func (w *world) nowhere(text string) {
	w.t.Helper()
	w.must(w.db.TenantRead(w.t.Context(), w.tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(w.t.Context(), `
			select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'river') and has_table_privilege(c.oid, 'select')`)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if len(tables) < 20 {
			w.t.Errorf("looked into %v only", tables)
		}
		for _, table := range tables {
			found := 0
			sql := `select count(*) from ` + table + ` t where strpos(t::text, $1) > 0 or strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0`
			if err := tx.QueryRow(w.t.Context(), sql, text).Scan(&found); err != nil {
				return err
			}
			if found > 0 {
				w.t.Errorf("%d rows of %s show it", found, table)
			}
		}
		return nil
	}))
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	w.must(err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err == nil && bytes.Contains(data, []byte(text)) {
			w.t.Errorf("%s shows it", name)
		}
	}
	figures, err := w.metrics.Gather()
	w.must(err)
	for _, f := range figures {
		if strings.Contains(f.String(), text) {
			w.t.Errorf("the figures show it: %s", f)
		}
	}
	if strings.Contains(w.log.String(), text) {
		w.t.Errorf("the log shows it:\n%s", w.log)
	}
}
