// Package scripted is a server for tests that says exactly what a script tells
// it, over a real socket, and can misbehave.
package scripted

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Act is one thing the server does while it answers.
type Act func(w http.ResponseWriter, r *http.Request)

// Request is what the server was asked.
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	Query        string // raw
}

// Upstream is the running server. It stops with the test.
type Upstream struct {
	URL    string // BaseURL for a client: ends in /v1
	Client *http.Client

	gone chan struct{}
	mu   sync.Mutex // guards what follows
	seen []Request
	next int
}

// Serve starts a server whose nth request plays the nth script; the last
// script repeats.
func Serve(t testing.TB, scripts ...[]Act) *Upstream {
	t.Helper()
	u := &Upstream{gone: make(chan struct{}, 1024)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a caller that breaks off shows in the script
		script := u.take(Request{r.Method, r.URL.Path, r.Header.Clone(), body, r.URL.RawQuery}, scripts)
		for _, act := range script {
			act(w, r)
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections() // a stalled script ends with its caller
		server.Close()
	})
	u.URL, u.Client = server.URL+"/v1", server.Client()
	return u
}

func (u *Upstream) take(r Request, scripts [][]Act) []Act {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, r)
	at := min(u.next, len(scripts)-1)
	u.next++
	return scripts[at]
}

// Requests are those received so far, oldest first.
func (u *Upstream) Requests() []Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]Request(nil), u.seen...)
}

// Stall waits until the caller is gone, then reports it to WaitGone.
func (u *Upstream) Stall(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	u.gone <- struct{}{}
}

// WaitGone returns once a Stall has seen its caller leave, and false if none
// does within limit.
func (u *Upstream) WaitGone(limit time.Duration) bool {
	select {
	case <-u.gone:
		return true
	case <-time.After(limit):
		return false
	}
}

// Raw writes bytes as they are and flushes.
func Raw(text string) Act {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, text) // the caller may have left
		_ = http.NewResponseController(w).Flush()
	}
}

// Head begins a stream: 200 and its content type, flushed. header holds pairs
// of name and value.
func Head(header ...string) Act {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
	}
}

// Wait pauses for d or until the caller is gone.
func Wait(d time.Duration) Act {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}
}

// Cut breaks the connection without ending the answer.
func Cut() Act {
	return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
}

// Reply answers at once; header holds pairs of name and value.
func Reply(status int, body string, header ...string) []Act {
	return []Act{func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}}
}
