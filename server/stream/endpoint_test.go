package stream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/stream"
)

// host is the rest of the server as the endpoint sees it. A bearer token is
// "tenant/user".
type host struct {
	mu    sync.Mutex
	ended map[string]chan struct{}
}

func (h *host) Authenticate(r *http.Request) (httpapi.Caller, error) {
	return h.Redeem(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
}

func (h *host) Redeem(_ context.Context, text string) (httpapi.Caller, error) {
	tenant, user, ok := strings.Cut(text, "/")
	if !ok {
		return httpapi.Caller{}, fault.New(fault.Unauthenticated, "Sign in first.", nil)
	}
	c := httpapi.Caller{TenantID: tenant, UserID: user, Permissions: []httpapi.Permission{httpapi.UseChat}}
	switch user {
	case "auditor":
		c.Permissions = nil
	case "key":
		c.KeyID = "k"
	}
	return c, nil
}

func (h *host) Watch(c httpapi.Caller) (<-chan struct{}, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended == nil {
		h.ended = map[string]chan struct{}{}
	}
	ch := make(chan struct{})
	h.ended[c.UserID] = ch
	return ch, func() {}
}

func (h *host) revoke(user string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ch, ok := h.ended[user]
	if ok {
		close(ch)
	}
	return ok
}

func (h *host) Ended(ctx context.Context, runID string) (httpapi.RunEvent, error) {
	c, _ := httpapi.CallerFrom(ctx)
	if runID != "old" || c.TenantID != "t" || c.UserID != "u" {
		return httpapi.RunEvent{}, fault.New(fault.NotFound, "There is no such run.", nil)
	}
	return httpapi.RunEvent{RunID: runID, Seq: 9, State: httpapi.RunDone, Message: &httpapi.Message{Text: "stored"}}, nil
}

func serve(t *testing.T) (*stream.Bus, *host, *httptest.Server) {
	t.Helper()
	bus, h := stream.New(stream.Config{}), &host{}
	endpoint, err := stream.NewEndpoint(stream.EndpointConfig{
		Bus: bus, Auth: h, Tickets: h, Revocations: h, Past: h, Log: slog.New(slog.DiscardHandler), Origins: []string{"https://other.example.com"},
		Seats: stream.NewSeats(3),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	endpoint.Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return bus, h, server
}

func get(t *testing.T, server *httptest.Server, path, bearer string, header ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// read collects events until the stream ends or n have come.
func read(t *testing.T, resp *http.Response, n int) (events []httpapi.Event, ids []string) {
	t.Helper()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			ids = append(ids, id)
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e httpapi.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		if events = append(events, e); len(events) == n {
			break
		}
	}
	return events, ids
}

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	bus, _, server := serve(t)
	log := bus.Open(subject)
	log.Append("one ")
	log.Append("two")
	resp := get(t, server, "/api/chat/stream?run_id=r", "t/u", "Last-Event-ID", "r:2")
	log.End(httpapi.RunDone, &httpapi.Message{Text: "one two"}, nil)
	events, ids := read(t, resp, -1)
	if len(events) != 2 || events[0].Run.Text != "two" || events[1].Run.Message.Text != "one two" || strings.Join(ids, " ") != "r:3 r:4" {
		t.Errorf("got %+v with ids %v", events, ids)
	}
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		t.Errorf("content type %q", kind)
	}
	if events, _ = read(t, get(t, server, "/api/chat/stream?run_id=r&after=3", "t/u"), -1); len(events) != 1 {
		t.Errorf("after 3: %+v", events)
	}
	if events, _ = read(t, get(t, server, "/api/chat/stream?run_id=old", "t/u"), -1); len(events) != 1 || events[0].Run.Message.Text != "stored" {
		t.Errorf("a run of yesterday: %+v", events)
	}
}

func TestWhoMayListen(t *testing.T) {
	t.Parallel()
	bus, _, server := serve(t)
	bus.Open(subject)
	for _, tt := range []struct {
		path, bearer string
		status       int
	}{
		{"/api/chat/stream?run_id=r", "", 401},
		{"/api/events", "", 401},
		{"/api/chat/stream?run_id=r", "t/auditor", 403},
		{"/api/chat/stream?run_id=r", "t/key", 403},
		{"/api/events", "t/key", 403},
		{"/api/chat/stream?run_id=r", "other/u", 404},
		{"/api/chat/stream?run_id=r", "t/other", 404},
		{"/api/chat/stream?run_id=old", "other/u", 404},
		{"/api/chat/stream?run_id=nothing", "t/u", 404},
		{"/api/chat/stream", "t/u", 400},
		{"/api/chat/stream?run_id=r&after=-1", "t/u", 400},
		{"/api/chat/stream?run_id=r&after=x", "t/u", 400},
	} {
		resp := get(t, server, tt.path, tt.bearer)
		if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s as %q: %d %s, want %d", tt.path, tt.bearer, resp.StatusCode, resp.Header.Get("Content-Type"), tt.status)
		}
	}
}

