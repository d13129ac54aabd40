package localapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// teamServer knows one account with two sessions.
type teamServer struct {
	*httptest.Server
	asked atomic.Pointer[string] // the last change, as "METHOD path"
	over  atomic.Bool            // the session in hand has ended
}

func newTeamServer(t *testing.T) *teamServer {
	t.Helper()
	s, ana := &teamServer{}, id()
	mux := http.NewServeMux()
	signIn := func(w http.ResponseWriter, _ *http.Request) {
		if s.over.Load() {
			httpapi.WriteProblem(w, fault.New(fault.Unauthenticated, "Over.", nil))
			return
		}
		_ = json.NewEncoder(w).Encode(httpapi.Session{
			AccessToken: "a", RefreshToken: "r", ExpiresAt: time.Now().Add(time.Hour), Me: httpapi.Me{UserID: ana, Email: "ana@acme.test", TenantName: "Acme"},
		})
	}
	mux.HandleFunc("POST /api/auth/login", signIn)
	mux.HandleFunc("POST /api/auth/refresh", signIn)
	mux.HandleFunc("GET /api/auth/sessions", func(w http.ResponseWriter, _ *http.Request) {
		if s.over.Load() {
			httpapi.WriteProblem(w, fault.New(fault.Unauthenticated, "Over.", nil))
			return
		}
		_ = json.NewEncoder(w).Encode([]httpapi.SessionInfo{{ID: "s1", Device: "This laptop", Current: true}, {ID: "s2", Device: "Phone"}})
	})
	change := func(w http.ResponseWriter, r *http.Request) {
		if s.over.Load() {
			httpapi.WriteProblem(w, fault.New(fault.Unauthenticated, "Over.", nil))
			return
		}
		if strings.HasSuffix(r.URL.Path, id404) {
			httpapi.WriteProblem(w, fault.New(fault.NotFound, "There is no such session.", nil))
			return
		}
		asked := r.Method + " " + r.URL.RequestURI()
		s.asked.Store(&asked)
		w.WriteHeader(http.StatusNoContent)
	}
	mux.HandleFunc("DELETE /api/auth/sessions", change)
	mux.HandleFunc("DELETE /api/auth/sessions/{id}", change)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

const id404 = "0192f3a4-7b1c-7def-8123-000000000404"

func (h *host) connect(s *teamServer) {
	h.t.Helper()
	if got := get[httpapi.Status](h, "POST", "/api/local/connection", httpapi.Connection{URL: s.URL, Email: "ana@acme.test", Password: "x"}); got.Server.State != "connected" {
		h.t.Fatalf("status %+v", got)
	}
}

func TestSessionsAreTheServers(t *testing.T) {
	t.Parallel()
	h, s := browser(t), newTeamServer(t)
	h.connect(s)
	all := get[[]httpapi.SessionInfo](h, "GET", "/api/auth/sessions", nil)
	if len(all) != 2 || !all[0].Current || all[1].Device != "Phone" {
		t.Errorf("sessions %+v", all)
	}
	one := id()
	for path, want := range map[string]string{"/" + one: "/" + one, "?others=true": "?others=true"} {
		get[struct{}](h, "DELETE", "/api/auth/sessions"+path, nil)
		if got := *s.asked.Load(); got != "DELETE /api/auth/sessions"+want {
			t.Errorf("the server was asked %s", got)
		}
	}
	if status, text, _ := h.do("DELETE", "/api/auth/sessions/"+id404, ""); status != 404 {
		t.Errorf("an unknown one: %d %s", status, text)
	}
	if got := get[httpapi.Status](h, "GET", "/api/local/status", nil); got.Server.State != "connected" {
		t.Errorf("after ending the others: %+v", got.Server)
	}
	get[struct{}](h, "DELETE", "/api/auth/sessions", nil)
	if got := get[httpapi.Status](h, "GET", "/api/local/status", nil); got.Server.State != "signed_out" {
		t.Errorf("after signing out everywhere: %+v", got.Server)
	}
}

// TestSessionsWithoutAServer: no answer may look like the end of the page's own
// session, which is a 401.
func TestSessionsWithoutAServer(t *testing.T) {
	t.Parallel()
	h := browser(t)
	refused := func(code string) {
		t.Helper()
		for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"DELETE", "/" + id()}} {
			status, text, _ := h.do(call[0], "/api/auth/sessions"+call[1], "")
			if status != 422 || !strings.Contains(text, `"code":"`+code+`"`) {
				t.Errorf("%s: %d %s, want %s", call, status, text, code)
			}
		}
	}
	refused("route.no_server")
	s := newTeamServer(t)
	h.connect(s)
	s.over.Store(true)
	if status, text, _ := h.do("GET", "/api/auth/sessions", ""); status != 422 || !strings.Contains(text, "route.signed_out") {
		t.Errorf("an ended session: %d %s", status, text)
	}
	refused("route.signed_out")
	s.over.Store(false)
	h.connect(s)
	s.Close()
	refused("route.offline")
	h.bearer = ""
	if status, _, _ := h.do("GET", "/api/auth/sessions", ""); status != 401 {
		t.Errorf("anonymous: %d", status)
	}
}
