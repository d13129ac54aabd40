package playground_test

import (
	"bufio"
	"context"
	"encoding/json"
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
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/admission"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/fleet"
	"nexusai/server/ledger"
	"nexusai/server/limit"
	"nexusai/server/playground"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// world is the playground's route over everything that a call passes.
type world struct {
	*httptest.Server
	t       *testing.T
	db      *store.DB
	tenant  string
	ana     string // a user's id, and the bearer
	budgets *budget.Budgets
	rules   rules
	revoked chan struct{} // closed: no session counts any more
}

func (w *world) Watch(httpapi.Caller) (<-chan struct{}, func()) { return w.revoked, func() {} }

// Authenticate takes "TENANT/USER" as a member's bearer.
func (w *world) Authenticate(r *http.Request) (httpapi.Caller, error) {
	tenant, user, found := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "/")
	if !found {
		return httpapi.Caller{}, fault.New(fault.Unauthenticated, "Sign in first.", nil)
	}
	return httpapi.Caller{TenantID: tenant, UserID: user, Role: "member", Permissions: []httpapi.Permission{httpapi.UseChat}}, nil
}

// rules hold for the world's tenant alone.
type rules struct {
	tenant string
	all    []limit.Rule
}

func (r *rules) Rules(_ context.Context, tenant string) ([]limit.Rule, error) {
	if tenant != r.tenant {
		return nil, nil
	}
	return r.all, nil
}

func newWorld(t *testing.T, scripts ...[]up.Act) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), ana: uuid.NewString(), revoked: make(chan struct{})}
	w.tenant = storetest.Tenant(t, w.db)
	w.rules.tenant = w.tenant
	log := slog.New(slog.DiscardHandler)
	keys, err := secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	known, err := catalog.Load()
	w.must(err)
	out, err := egress.New(egress.Config{Allow: []string{"127.0.0.0/8"}})
	w.must(err)
	models, err := fleet.New(fleet.Config{DB: w.db, Keys: keys, Catalog: known, Egress: out, Log: log})
	w.must(err)
	calls, err := calllog.Open(calllog.Config{
		DB: w.db, Dir: t.TempDir(), Log: log,
		Spent: func(ctx context.Context, tx pgx.Tx, tenant string, fresh []ledger.Entry) error {
			return w.budgets.Spent(ctx, tx, tenant, fresh)
		},
	})
	w.must(err)
	w.budgets, err = budget.New(budget.Config{DB: w.db, Log: log, Life: calls.Life()})
	w.must(err)
	gate, err := admission.New(admission.Config{Calls: calls, Budgets: w.budgets, Prices: models, Log: log})
	w.must(err)
	limits, err := limit.New(limit.Config{Counters: limit.NewMemory(nil), Rules: &w.rules, Log: log})
	w.must(err)
	b, err := broker.New(broker.Config{Routes: models, Gate: limit.Gate{Limits: limits, Next: gate}, Log: log})
	w.must(err)
	p, err := playground.New(playground.Config{Broker: b, Fleet: models, Calls: calls, Revocations: w})
	w.must(err)
	mux := http.NewServeMux()
	httpapi.RegisterPlayground(httpapi.New(mux, httpapi.Config{Auth: w, Log: log}), p)
	w.Server = httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	for _, part := range []func(context.Context) error{calls.Run, w.budgets.Run} {
		parts.Go(func() { _ = part(ctx) })
	}
	t.Cleanup(func() { w.Close(); cancel(); parts.Wait() })

	upstream := up.Serve(t, scripts...)
	name, url, price := "Scripted", upstream.URL, int64(1_000_000)
	_, err = models.Create(t.Context(), w.tenant, audit.Operator, httpapi.ProviderInput{
		Name: &name, BaseURL: &url, Models: []httpapi.ProviderModel{{ID: "m", Upstream: "m", Kind: "chat", InputNanoUSD: &price, OutputNanoUSD: &price}},
	})
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

// try asks as somebody; ctx is the caller's patience.
func (w *world) try(ctx context.Context, bearer string) *http.Response {
	w.t.Helper()
	body, err := json.Marshal(httpapi.Trial{Model: "m", MaxTokens: 10, Messages: []httpapi.TrialMessage{{Role: "user", Text: "hi"}}})
	w.must(err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/api/playground", strings.NewReader(string(body)))
	w.must(err)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(r)
	w.must(err)
	w.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func (w *world) of(user string) string { return w.tenant + "/" + user }

// refused is the problem of an answer that must have this status.
func (w *world) refused(resp *http.Response, status int) (p httpapi.Problem) {
	w.t.Helper()
	if resp.StatusCode != status {
		text, _ := io.ReadAll(resp.Body)
		w.t.Fatalf("status %d: %s, want %d", resp.StatusCode, text, status)
	}
	w.must(json.NewDecoder(resp.Body).Decode(&p))
	return p
}

// whole reads an answer to its end and returns its last event.
func (w *world) whole(resp *http.Response) (last httpapi.TrialEvent) {
	w.t.Helper()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			w.must(json.Unmarshal([]byte(data), &last))
		}
	}
	return last
}

