package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/audit"
	"nexusai/server/fleet"
	"nexusai/server/identity"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/database"
	"nexusai/server/tenant"
)

// team is a tenant with an owner, an API key and a scripted provider, made on
// the data folder of a running server as nexusctl would.
type team struct {
	t       *testing.T
	db      *store.DB
	id, key string
	email   string
}

const ownerPassword = "correct horse battery"

func newTeam(t *testing.T, dir, upstream string) *team {
	t.Helper()
	return newTeamOn(t, database.Config{Dir: dir}, upstream)
}

func newTeamOn(t *testing.T, cfg database.Config, upstream string) *team {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	cfg.Log, cfg.MaxConns = log, 4
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
	}
	opened, err := database.Open(t.Context(), cfg)
	must(err)
	t.Cleanup(func() { _ = opened.Close() })
	db := opened.Store()
	keys, err := secret.Load(secret.Config{Dir: cfg.Dir})
	must(err)
	people, err := identity.New(identity.Config{DB: db, Secrets: keys, Log: log})
	must(err)
	acme, err := tenant.New("Acme", "")
	must(err)
	owner, phc, err := people.Prepare(t.Context(), identity.FirstOwner{Email: "ana@acme.test", Name: "Ana Example", Password: ownerPassword})
	must(err)
	must(db.Tenant(t.Context(), acme.ID, func(tx pgx.Tx) error {
		if err := tenant.Insert(t.Context(), tx, acme); err != nil {
			return err
		}
		_, err := people.AddOwner(t.Context(), tx, acme.ID, owner, phc)
		return err
	}))
	made, err := people.CreateKey(t.Context(), identity.Operator(acme.ID), httpapi.NewKey{Name: "load"})
	must(err)
	known, err := catalog.Load()
	must(err)
	out, err := egress.New(egress.Config{Allow: []string{"127.0.0.0/8"}})
	must(err)
	providers, err := fleet.New(fleet.Config{DB: db, Keys: keys, Catalog: known, Egress: out, Log: log})
	must(err)
	name := "Scripted"
	_, err = providers.Create(t.Context(), acme.ID, audit.Operator, httpapi.ProviderInput{
		Name: &name, BaseURL: &upstream, Models: []httpapi.ProviderModel{{ID: "m", Upstream: "m", Kind: "chat"}},
	})
	must(err)
	return &team{t: t, db: db, id: acme.ID, key: made.Secret, email: "ana@acme.test"}
}

// post returns the status, 0 for no answer, and the whole body.
func post(ctx context.Context, url, bearer string, body any) (int, []byte) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return 0, nil
	}
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	return resp.StatusCode, answer
}

func (m *team) login(url string) string {
	m.t.Helper()
	status, session, body := m.signIn(url)
	if status != 200 {
		m.t.Fatalf("login: %d %s", status, body)
	}
	return session.AccessToken
}

// signIn is a session of a new device, if the status is 200.
func (m *team) signIn(url string) (status int, session httpapi.Session, body []byte) {
	m.t.Helper()
	status, body = post(m.t.Context(), url+"/api/auth/login", "", httpapi.Credentials{
		Email: m.email, Password: ownerPassword, Device: httpapi.Device{ID: uuid.NewString(), Name: "Test device"},
	})
	if err := json.Unmarshal(body, &session); status == 200 && err != nil {
		m.t.Fatalf("login: %s", body)
	}
	return status, session, body
}

// tally counts answers by status.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
	sent []string // ids of acknowledged messages
}

func (c *tally) add(what string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[fmt.Sprintf("%s %d", what, status)]++
}

// count adds up answers of these kinds, such as "v1 200".
func (c *tally) count(kinds ...string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kind := range kinds {
		n += c.seen[kind]
	}
	return n
}

// siege is four callers who use both surfaces as fast as they are answered.
type siege struct {
	t       *testing.T
	p       *process
	answers *tally
	ctx     context.Context
	enough  context.CancelFunc
	workers sync.WaitGroup
}