func TestAPersonHasSoManyStreams(t *testing.T) {
	t.Parallel()
	bus, _, server := serve(t)
	log := bus.Open(subject)
	for _, path := range []string{"/api/events", "/api/events", "/api/chat/stream?run_id=r"} {
		if resp := get(t, server, path, "t/u"); resp.StatusCode != 200 {
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
	}
	full := func(path string, header ...string) {
		t.Helper()
		resp := get(t, server, path, "t/u", header...)
		if resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
	full("/api/events")
	full("/api/chat/stream?run_id=r")
	full("/api/chat/stream?run_id=r", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	for _, other := range []string{"t/other", "other/u"} {
		if resp := get(t, server, "/api/events", other); resp.StatusCode != 200 {
			t.Errorf("%s: %d", other, resp.StatusCode)
		}
	}
	log.End(httpapi.RunDone, nil, nil) // ends one of the three
	until(t, func() bool { return get(t, server, "/api/events", "t/u").StatusCode == 200 })
}

// until asks again until a stream that ended has been noticed.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatal("a seat was not given back")
		}
	}
}

func TestEveryRoleHearsHints(t *testing.T) {
	t.Parallel()
	bus, _, server := serve(t)
	resp := get(t, server, "/api/events", "t/auditor")
	bus.HintTenant("t", httpapi.Hint{Topic: "logs"})
	if events, _ := read(t, resp, 1); len(events) != 1 || events[0].Hint.Topic != "logs" {
		t.Errorf("got %+v", events)
	}
}

func TestRevokingEndsTheStream(t *testing.T) {
	t.Parallel()
	bus, h, server := serve(t)
	resp := get(t, server, "/api/events", "t/u")
	bus.HintUser("t", "u", httpapi.Hint{Topic: "thread", ID: "c"})
	if events, _ := read(t, resp, 1); len(events) != 1 || events[0].Hint.ID != "c" {
		t.Fatalf("got %+v", events)
	}
	began := time.Now()
	for !h.revoke("u") {
		if time.Since(began) > 5*time.Second {
			t.Fatal("nobody watches for revocations")
		}
	}
	read(t, resp, -1)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the stream ended after %s", took)
	}
}

func TestAClientThatDoesNotReadHoldsNothingUp(t *testing.T) {
	t.Parallel()
	bus, _, server := serve(t)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t/u\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	log := bus.Open(subject)
	began := time.Now()
	for range 2000 {
		log.Append(strings.Repeat("x", 8<<10))
	}
	log.End(httpapi.RunDone, nil, nil)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the run took %s", took)
	}
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	bus, _, server := serve(t)
	log := bus.Open(subject)
	log.Append("hello")
	url := strings.Replace(server.URL, "http", "ws", 1) + "/api/chat/stream?run_id=r"
	dial := func(query, origin string) (*websocket.Conn, *http.Response, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		t.Cleanup(cancel)
		return websocket.Dial(ctx, url+query, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	}
	for _, tt := range []struct {
		name, query, origin string
		status              int
	}{
		{"no ticket", "", server.URL, 401},
		{"another page", "&ticket=t/u", "https://evil.example.com", 403},
		{"another page without a host", "&ticket=t/u", "null", 403},
		{"another tenant", "&ticket=other/u", server.URL, 404},
		{"not a chatting role", "&ticket=t/auditor", server.URL, 403},
	} {
		_, resp, err := dial(tt.query, tt.origin)
		if err == nil || resp == nil || resp.StatusCode != tt.status {
			t.Errorf("%s: %v %v, want %d", tt.name, resp, err, tt.status)
		}
	}
	for _, origin := range []string{server.URL, "https://other.example.com"} {
		conn, _, err := dial("&ticket=t/u&after=1", origin)
		if err != nil {
			t.Fatal(err)
		}
		_, data, err := conn.Read(t.Context())
		var e httpapi.Event
		if err != nil || json.Unmarshal(data, &e) != nil || e.Run.Text != "hello" {
			t.Errorf("got %s %v", data, err)
		}
		log.End(httpapi.RunDone, nil, nil)
		if _, data, err = conn.Read(t.Context()); err != nil || !strings.Contains(string(data), `"done"`) {
			t.Errorf("the end: %s %v", data, err)
		}
		if _, _, err = conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("after the end: %v", err)
		}
	}
}
