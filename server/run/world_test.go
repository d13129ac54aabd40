package run_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/replication"
	"nexusai/server/run"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/stream"
)

// world is a server process with one user; restart makes the next process on
// the same database.
type world struct {
	t        *testing.T
	db       *store.DB
	hub      *replication.Hub
	bus      *stream.Bus
	calls    *calllog.Book
	runs     *run.Runs
	upstream *up.Upstream
	caller   httpapi.Caller
	limit    int
	each     int
	window   int
	coming   atomic.Pointer[fault.Fault] // why no model can be asked yet
	owner    string
	stop     func() // ends it in order
}

// routes sends every model to the scripted upstream.
type routes struct{ w *world }

func (r routes) Candidates(_ context.Context, q broker.Query) (broker.Route, error) {
	if q.Model == "nope" {
		return broker.Route{}, nil
	}
	client, err := openai.New(openai.Config{BaseURL: r.w.upstream.URL, HTTP: r.w.upstream.Client, Log: quiet})
	return broker.Route{Deployments: []broker.Deployment{{ID: "d", Provider: "p", Model: q.Model, Client: client}}}, err
}

func (r routes) Models(context.Context) ([]llm.Model, error) { return nil, nil }

func (w *world) Settle(_ context.Context, _, _ string, _ broker.Attempt) (string, ledger.Price) {
	return "Scripted", ledger.Price{Known: true, Version: "test", Price: catalog.Price{InputNano: 1e6, OutputNano: 1e6}}
}

func (w *world) Window(context.Context, string) int { return w.window }

func (w *world) Coming(context.Context, string) error {
	if f := w.coming.Load(); f != nil {
		return f
	}
	return nil
}

var quiet = slog.New(slog.DiscardHandler)

func newWorld(t *testing.T, scripts ...[]up.Act) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), upstream: up.Serve(t, scripts...), owner: uuid.NewString()}
	w.caller = httpapi.Caller{TenantID: storetest.Tenant(t, w.db), UserID: newID(), Permissions: []httpapi.Permission{httpapi.UseChat}}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	w.hub, err = replication.New(replication.Config{DB: w.db, Log: quiet})
	w.must(err)
	b, err := broker.New(broker.Config{Routes: routes{w}, Log: quiet})
	w.must(err)
	w.bus = stream.New(stream.Config{})
	w.calls, err = calllog.Open(calllog.Config{DB: w.db, Dir: w.t.TempDir(), Log: quiet})
	w.must(err)
	w.runs, err = run.New(run.Config{
		DB: w.db, Threads: w.hub, Broker: b, Fleet: w, Bus: w.bus, Calls: w.calls, Log: quiet, Owner: w.owner, Limit: w.limit, Each: w.each,
	})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = w.calls.Run(ctx) })
	done.Go(func() { _ = w.runs.Run(ctx) })
	w.stop = sync.OnceFunc(func() { cancel(); done.Wait() })
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (w *world) send(q httpapi.ChatRequest) httpapi.Run {
	w.t.Helper()
	r, err := w.runs.Send(w.t.Context(), w.caller, q)
	w.must(err)
	return r
}

func question(text string) httpapi.ChatRequest {
	return httpapi.ChatRequest{ConversationID: newID(), MessageID: newID(), Text: text, Model: "m"}
}

// end waits for the final event of a run.
func (w *world) end(id string) httpapi.RunEvent {
	w.t.Helper()
	l, ok := w.bus.Attach(w.caller.TenantID, w.caller.UserID, id, 0)
	if !ok {
		w.t.Fatal("the run is not in memory")
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		events, err := l.Next(ctx)
		w.must(err)
		if last := events[len(events)-1].Run; last.State != httpapi.RunRunning {
			return *last
		}
	}
}

// until polls a condition.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func (w *world) messages(conversation string) []string {
	w.t.Helper()
	all, err := w.hub.Messages(w.t.Context(), w.caller.TenantID, replication.UserScope(w.caller.UserID), conversation)
	w.must(err)
	out := make([]string, 0, len(all))
	for _, m := range all {
		out = append(out, m.Role+"/"+m.Finish+m.ErrorCode+": "+m.Text)
	}
	return out
}
