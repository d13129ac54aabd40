package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/api"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/identity"
	"nexusai/server/limit"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

const password = "correct horse battery"

// world is a server with two teams, acme and beta, each with an owner.
type world struct {
	t       *testing.T
	db      *store.DB
	svc     *identity.Service
	budgets *budget.Budgets
	handler http.Handler
	clock   *clock
	acme    team
	beta    team
}

type team struct{ id, slug, ownerID, owner string } // owner is a bearer token

// clock stands still unless a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), clock: &clock{at: time.Now().Truncate(time.Second)}}
	ring, err := secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	log := slog.New(slog.DiscardHandler)
	w.svc, err = identity.New(identity.Config{
		DB: w.db, Secrets: ring, Log: log, Now: w.clock.now, Floor: time.Millisecond,
		Cost: identity.PasswordCost{MemoryKiB: 64, Passes: 1, Threads: 1}, Poll: 20 * time.Millisecond,
	})
	w.must(err)
	trail, err := audit.New(audit.Config{DB: w.db, Dir: t.TempDir(), Log: log})
	w.must(err)
	mux := http.NewServeMux()
	group := httpapi.New(mux, httpapi.Config{Auth: w.svc.Authenticator(), Log: log})
	httpapi.RegisterAccounts(group, api.Accounts{Identity: w.svc}, identity.Jar{})
	httpapi.RegisterPeople(group, api.NewPeople(w.svc, trail))
	book := limit.NewBook(w.db, log, nil)
	limiter, err := limit.New(limit.Config{Counters: limit.NewMemory(nil), Rules: book, Log: log})
	w.must(err)
	httpapi.RegisterLimits(group, api.Limits{DB: w.db, Book: book, Limiter: limiter, Sharing: "process"})
	w.budgets, err = budget.New(budget.Config{DB: w.db, Log: log, Life: uuid.NewString()})
	w.must(err)
	httpapi.RegisterBudgets(group, api.Budgets{Budgets: w.budgets})
	httpapi.RegisterTeams(group, api.Teams{DB: w.db, Budgets: w.budgets, Hint: func(string, ...httpapi.Hint) {}})
	w.handler = w.svc.Authenticator().Middleware(mux)
	w.acme, w.beta = w.team("acme"), w.team("beta")
	return w
}

// run has revocations followed until the test ends.
func (w *world) run() {
	_, stop := w.background()
	w.t.Cleanup(stop)
}

// background runs the service; stop ends it and waits.
func (w *world) background() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.svc.Run(ctx)
	}()
	return ctx, func() { cancel(); <-done }
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

func (w *world) team(slug string) team {
	w.t.Helper()
	one, err := tenant.New(slug, slug)
	w.must(err)
	owner, phc, err := w.svc.Prepare(w.t.Context(), identity.FirstOwner{Email: "owner@" + slug + ".test", Name: "Owner Example", Password: password})
	w.must(err)
	w.must(w.db.Tenant(w.t.Context(), one.ID, func(tx pgx.Tx) error {
		if err := tenant.Insert(w.t.Context(), tx, one); err != nil {
			return err
		}
		_, err := w.svc.AddOwner(w.t.Context(), tx, one.ID, owner, phc)
		return err
	}))
	s := w.login("owner@" + slug + ".test")
	return team{id: one.ID, slug: slug, ownerID: s.Me.UserID, owner: s.AccessToken}
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

func (a answer) want(status int, parts ...string) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("got %d %s, want %d", a.Code, a.Body, status)
	}
	for _, p := range parts {
		if !strings.Contains(a.Body.String(), p) {
			a.t.Errorf("%s does not contain %q", a.Body, p)
		}
	}
	return a
}

func decode[T any](a answer) (v T) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), &v); err != nil {
		a.t.Fatalf("%s: %v", a.Body, err)
	}
	return v
}

// call sends body (a string as it is, anything else as JSON) with a bearer.
func (w *world) call(token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		var err error
		raw, err = json.Marshal(b)
		w.must(err)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(raw))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answer{rec, w.t}
}

func device() httpapi.Device { return httpapi.Device{ID: uuid.NewString(), Name: "Test device"} }

func (w *world) login(email string) httpapi.Session {
	w.t.Helper()
	return decode[httpapi.Session](w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: email, Password: password, Device: device()}).want(200))
}

// join invites somebody to a team and answers the invite.
func (w *world) join(of team, email, role string) httpapi.Session {
	w.t.Helper()
	link := decode[httpapi.Link](w.call(of.owner, "POST", "/api/admin/users", httpapi.Invite{Email: email, Role: role}).want(201))
	return decode[httpapi.Session](w.call("", "POST", "/api/auth/register", httpapi.Registration{
		Token: token(w.t, link.URL), Name: "Somebody Example", Password: password, Device: device(),
	}).want(200))
}

// token is what the page reads out of a link's fragment.
func token(t *testing.T, link string) string {
	t.Helper()
	_, fragment, _ := strings.Cut(link, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil || values.Get("link") == "" {
		t.Fatalf("link %q has no token (%v)", link, err)
	}
	return values.Get("link")
}

// actions are the trail's, oldest first.
func (w *world) actions(of team) []string {
	w.t.Helper()
	var out []string
	w.must(w.db.TenantRead(w.t.Context(), of.id, func(tx pgx.Tx) error {
		rows, err := tx.Query(w.t.Context(), `select action from audit_entry order by seq`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	return out
}
