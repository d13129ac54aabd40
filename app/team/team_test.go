package team_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/app/keychain"
	"nexusai/app/team"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// memory is a keychain and a settings table; it outlives a restart.
type memory struct {
	mu   sync.Mutex
	kept map[string]string
	fail error // the next Set
}

func (m *memory) Get(_ context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept["secret "+name]; ok {
		return v, nil
	}
	return "", keychain.ErrNotFound
}

func (m *memory) Set(_ context.Context, name, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.kept["secret "+name] = value
	return nil
}

func (m *memory) Delete(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, "secret "+name)
	return nil
}

func (m *memory) Setting(_ context.Context, name string, dst any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[name]; ok {
		return json.Unmarshal([]byte(v), dst)
	}
	return nil
}

func (m *memory) SaveSetting(_ context.Context, name string, value any) error {
	text, err := json.Marshal(value)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[name] = string(text)
	return err
}

const device = "0191d0a0-0000-7000-8000-000000000001"

// server rotates tokens as the real one does: a refresh token serves once, and
// once more for the same device within the grace.
type server struct {
	*httptest.Server
	mu        sync.Mutex
	serial    int
	refresh   string // the current token
	before    string // the one it replaced
	refreshes atomic.Int64
	life      time.Duration
	answer    http.HandlerFunc // for signed-in calls
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{life: time.Hour}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/auth/login", func(w http.ResponseWriter, r *http.Request) {
		var c httpapi.Credentials
		if json.NewDecoder(r.Body).Decode(&c) != nil || c.Password != "right" || c.Device.ID != device {
			httpapi.WriteProblem(w, fault.New(fault.Unauthenticated, "Wrong.", nil))
			return
		}
		s.session(w)
	})
	mux.HandleFunc("POST /api/auth/refresh", func(w http.ResponseWriter, r *http.Request) {
		s.refreshes.Add(1)
		var in httpapi.Refresh
		s.mu.Lock()
		ok := json.NewDecoder(r.Body).Decode(&in) == nil && in.DeviceID == device && (in.RefreshToken == s.refresh || in.RefreshToken == s.before)
		again := ok && in.RefreshToken == s.before
		s.mu.Unlock()
		switch {
		case !ok:
			httpapi.WriteProblem(w, fault.New(fault.Unauthenticated, "Reused.", nil))
		case again:
			s.same(w)
		default:
			s.session(w)
		}
	})
	mux.HandleFunc("POST /api/auth/logout", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		ok := r.Header.Get("Authorization") == fmt.Sprintf("Bearer access-%d", s.serial)
		s.mu.Unlock()
		if !ok {
			httpapi.WriteProblem(w, fault.New(fault.TokenExpired, "Expired.", nil))
			return
		}
		s.answer(w, r)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) session(w http.ResponseWriter) {
	s.mu.Lock()
	s.serial++
	s.before, s.refresh = s.refresh, fmt.Sprintf("refresh-%d", s.serial)
	s.mu.Unlock()
	s.same(w)
}

func (s *server) same(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(httpapi.Session{
		AccessToken: fmt.Sprintf("access-%d", s.serial), RefreshToken: s.refresh, ExpiresAt: time.Now().Add(s.life),
		Me: httpapi.Me{UserID: "u1", Email: "ana@acme.test", Name: "Ana Example", TenantName: "Acme"},
	})
}

