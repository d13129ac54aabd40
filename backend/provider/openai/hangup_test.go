package openai_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
)

// TestAnEngineThatHangsUpGetsNewConnections: a connection that an engine closes
// when it has answered must not swallow the next request. Others keep theirs.
func TestAnEngineThatHangsUpGetsNewConnections(t *testing.T) {
	t.Parallel()
	for dialect, want := range map[string]int{"llama.cpp": 3, "openai": 1} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			callers := map[string]bool{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				callers[r.RemoteAddr] = true
				mu.Unlock()
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}`)
			}))
			t.Cleanup(server.Close)
			d := openai.OpenAI()
			if dialect == "llama.cpp" {
				d = openai.LlamaCPP()
			}
			c, err := openai.New(openai.Config{BaseURL: server.URL + "/v1", Dialect: d, HTTP: server.Client(), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := c.Chat(t.Context(), llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "hi"}}}, nil); err != nil {
					t.Fatal(fault.Cause(err))
				}
			}
			if len(callers) != want {
				t.Errorf("%d connections, want %d", len(callers), want)
			}
		})
	}
}