func besiege(p *process, acme *team, bearer string) *siege {
	ctx, stop := context.WithTimeout(p.t.Context(), 90*time.Second)
	p.t.Cleanup(stop)
	loading, enough := context.WithCancel(ctx)
	s := &siege{t: p.t, p: p, answers: &tally{seen: map[string]int{}}, ctx: ctx, enough: enough}
	for range 4 {
		s.workers.Go(func() { hammer(loading, ctx, p.url, acme.key, bearer, s.answers) })
	}
	return s
}

// reach waits for n more answers of any of the kinds, such as "v1 200".
func (s *siege) reach(n int, kinds ...string) {
	s.t.Helper()
	before := s.answers.count(kinds...)
	for s.answers.count(kinds...) < before+n {
		if s.ctx.Err() != nil {
			s.t.Fatalf("%d of %d: %v: %v\n%s", s.answers.count(kinds...)-before, n, kinds, s.answers.seen, s.p.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// end waits for the callers and for what they were told: everything else than
// 200 and these must not have been.
func (s *siege) end(mayBe ...string) {
	s.t.Helper()
	s.enough()
	s.workers.Wait()
	for kind, n := range s.answers.seen {
		if kind != "v1 200" && kind != "chat 200" && !slices.Contains(mayBe, kind) {
			s.t.Errorf("%d answers were %q", n, kind)
		}
	}
}

// remembers that everything acknowledged is in the database.
func (m *team) remembers(answers *tally) {
	m.t.Helper()
	m.have(`select count(*) from inference_log where surface = 'v1' and state = 'ok'`, answers.count("v1 200"))
	m.have(`select count(*) from ledger_entry e join inference_log l on l.tenant_id = e.tenant_id and l.id = e.call_id where l.surface = 'v1'`, answers.count("v1 200"))
	m.have(`select count(*) from message where role = 'user' and id::text = any($1)`, len(answers.sent), answers.sent)
	m.have(`select count(*) from message where role = 'assistant' and parent_id::text = any($1)`, len(answers.sent), answers.sent)
}

func TestNothingAcknowledgedIsLostWhenTheDatabaseDies(t *testing.T) {
	t.Parallel()
	upstream := up.Serve(t, up.Answer("Hel", "lo"))
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	s := besiege(p, acme, acme.login(p.url))
	s.reach(30, "v1 200")
	s.reach(10, "chat 200")
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	back := p.until("/readyz", 503, time.Minute) + p.until("/readyz", 200, time.Minute)
	s.reach(30, "v1 200")
	s.reach(10, "chat 200")
	// One person's answers at a time are bounded, and those that wait for the
	// database take a place each: 429 acknowledges nothing.
	s.end("v1 503", "v1 504", "chat 503", "chat 504", "chat 429")
	p.signal(syscall.SIGKILL) // with calls still in the journal
	p.ended(10 * time.Second)
	start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme.remembers(s.answers)
	t.Logf("away for %s; answers by status %v", back.Round(time.Millisecond), s.answers.seen)
}

// hammer alternates both surfaces until loading ends; a request that began is
// finished under ctx, so that each is counted.
func hammer(loading, ctx context.Context, url, key, bearer string, answers *tally) {
	for loading.Err() == nil {
		status, _ := post(ctx, url+"/v1/chat/completions", key, map[string]any{"model": "m", "stream": true, "messages": []any{map[string]string{"role": "user", "content": "hi"}}})
		answers.add("v1", status)
		message := uuid.Must(uuid.NewV7()).String()
		status, _ = post(ctx, url+"/api/chat", bearer, httpapi.ChatRequest{ConversationID: uuid.Must(uuid.NewV7()).String(), MessageID: message, Text: "hi", Model: "m"})
		answers.add("chat", status)
		if status == 200 {
			answers.mu.Lock()
			answers.sent = append(answers.sent, message)
			answers.mu.Unlock()
		}
	}
}

// have waits until a count is want.
func (m *team) have(sql string, want int, args ...any) {
	m.t.Helper()
	got := -1
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		err := m.db.TenantRead(m.t.Context(), m.id, func(tx pgx.Tx) error { return tx.QueryRow(m.t.Context(), sql, args...).Scan(&got) })
		if err == nil && got == want {
			return
		}
	}
	m.t.Errorf("%s: %d, want %d", sql, got, want)
}
