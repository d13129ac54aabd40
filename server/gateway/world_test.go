package gateway_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/admission"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/cache"
	"nexusai/server/calllog"
	"nexusai/server/content"
	"nexusai/server/fleet"
	"nexusai/server/gateway"
	"nexusai/server/response"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

// world is a gateway with a real fleet, broker, log and database.
type world struct {
	*httptest.Server
	t             *testing.T
	db            *store.DB
	fleet         *fleet.Fleet
	calls         *calllog.Book
	contents      *content.Book
	tenant, other string
	revoked       chan struct{} // closed: no key counts any more
	budgets       *budget.Budgets
}

func (w *world) Watch(httpapi.Caller) (<-chan struct{}, func()) { return w.revoked, func() {} }

// callers stand for identity: "Bearer <tenant>" is a key of that tenant.
type callers struct{}

const keyID = "0199aaaa-0000-7000-8000-00000000000a"

func (c callers) Authenticate(r *http.Request) (httpapi.Caller, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	tenant, poor := strings.CutSuffix(token, "-poor")
	tenant, private := strings.CutSuffix(tenant, "-private")
	tenant, second := strings.CutSuffix(tenant, "-second")
	if uuid.Validate(tenant) != nil {
		return httpapi.Caller{}, fault.New(fault.Unauthenticated, "Sign in first.", nil)
	}
	caller := httpapi.Caller{TenantID: tenant, KeyID: keyID, Private: private, Permissions: []httpapi.Permission{httpapi.UseModels}}
	if second {
		caller.KeyID = "0199aaaa-0000-7000-8000-00000000000b"
	}
	if poor {
		caller.Permissions = nil
	}
	return caller, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), revoked: make(chan struct{})}
	w.tenant, w.other = storetest.Tenant(t, w.db), storetest.Tenant(t, w.db)
	log := slog.New(slog.DiscardHandler)
	keys, err := secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	known, err := catalog.Load()
	w.must(err)
	out, err := egress.New(egress.Config{Allow: []string{"127.0.0.0/8"}})
	w.must(err)
	w.fleet, err = fleet.New(fleet.Config{DB: w.db, Keys: keys, Catalog: known, Egress: out, Log: log})
	w.must(err)
	w.calls, err = calllog.Open(calllog.Config{DB: w.db, Dir: t.TempDir(), Log: log})
	w.must(err)
	w.budgets, err = budget.New(budget.Config{DB: w.db, Log: log, Life: w.calls.Life()})
	w.must(err)
	gate, err := admission.New(admission.Config{Calls: w.calls, Budgets: w.budgets, Prices: w.fleet, Log: log})
	w.must(err)
	b, err := broker.New(broker.Config{Routes: w.fleet, Gate: gate, Log: log})
	w.must(err)
	answered, err := cache.New(cache.Config{Next: b, Routes: w.fleet})
	w.must(err)
	kept, err := response.New(response.Config{DB: w.db, Keys: keys})
	w.must(err)
	w.contents, err = content.Open(content.Config{DB: w.db, Keys: keys, Dir: t.TempDir(), Log: log})
	w.must(err)
	g, err := gateway.New(gateway.Config{Auth: callers{}, Revocations: w, Broker: answered, Fleet: w.fleet, Calls: w.calls, Policy: w.contents, Responses: kept, Log: log})
	w.must(err)
	mux := http.NewServeMux()
	g.Mount(mux)
	w.Server = httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = w.calls.Run(ctx) })
	t.Cleanup(func() { w.Close(); cancel(); done.Wait() })
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

// keepResponses sets the tenant's policy.
func (w *world) keepResponses(on bool) {
	w.t.Helper()
	want := tenant.Settings{}.Kept()
	want.Responses = on
	w.must(w.contents.SetPolicy(w.t.Context(), w.tenant, audit.Operator, want))
}

// serve adds a provider of the tenant that offers a chat and an embedding model.
func (w *world) serve(url string) {
	w.t.Helper()
	w.offer(url, httpapi.ProviderModel{ID: "fast", Upstream: "vendor/fast-1", Kind: "chat", InputNanoUSD: &price, OutputNanoUSD: &price},
		httpapi.ProviderModel{ID: "embed", Upstream: "embed-1", Kind: "embedding"})
}

// price of a thousand tokens.
var price = int64(1000)

// offer adds a provider of the tenant with models.
func (w *world) offer(url string, models ...httpapi.ProviderModel) {
	w.t.Helper()
	name, key := "Scripted", "upstream-key"
	_, err := w.fleet.Create(w.t.Context(), w.tenant, audit.Operator, httpapi.ProviderInput{Name: &name, BaseURL: &url, APIKey: &key, Models: models})
	w.must(err)
}

// send posts body as the tenant's key.
func (w *world) send(path, body string, header ...string) *http.Response {
	w.t.Helper()
	return w.do(http.MethodPost, path, w.tenant, strings.NewReader(body), header...)
}

func (w *world) do(method, path, token string, body io.Reader, header ...string) *http.Response {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	w.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, w.URL+path, body)
	w.must(err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	w.must(err)
	w.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// row waits for the tenant's only log row and its ledger entries.
func (w *world) row() (row httpapi.InferenceLog, booked int64) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		page, err := w.calls.Calls(w.t.Context(), w.tenant, httpapi.LogQuery{})
		w.must(err)
		if len(page.Items) != 1 || page.Items[0].State == "running" {
			continue
		}
		row = page.Items[0]
		stored := false
		w.must(w.db.TenantRead(w.t.Context(), w.tenant, func(tx pgx.Tx) error {
			if err := tx.QueryRow(w.t.Context(), `select exists (select from inference_log where id = $1)`, row.ID).Scan(&stored); err != nil {
				return err
			}
			return tx.QueryRow(w.t.Context(), `select coalesce(sum(amount_nano_usd), -1)::bigint from ledger_entry where call_id = $1`, row.ID).Scan(&booked)
		}))
		if stored {
			return row, booked
		}
	}
	w.t.Fatal("the call was not stored")
	return row, 0
}
