package replication_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"nexusai/backend/fault"
	"nexusai/server/replication"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// surface is the HTTP surface with callers named by their bearer.
type surface struct {
	t      *testing.T
	url    string
	hub    *replication.Hub
	tenant string
	ana    string // user ids
	ben    string
}

func newSurface(t *testing.T) *surface {
	t.Helper()
	h, tenant := newHub(t)
	s := &surface{t: t, hub: h, tenant: tenant, ana: newID(), ben: newID()}
	mux := http.NewServeMux()
	h.Routes(mux, func(r *http.Request) (replication.Principal, error) {
		switch r.Header.Get("Authorization") {
		case "Bearer ana":
			return replication.Principal{TenantID: tenant, UserID: s.ana}, nil
		case "Bearer ben":
			return replication.Principal{TenantID: tenant, UserID: s.ben}, nil
		}
		return replication.Principal{}, fault.New(fault.Unauthenticated, "Sign in.", errors.New("no token"))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

func (s *surface) do(method, path, bearer string, body []byte) (*http.Response, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, data
}

// pushOf is a push of one new conversation under a user's scope.
func pushOf(t testing.TB, userID, title string, mid int64) []byte {
	t.Helper()
	op, err := wire.NewCreate(entity.Conversations, newID(), map[string]any{"title": title})
	if err != nil {
		t.Fatal(err)
	}
	scope := replication.UserScope(userID)
	op.OpID, op.ClientID, op.Mid, op.Lane, op.Scope, op.SchemaV = newID(), "0190c0de-0000-7000-8000-0000000000aa", mid, entity.ChatLane, scope, 1
	data, err := json.Marshal(wire.PushRequest{ClientID: op.ClientID, Scope: scope, Lane: op.Lane, SchemaV: 1, Ops: []wire.Op{op}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPushAndPullOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSurface(t)
	resp, data := s.do("POST", "/api/sync/push", "ana", pushOf(t, s.ana, "for <everybody> & nobody", 1))
	var answer wire.PushResponse
	if err := json.Unmarshal(data, &answer); err != nil || resp.StatusCode != 200 || len(answer.Results) != 1 || answer.Results[0].Status != wire.Applied {
		t.Fatalf("%d %s %v", resp.StatusCode, data, err)
	}
	query := "?client_id=0190c0de-0000-7000-8000-0000000000aa&cursor=0&scope=" + replication.UserScope(s.ana)
	_, data = s.do("GET", "/api/sync/pull"+query, "ana", nil)
	page, err := wire.ReadPage(bytes.NewReader(data))
	if err != nil || len(page.Entries) != 1 || string(page.Entries[0].Op.Fields["title"]) != `"for <everybody> & nobody"` || page.End.Acked["chat"] != 1 {
		t.Fatalf("%+v %v", page, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newSurface(t)
	good := pushOf(t, s.ana, "t", 1)
	pull := []byte(`{"client_id":"0190c0de-0000-7000-8000-0000000000aa","scope":"` + replication.UserScope(s.ana) + `","cursor":0,"epoch":0,"schema_v":1}`)
	old := bytes.Replace(good, []byte(`"schema_v":1,"ops"`), []byte(`"schema_v":0,"ops"`), 1)
	for name, c := range map[string]struct {
		method, path, bearer string
		body                 []byte
		status               int
		code                 string
	}{
		"anonymous push":          {"POST", "/api/sync/push", "", good, 401, "auth.required"},
		"anonymous pull":          {"POST", "/api/sync/pull", "", pull, 401, "auth.required"},
		"anonymous live":          {"GET", "/api/sync/live", "", nil, 401, "auth.required"},
		"another user's push":     {"POST", "/api/sync/push", "ben", good, 404, "not_found"},
		"another user's pull":     {"POST", "/api/sync/pull", "ben", pull, 404, "not_found"},
		"another user's live":     {"GET", "/api/sync/live?scope=" + replication.UserScope(s.ana), "ben", nil, 404, "not_found"},
		"not JSON":                {"POST", "/api/sync/push", "ana", []byte(`{"ops":`), 400, "request.invalid"},
		"wrong types":             {"POST", "/api/sync/push", "ana", []byte(`{"client_id":7,"ops":{}}`), 400, "request.invalid"},
		"invalid UTF-8 in an id":  {"POST", "/api/sync/push", "ana", bytes.Replace(good, []byte("aa"), []byte("\xff\xfe"), 1), 400, "request.invalid"},
		"no operations":           {"POST", "/api/sync/push", "ana", []byte(`{"ops":[]}`), 400, "request.invalid"},
		"fifty megabytes":         {"POST", "/api/sync/push", "ana", bytes.Repeat([]byte(" "), 50<<20), 413, "request.too_large"},
		"a gap":                   {"POST", "/api/sync/push", "ana", pushOf(t, s.ana, "t", 9), 409, "gap"},
		"a cursor that is a word": {"GET", "/api/sync/pull?cursor=x", "ana", nil, 400, "request.invalid"},
		"a program too old":       {"POST", "/api/sync/push", "ana", old, 410, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, data := s.do(c.method, c.path, c.bearer, c.body)
			var problem struct {
				Code string `json:"code"`
				Want int64  `json:"want"`
			}
			err := json.Unmarshal(data, &problem)
			if err != nil || resp.StatusCode != c.status || problem.Code != c.code || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%d %s %v", resp.StatusCode, data, err)
			}
			if c.code == "gap" && problem.Want != 1 {
				t.Fatalf("want mid %d", problem.Want)
			}
		})
	}
	page, err := s.hub.Conversations(t.Context(), s.tenant, replication.UserScope(s.ana), replication.ConversationQuery{})
	if err != nil || len(page.Items) != 0 {
		t.Fatalf("something refused was stored: %+v %v", page, err)
	}
}

func (s *surface) dial(bearer string) *websocket.Conn {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), s.url+"/api/sync/live", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + bearer}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func readHint(t *testing.T, read func(context.Context) ([]byte, error)) wire.Hint {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	data, err := read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var h wire.Hint
	if err := json.Unmarshal(data, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHintsArriveOverWebSocket(t *testing.T) {
	t.Parallel()
	s := newSurface(t)
	conn := s.dial("ana")
	read := func(ctx context.Context) ([]byte, error) { _, data, err := conn.Read(ctx); return data, err }
	if h := readHint(t, read); h.Head != 0 || h.Scope != replication.UserScope(s.ana) {
		t.Fatalf("first hint %+v", h)
	}
	s.do("POST", "/api/sync/push", "ben", pushOf(t, s.ben, "not hers", 1))
	s.do("POST", "/api/sync/push", "ana", pushOf(t, s.ana, "hers", 1))
	if h := readHint(t, read); h.Head != 1 || h.Scope != replication.UserScope(s.ana) {
		t.Fatalf("second hint %+v", h)
	}
	s.hub.Drop(s.tenant, s.ana)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Fatalf("a dropped user still listens: %v", err)
	}
}

func TestHintsArriveOverSSE(t *testing.T) {
	t.Parallel()
	s := newSurface(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/api/sync/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ana")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	next := func(context.Context) ([]byte, error) {
		for {
			line, err := lines.ReadString('\n')
			if data, ok := strings.CutPrefix(line, "data: "); ok || err != nil {
				return []byte(data), err
			}
		}
	}
	readHint(t, next)
	s.do("POST", "/api/sync/push", "ana", pushOf(t, s.ana, "hers", 1))
	if h := readHint(t, next); h.Head != 1 {
		t.Fatalf("second hint %+v", h)
	}
}
