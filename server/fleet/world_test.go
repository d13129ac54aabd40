package fleet_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/server/audit"
	"nexusai/server/fleet"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// world is one server process with a tenant and another.
type world struct {
	t             *testing.T
	db            *store.DB
	keys          *secret.Keyring
	fleet         *fleet.Fleet
	log           *shared
	tenant, other string
}

// engine is a local engine that is never asked.
type engine struct{ phase llamacpp.Phase }

func (e engine) Models() []llamacpp.Served {
	return []llamacpp.Served{
		{Model: llamacpp.Model{ID: "qwen2.5-coder-0.5b", Title: "Qwen", Kind: llamacpp.Chat, Context: 8192}, State: llamacpp.State{Phase: e.phase, Done: 1, Total: 3}},
		{Model: llamacpp.Model{ID: "multilingual-e5-small", Title: "E5", Kind: llamacpp.Embeddings, Context: 2048}, State: llamacpp.State{Phase: llamacpp.Stopped}},
	}
}

func (engine) Endpoint(kind llamacpp.Kind) llamacpp.Endpoint {
	return llamacpp.Endpoint{BaseURL: "http://" + string(kind) + ".invalid/v1", Key: "k"}
}

func (e engine) Coming(model string) error {
	if s := e.Models()[0].State; model == "qwen2.5-coder-0.5b" && s.Slow() {
		return s.Unready()
	}
	return nil
}

// shared collects what is logged, to look for secrets in.
type shared struct {
	mu   sync.Mutex
	text []byte
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	return len(p), nil
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

var _ io.Writer = (*shared)(nil)

func newWorld(t *testing.T, allow ...string) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), log: &shared{}}
	w.tenant, w.other = storetest.Tenant(t, w.db), storetest.Tenant(t, w.db)
	var err error
	w.keys, err = secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	w.fleet = w.process(nil, allow...)
	return w
}

// process is one more server on the same database.
func (w *world) process(local fleet.Local, allow ...string) *fleet.Fleet {
	w.t.Helper()
	known, err := catalog.Load()
	w.must(err)
	out, err := egress.New(egress.Config{Allow: allow})
	w.must(err)
	f, err := fleet.New(fleet.Config{DB: w.db, Keys: w.keys, Catalog: known, Egress: out, Local: local, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = f.Run(ctx) })
	w.t.Cleanup(func() { cancel(); done.Wait() })
	return f
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

func (w *world) as(tenant string) context.Context {
	return httpapi.WithCaller(w.t.Context(), httpapi.Caller{TenantID: tenant})
}

// serves says whether f would ask anybody for model.
func (w *world) serves(f *fleet.Fleet, tenant, model string) bool {
	w.t.Helper()
	route, err := f.Candidates(w.as(tenant), broker.Query{Model: model, Need: broker.CanChat})
	if err != nil && fault.CodeOf(err) != fault.ModelUnknown {
		w.t.Fatal(fault.Cause(err))
	}
	return len(route.Deployments) > 0
}

func (w *world) within(limit time.Duration, what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

func (w *world) actions(tenant string) (out []string) {
	w.t.Helper()
	trail, err := audit.New(audit.Config{DB: w.db, Dir: w.t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	page, err := trail.List(w.t.Context(), tenant, httpapi.AuditQuery{Limit: 100})
	w.must(err)
	for _, e := range page.Items {
		out = append([]string{e.Action}, out...)
	}
	return out
}

func input(name, url, key string, models ...string) httpapi.ProviderInput {
	in := httpapi.ProviderInput{Name: &name, BaseURL: &url, APIKey: &key}
	for _, m := range models {
		in.Models = append(in.Models, httpapi.ProviderModel{ID: m, Upstream: m, Kind: "chat"})
	}
	return in
}

func ptr[T any](v T) *T { return &v }
