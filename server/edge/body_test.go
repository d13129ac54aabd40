package edge_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// dial sends the head of a request that promises more body than it brings, and
// waits for what comes back.
func dial(t *testing.T, server *httptest.Server, head string, patience time.Duration) (answer string, open bool) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s\r\nHost: x\r\n%s", head, "Content-Length: 1000\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(conn)
	return string(data), errors.Is(err, os.ErrDeadlineExceeded)
}

// TestABodyThatDoesNotComeHoldsNoConnection is what anybody could do before
// sign-in: promise a body, send none, and keep a connection for ever.
func TestABodyThatDoesNotComeHoldsNoConnection(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/cleared", func(w http.ResponseWriter, _ *http.Request) { // a route whose own limit is over
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		w.WriteHeader(http.StatusBadRequest)
	})
	_, server, _, _ := serve(t, mux)
	for path, want := range map[string]string{"/refused": "401", "/cleared": "400", "/nowhere": "404"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			answer, open := dial(t, server, "POST "+path+" HTTP/1.1", 10*time.Second)
			if open || !strings.HasPrefix(answer, "HTTP/1.1 "+want) {
				t.Errorf("open %t, answer %q", open, answer)
			}
		})
	}
}

// TestTheDeadlineOfABodyEndsWithIt proves that no route's limit for the body cuts
// a slow answer to one that came in time, and that the connection serves on.
func TestTheDeadlineOfABodyEndsWithIt(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slow", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // as a route with a limit does
		_, _ = io.ReadAll(r.Body)
		select {
		case <-r.Context().Done():
			http.Error(w, "cut", http.StatusInternalServerError)
		case <-time.After(300 * time.Millisecond):
			_, _ = io.WriteString(w, "fine")
		}
	})
	_, server, _, _ := serve(t, mux)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for range 2 {
		if _, err := fmt.Fprint(conn, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || string(body) != "fine" {
			t.Fatalf("%q, %v", body, err)
		}
	}
}
