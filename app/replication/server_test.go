package replication_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"nexusai/sync/hub"
	"nexusai/sync/wire"
)

// server is a real hub in memory behind the HTTP surface of /api/sync, with
// faults that a test can turn on.
type server struct {
	*httptest.Server
	t     testing.TB
	store *hub.Memory

	mu      sync.Mutex // guards what follows
	down    bool       // 503 to everything
	token   string     // the only one that counts
	deaf    bool       // no WebSocket: SSE only
	mute    bool       // applies pushes and does not answer
	pushes  int
	changed chan struct{} // closed and replaced at every push
}

func newServer(t testing.TB) *server {
	s := &server{t: t, store: hub.NewMemory(), token: "good", changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/sync/push", s.push)
	mux.HandleFunc("POST /api/sync/pull", s.pull)
	mux.HandleFunc("GET /api/sync/live", s.live)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		down, token := s.down, s.token
		s.mu.Unlock()
		switch {
		case down:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// set changes the faults, and ends live connections so that devices notice.
func (s *server) set(change func(*server)) {
	s.mu.Lock()
	change(s)
	s.mu.Unlock()
	s.CloseClientConnections()
}

// pushed waits for the first push.
func (s *server) pushed() {
	s.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		n, changed := s.pushes, s.changed
		s.mu.Unlock()
		if n > 0 {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			s.t.Fatal("nothing was pushed")
		}
	}
}

func (s *server) push(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	req, err := wire.DecodePush(data)
	if err != nil {
		s.t.Errorf("the device sent what the server refuses: %v", err)
	}
	var resp wire.PushResponse
	err = s.store.Update(r.Context(), func(tx hub.Tx) (err error) {
		resp, err = hub.Push(r.Context(), tx, req, time.Now())
		return err
	})
	s.mu.Lock()
	s.pushes++
	mute := s.mute
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	if gap, ok := errors.AsType[*hub.GapError](err); ok {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(wire.Gap{Code: "gap", Want: gap.Want})
		return
	}
	if mute {
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(resp)
}

func (s *server) pull(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	req, err := wire.DecodePull(data)
	if err != nil {
		s.t.Errorf("the device sent what the server refuses: %v", err)
	}
	var page wire.Page
	err = s.store.View(r.Context(), func(tx hub.Reader) (err error) {
		page, err = hub.Pull(r.Context(), tx, req)
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	_ = wire.WritePage(w, page)
}

func (s *server) live(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	deaf := s.deaf
	s.mu.Unlock()
	sse := strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	if deaf && !sse {
		w.WriteHeader(http.StatusUpgradeRequired)
		return
	}
	send := func(data []byte) error {
		if _, err := w.Write([]byte("data: " + string(data) + "\n\n")); err != nil {
			return err
		}
		return http.NewResponseController(w).Flush()
	}
	if !sse {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		ctx := conn.CloseRead(r.Context())
		send = func(data []byte) error { return conn.Write(ctx, websocket.MessageText, data) }
	}
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		var head hub.Head
		_ = s.store.View(r.Context(), func(tx hub.Reader) (err error) { head, err = tx.Head(r.Context()); return err })
		data, err := json.Marshal(wire.Hint{Scope: r.URL.Query().Get("scope"), Head: head.Seq})
		if err != nil || send(data) != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
