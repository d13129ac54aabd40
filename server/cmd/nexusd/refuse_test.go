package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"nexusai/server/edge"
)

// TestWhatTheEdgeRefusesIsInItsClientsWords: a draining server and a panic say so
// under /v1 as the official clients expect it.
func TestWhatTheEdgeRefusesIsInItsClientsWords(t *testing.T) {
	t.Parallel()
	e, err := edge.New(edge.Config{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Refuse: refuse})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { panic("x") })
	handler := e.Wrap(mux)
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		return w
	}
	paths := []struct{ path, broken, draining string }{
		{"/v1/chat/completions", `{"error":{"message":"Something went wrong on our side.","type":"server_error","param":null,"code":"internal"}}`, `"code":"unavailable"`},
		{"/v1/messages", `"type":"error","error":{"type":"api_error"`, `"type":"error","error":{"type":"overloaded_error"`},
		{"/api/me", `"code":"internal"`, `"code":"unavailable"`},
	}
	for _, tt := range paths {
		got := ask(tt.path)
		if got.Code != 500 || !strings.Contains(got.Body.String(), tt.broken) || got.Header().Get("X-Request-Id") == "" {
			t.Errorf("%s after a panic: %d %s", tt.path, got.Code, got.Body)
		}
		if tt.path == "/v1/messages" && got.Header().Get("Request-Id") == "" {
			t.Error("Anthropic's clients find no request id")
		}
	}
	e.Drain()
	for _, tt := range paths {
		if got := ask(tt.path); got.Code/100 != 5 || !strings.Contains(got.Body.String(), tt.draining) || got.Header().Get("Retry-After") != "5" {
			t.Errorf("%s while draining: %d %s", tt.path, got.Code, got.Body)
		}
	}
}