// logged waits for n calls in the log and says how each stands.
func (w *world) logged(n int) (states []string) {
	w.t.Helper()
	const sql = `select state || ' ' || surface || ' ' || (user_id = $1)::text from inference_log order by at`
	for deadline := time.Now().Add(20 * time.Second); len(states) != n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%v are logged, want %d", states, n)
		}
		w.must(w.db.TenantRead(w.t.Context(), w.tenant, func(tx pgx.Tx) error {
			rows, err := tx.Query(w.t.Context(), sql, w.ana)
			if err != nil {
				return err
			}
			states, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		}))
	}
	return states
}

func TestATrialCountsAgainstItsUsersBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("Hel", "lo"))
	_, err := w.budgets.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfUser, Period: budget.Daily, Limit: 1_000_000, Contact: "Bea"})
	w.must(err)
	if last := w.whole(w.try(t.Context(), w.of(w.ana))); last.Type != "done" || last.Outcome.CostNanoUSD != 5000 {
		t.Fatalf("the first ends with %+v", last)
	}
	w.logged(1)
	_, err = w.budgets.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfUser, Period: budget.Total, Limit: 5001})
	w.must(err)
	p := w.refused(w.try(t.Context(), w.of(w.ana)), http.StatusPaymentRequired)
	if p.Code != "quota.spent" || p.Bound == nil || p.Bound.Kind != "budget" || p.Bound.Holder != "user" || p.Bound.Period != "total" || p.Bound.Amount != 5001 {
		t.Errorf("refused with %+v, bound %+v", p, p.Bound)
	}
	if got := strings.Join(w.logged(2), ", "); got != "ok playground true, failed playground true" {
		t.Errorf("the log says %s", got)
	}
}

func TestATrialCountsAgainstItsUsersLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("Hello"))
	w.rules.all = []limit.Rule{{ID: uuid.NewString(), Holder: limit.OfUser, Measure: limit.Requests, Amount: 1, Window: time.Hour}}
	w.whole(w.try(t.Context(), w.of(w.ana)))
	resp := w.try(t.Context(), w.of(w.ana))
	if resp.Header.Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
	p := w.refused(resp, http.StatusTooManyRequests)
	if p.Bound == nil || p.Bound.Measure != "requests" || p.Bound.Window != 3600 || p.Bound.Holder != "user" || p.Bound.ResetsAt == nil || time.Until(*p.Bound.ResetsAt) < 50*time.Minute {
		t.Errorf("refused with %+v, bound %+v", p, p.Bound)
	}
	if last := w.whole(w.try(t.Context(), w.of(uuid.NewString()))); last.Type != "done" {
		t.Errorf("somebody else gets %+v", last)
	}
}

// TestLeavingEndsTheCallAtTheProvider measures until the provider sees it. The
// best of a few tries counts: the machine may be busy.
func TestLeavingEndsTheCallAtTheProvider(t *testing.T) {
	t.Parallel()
	gone := make(chan time.Time, 1)
	w := newWorld(t, []up.Act{up.Head(), up.Say("half"), func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		gone <- time.Now()
	}})
	best := time.Hour
	for range 5 {
		ctx, leave := context.WithCancel(t.Context())
		resp := w.try(ctx, w.of(w.ana))
		_, err := resp.Body.Read(make([]byte, 1)) // its first piece is here
		w.must(err)
		left := time.Now()
		leave()
		best = min(best, (<-gone).Sub(left))
	}
	if best > 100*time.Millisecond {
		t.Errorf("the provider goes on for %v", best)
	}
	for _, state := range w.logged(5) {
		if state != "stopped playground true" {
			t.Errorf("the log says %s", state)
		}
	}
}

func TestAnEndedSessionEndsItsTrial(t *testing.T) {
	t.Parallel()
	w := newWorld(t, []up.Act{up.Head(), up.Say("half"), up.Wait(time.Minute)})
	resp := w.try(t.Context(), w.of(w.ana))
	began := time.Now()
	close(w.revoked)
	last := w.whole(resp)
	if last.Type != "failed" || last.Problem == nil || last.Problem.Code != "auth.required" {
		t.Errorf("it ends with %+v", last)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it ended after %v", took)
	}
}

func TestTrialsOfNobodyAndOfAnotherTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("Hello"))
	if p := w.refused(w.try(t.Context(), ""), http.StatusUnauthorized); p.Code != "auth.required" {
		t.Errorf("nobody gets %+v", p)
	}
	other := storetest.Tenant(t, w.db)
	if p := w.refused(w.try(t.Context(), other+"/"+w.ana), http.StatusNotFound); p.Code != "model.unknown" {
		t.Errorf("another team gets %+v", p)
	}
}