func client(t *testing.T, m *memory) *team.Client {
	t.Helper()
	c, err := team.New(team.Config{Secrets: m, Settings: m, DeviceID: device, Log: slog.New(slog.DiscardHandler), Probe: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func anybody(httpapi.Me) error { return nil }

func signIn(t *testing.T, c *team.Client, s *server) {
	t.Helper()
	if err := c.Connect(t.Context(), httpapi.Connection{URL: s.URL, Email: "ana@acme.test", Password: "right"}, anybody); err != nil {
		t.Fatal(fault.Cause(err))
	}
}

func TestSessionSurvivesRestartsAndExpiry(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[{"id":"big"}]`) }
	m := &memory{kept: map[string]string{}}
	if c := client(t, m); c.Missing() != "route.no_server" {
		t.Errorf("at first: %q", c.Missing())
	}
	signIn(t, client(t, m), s)
	c := client(t, m)
	if models, err := c.Models(t.Context()); err != nil || len(models) != 1 || c.State().Phase != "connected" || c.State().Me.Name != "Ana Example" {
		t.Fatalf("after a restart: %v, %v, %+v", models, err, c.State())
	}
	s.mu.Lock()
	s.serial++ // the access token in hand is refused now
	s.refresh = "refresh-1"
	s.mu.Unlock()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := c.Models(t.Context()); err != nil {
				t.Error(fault.Cause(err))
			}
		})
	}
	all.Wait()
	if n := s.refreshes.Load(); n != 1 {
		t.Errorf("eight calls made %d refreshes", n)
	}
}

func TestCrashBetweenRefreshAndKeepingIsNoTheft(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.life = time.Millisecond // every call refreshes
	s.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) }
	m := &memory{kept: map[string]string{}}
	c := client(t, m)
	signIn(t, c, s)
	m.fail = errors.New("killed here")
	if _, err := c.Models(t.Context()); err == nil {
		t.Fatal("a token that was not kept was used")
	}
	m.fail = nil
	if _, err := client(t, m).Models(t.Context()); err != nil {
		t.Errorf("the next start: %v", fault.Cause(err))
	}
}

func TestEndedSessionPausesAndKeepsTheAddress(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := &memory{kept: map[string]string{}}
	c := client(t, m)
	signIn(t, c, s)
	s.mu.Lock()
	s.refresh, s.before, s.serial = "other", "other", 99
	s.mu.Unlock()
	if _, err := c.Models(t.Context()); fault.CodeOf(err) != "route.signed_out" {
		t.Errorf("a call: %v", err)
	}
	if st := c.State(); st.Phase != "signed_out" || st.URL != s.URL || c.Missing() != "route.signed_out" {
		t.Errorf("state %+v", st)
	}
}

func TestServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) }
	var down atomic.Bool
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
	})
	c := client(t, &memory{kept: map[string]string{}})
	signIn(t, c, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = c.Run(ctx) }()
	for _, want := range []struct {
		down  bool
		phase string
	}{{true, "offline"}, {false, "connected"}} {
		down.Store(want.down)
		c.Kick()
		end := time.Now().Add(10 * time.Second)
		for c.State().Phase != want.phase {
			if time.Now().After(end) {
				t.Fatalf("phase is %s, want %s", c.State().Phase, want.phase)
			}
			<-time.After(time.Millisecond)
		}
	}
}

func TestRefusedAccountIsSignedOutAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := &memory{kept: map[string]string{}}
	c := client(t, m)
	other := fault.New("account.other_user", "", nil)
	err := c.Connect(t.Context(), httpapi.Connection{URL: s.URL, Email: "ana@acme.test", Password: "right"}, func(httpapi.Me) error { return other })
	if !errors.Is(err, other) || len(m.kept) != 0 || c.State().Phase != "none" {
		t.Errorf("%v; kept %v; %+v", err, m.kept, c.State())
	}
	err = c.Connect(t.Context(), httpapi.Connection{URL: s.URL, Email: "ana@acme.test", Password: "wrong"}, anybody)
	if fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	c := client(t, &memory{kept: map[string]string{}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing is dialled
	for address, fine := range map[string]bool{
		"https://nexus.example.com": true, "http://127.0.0.1:8080": true, "http://nexus:8080": true, "http://192.168.1.4": true,
		"http://nexus.example.com": false, "ftp://x": false, "https://": false, "https://u:p@x.test": false, "javascript:alert(1)": false, "https://x.test/?q=1": false, "": false,
	} {
		err := c.Connect(ctx, httpapi.Connection{URL: address, Email: "a@b.test", Password: "x"}, anybody)
		if got := fault.CodeOf(err) != "server.address"; got != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := &memory{kept: map[string]string{}}
	c := client(t, m)
	signIn(t, c, s)
	run := uuid.NewString()
	event := func(seq int, state string) string {
		return fmt.Sprintf("id: %s:%d\ndata: {\"type\":\"run\",\"run\":{\"run_id\":%q,\"seq\":%d,\"text\":\"x\",\"state\":%q}}\n\n", run, seq, run, seq, state)
	}
	for name, tt := range map[string]struct {
		body string
		code fault.Code
		seen int
	}{
		"whole":       {":\n\n" + event(1, "running") + "event: other\n\n" + event(2, "done"), "", 2},
		"cut":         {event(1, "running"), "route.offline", 1},
		"not json":    {"data: <html>\n\n", "server.strange", 0},
		"other types": {"data: {\"type\":\"hint\",\"hint\":{\"topic\":\"models\"}}\n\n" + event(1, "failed"), "", 1},
	} {
		s.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) }
		seen := 0
		err := c.Stream(t.Context(), run, 0, func(httpapi.RunEvent) error { seen++; return nil })
		if fault.CodeOf(err) != tt.code || seen != tt.seen {
			t.Errorf("%s: %v after %d events", name, err, seen)
		}
	}
	for status, want := range map[int]fault.Code{http.StatusBadGateway: "route.offline", http.StatusTeapot: "server.strange"} {
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, strings.Repeat("<p>", 9))
		}
		if err := c.Stream(t.Context(), run, 0, nil); fault.CodeOf(err) != want {
			t.Errorf("status %d: %v", status, err)
		}
	}
}
