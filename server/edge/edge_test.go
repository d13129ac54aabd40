package edge_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"nexusai/server/edge"
)

func serve(t *testing.T, mux *http.ServeMux) (*edge.Edge, *httptest.Server, *prometheus.Registry, *strings.Builder) {
	t.Helper()
	var log strings.Builder
	registry := prometheus.NewRegistry()
	e, err := edge.New(edge.Config{Log: slog.New(edge.Handler{Handler: slog.NewJSONHandler(&log, nil)}), Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e.Wrap(mux))
	t.Cleanup(server.Close)
	return e, server, registry, &log
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp, err.Error()
	}
	return resp, string(body)
}

func TestAPanicIsOneRequestsProblem(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /early", func(http.ResponseWriter, *http.Request) { panic("hunter2") })
	mux.HandleFunc("GET /late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("hunter2")
	})
	_, server, registry, log := serve(t, mux)
	resp, body := get(t, server.URL+"/early", "X-Request-Id", "from-a-proxy")
	if resp.StatusCode != 500 || strings.Contains(body, "hunter2") || !strings.Contains(body, "from-a-proxy") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if !strings.Contains(log.String(), "hunter2") || !strings.Contains(log.String(), `"request_id":"from-a-proxy"`) {
		t.Errorf("log: %s", log)
	}
	if resp, body := get(t, server.URL+"/late"); resp != nil && body == "half" {
		t.Error("half an answer looks whole")
	}
	if n, err := testutil.GatherAndCount(registry, "nexus_http_request_seconds"); err != nil || n != 2 {
		t.Errorf("%d series, %v", n, err)
	}
}

func TestDraining(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	entered, leave := make(chan struct{}), make(chan struct{})
	mux.HandleFunc("GET /slow", func(http.ResponseWriter, *http.Request) { close(entered); <-leave })
	mux.HandleFunc("GET /quick", func(http.ResponseWriter, *http.Request) {})
	e, server, _, _ := serve(t, mux)
	var database error
	e.MountHealth(mux, func(context.Context) error { return database })
	slow := make(chan int, 1)
	go func() {
		resp, _ := get(t, server.URL+"/slow")
		slow <- resp.StatusCode
	}()
	<-entered
	if resp, _ := get(t, server.URL+"/readyz"); resp.StatusCode != 200 {
		t.Errorf("ready: %d", resp.StatusCode)
	}
	database = errors.New("away")
	if resp, body := get(t, server.URL+"/readyz"); resp.StatusCode != 503 || !strings.Contains(body, "database") {
		t.Errorf("without a database: %d %s", resp.StatusCode, body)
	}
	e.Drain()
	if resp, _ := get(t, server.URL+"/quick"); resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "5" {
		t.Errorf("a new request: %d %v", resp.StatusCode, resp.Header)
	}
	if resp, body := get(t, server.URL+"/readyz"); resp.StatusCode != 503 || !strings.Contains(body, "draining") {
		t.Errorf("readiness: %d %s", resp.StatusCode, body)
	}
	if resp, _ := get(t, server.URL+"/healthz"); resp.StatusCode != 200 {
		t.Errorf("health: %d", resp.StatusCode)
	}
	close(leave)
	if status := <-slow; status != 200 {
		t.Errorf("the request in flight got %d", status)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	var seen string
	mux.HandleFunc("GET /", func(_ http.ResponseWriter, r *http.Request) { seen = edge.RequestID(r.Context()) })
	_, server, _, _ := serve(t, mux)
	for given, kept := range map[string]bool{"abc-123_x.Y": true, "short": false, "bad id with spaces": false, strings.Repeat("x", 65): false, "": false} {
		resp, _ := get(t, server.URL+"/", "X-Request-Id", given)
		got := resp.Header.Get("X-Request-Id")
		if got == "" || got != seen || (got == given) != kept {
			t.Errorf("given %q: header %q, context %q", given, got, seen)
		}
	}
}

func TestAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /words", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "no-cache") })
	_, server, _, _ := serve(t, mux)
	for path, want := range map[string]string{"/words": "no-store", "/nowhere": "no-store", "/file": "no-cache"} {
		resp, _ := get(t, server.URL+path)
		if got := resp.Header.Get("Cache-Control"); got != want || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
}

// TestWriteDeadlineOfAnEarlierRequest proves that a deadline which a stream left
// on the connection does not cut the next answer.
func TestWriteDeadlineOfAnEarlierRequest(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("x"))
		_ = http.NewResponseController(w).Flush()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second))
	})
	mux.HandleFunc("GET /next", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fine")) })
	_, server, _, _ := serve(t, mux)
	for range 3 {
		get(t, server.URL+"/stream")
		if _, body := get(t, server.URL+"/next"); body != "fine" {
			t.Fatalf("got %q", body)
		}
	}
}
