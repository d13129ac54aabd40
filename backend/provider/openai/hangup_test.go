package openai_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
)

// TestAnEngineThatHangsUpIsAskedAgain: a connection that an engine closes while
// the next request is on its way must not cost that request. A provider that
// bills may have begun to work: the broker decides there, and the log says so.
func TestAnEngineThatHangsUpIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, dialect := range []openai.Dialect{openai.LlamaCPP(), openai.OpenAI()} {
		t.Run(dialect.Name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			var keyed atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, has := r.Header["Idempotency-Key"]; has {
					keyed.Store(true)
				}
				if asked.Add(1) == 2 {
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					conn.Close()
					return
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}`)
			}))
			t.Cleanup(server.Close)
			c, err := openai.New(openai.Config{BaseURL: server.URL + "/v1", Dialect: dialect, HTTP: server.Client(), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			req := llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "hi"}}}
			if _, err := c.Chat(t.Context(), req, nil); err != nil {
				t.Fatal(fault.Cause(err))
			}
			_, err = c.Chat(t.Context(), req, nil)
			again := dialect.Name == "llama.cpp"
			if (err == nil) != again || (asked.Load() == 3) != again {
				t.Errorf("%v after %d requests", fault.Cause(err), asked.Load())
			}
			if keyed.Load() {
				t.Error("a key that nobody made was sent")
			}
		})
	}
}
