package fleet_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/backend/provider/gauge"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/audit"
)

// TestTheLoadOfAnEngineReachesTheBroker: what a vLLM says of itself is in the
// deployment, and a hosted provider's is not asked for.
func TestTheLoadOfAnEngineReachesTheBroker(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, []up.Act{func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" && r.Header.Get("Authorization") == "Bearer sk-engine-1" {
			_, _ = io.WriteString(w, "vllm:num_requests_waiting{model_name=\"m\"} 3.0\nvllm:kv_cache_usage_perc{model_name=\"m\"} 0.5\n")
			return
		}
		http.NotFound(w, r)
	}})
	w := newWorld(t, "127.0.0.0/8")
	board, err := gauge.New(gauge.Config{Log: slog.New(slog.DiscardHandler), Every: 10 * time.Millisecond, Timeout: 10 * time.Second})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = board.Run(ctx) }) // it returns nil when ctx ends
	t.Cleanup(func() { cancel(); done.Wait() })
	w.fleet.Gauges = board

	engine := input("Engine", u.URL, "sk-engine-1", "m")
	engine.Kind = ptr("vllm")
	_, err = w.fleet.Create(t.Context(), w.tenant, audit.Operator, engine)
	w.must(err)
	_, err = w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("Hosted", u.URL, "sk-hosted-1", "h"))
	w.must(err)
	one := func(model string) broker.Deployment {
		route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: model, Need: broker.CanChat})
		w.must(err)
		if len(route.Deployments) != 1 {
			t.Fatalf("%d deployments of %s", len(route.Deployments), model)
		}
		return route.Deployments[0]
	}
	load := one("m").Metrics
	if load == nil {
		t.Fatal("nobody looks at the engine")
	}
	w.within(10*time.Second, "the load is known", func() bool {
		waiting, cache, ok := load.Load()
		return ok && waiting == 3 && cache == 0.5
	})
	if one("h").Metrics != nil {
		t.Error("a hosted provider is asked for its load")
	}
	for _, r := range u.Requests() {
		if strings.Contains(r.Header.Get("Authorization"), "hosted") {
			t.Errorf("%s was asked with another provider's key", r.Path)
		}
	}
}

// TestWhatAPictureCostsIsKnown: more than bounds count has to be held, too.
func TestWhatAPictureCostsIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.openai.com/v1", "k-123456", "gpt-4o-mini"))
	w.must(err)
	route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: "gpt-4o-mini", Need: broker.CanChat})
	w.must(err)
	if n := route.Deployments[0].ImageTokens; n != 48_169 {
		t.Errorf("a picture costs at most %d tokens", n)
	}
}

// TestAWeakModelIsMarked: the broker must translate its tools.
func TestAWeakModelIsMarked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1", "k-123456", "qwen2.5-coder-1.5b", "gpt-4o"))
	w.must(err)
	for model, want := range map[string]bool{"qwen2.5-coder-1.5b": true, "gpt-4o": false} {
		route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: model, Need: broker.CanChat})
		w.must(err)
		if s := route.Deployments[0].Skills; s.ForcedTools != want || !s.Tools {
			t.Errorf("%s: %+v", model, s)
		}
	}
}

// TestAModelOfOneWireIsAskedOnIt: chats of other surfaces are translated, not
// passed on to an address that does not know it.
func TestAModelOfOneWireIsAskedOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.openai.com/v1", "k-123456", "o1-pro", "gpt-4o"))
	w.must(err)
	for model, want := range map[string]bool{"o1-pro": false, "gpt-4o": true} {
		route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: model, Need: broker.CanChat})
		w.must(err)
		if d := route.Deployments[0]; d.Forwarder.Speaks(llm.OpenAIChat) != want || !d.Forwarder.Speaks(llm.OpenAIResponses) {
			t.Errorf("%s speaks chat completions: %v", model, !want)
		}
	}
}

// TestWhatAModelIsForIsKnown: nobody need say that a reranker reranks.
func TestWhatAModelIsForIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1", "k-123456"))
	w.must(err)
	for model, want := range map[string]string{
		"BAAI/bge-reranker-v2-m3": "rerank", "text-embedding-3-small": "embedding", "whisper-1": "transcription", "tts-1": "speech", "gpt-4o": "chat", "my-own": "chat",
	} {
		d, err := w.fleet.AddDeployment(t.Context(), w.tenant, audit.Operator, httpapi.NewDeployment{ProviderID: p.ID, Model: model})
		if err != nil || d.Kind != want {
			t.Errorf("%s is for %q, want %q: %v", model, d.Kind, want, err)
		}
	}
}
