package gauge_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/provider/gauge"
)

// vllm is as vLLM 0.11 writes it, with two engines in one server.
const vllm = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a{b}\"c"} 3.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting{engine="1",model_name="m"} 5.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
vllm:e2e_request_latency_seconds_bucket{le="+Inf"} 10.0
`

const llama = `# HELP llamacpp:requests_processing Number of requests processing.
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 2
llamacpp:requests_deferred 4
`

// machine is an engine in memory.
type machine struct {
	metrics, slots string
	asked          atomic.Int32
	gone           atomic.Bool
	key            atomic.Value
}

func (m *machine) RoundTrip(r *http.Request) (*http.Response, error) {
	m.asked.Add(1)
	m.key.Store(r.Header.Get("Authorization"))
	body, status := "", http.StatusNotFound
	switch {
	case m.gone.Load():
	case r.URL.Path == "/metrics" && m.metrics != "":
		body, status = m.metrics, http.StatusOK
	case r.URL.Path == "/slots" && m.slots != "":
		body, status = m.slots, http.StatusOK
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// while runs a board for as long as do takes, in the bubble's own time.
func while(t *testing.T, do func(b *gauge.Board)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, err := gauge.New(gauge.Config{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- b.Run(ctx) }()
		do(b)
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}

func TestWhatEnginesSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		machine *machine
		waiting int
		cache   float64
		ok      bool
	}{
		"vllm":                {&machine{metrics: vllm}, 7, 0.75, true},
		"llama.cpp":           {&machine{metrics: llama, slots: `[{"id":0,"is_processing":true},{"id":1,"is_processing":true},{"id":2,"is_processing":false},{"id":3,"is_processing":false}]`}, 4, 0.5, true},
		"llama.cpp, no slots": {&machine{metrics: llama}, 4, 0, true},
		"older llama.cpp":     {&machine{metrics: llama + "llamacpp:kv_cache_usage_ratio 0.3\n"}, 4, 0.3, true},
		"sglang":              {&machine{metrics: "sglang:num_queue_reqs{model_name=\"m\"} 1\nsglang:token_usage 0.9\n"}, 1, 0.9, true},
		"nonsense":            {&machine{metrics: "vllm:num_requests_waiting NaN\nvllm:num_requests_waiting -4\nvllm:kv_cache_usage_perc 9\nvllm:num_requests_waiting 1e300\n"}, 1 << 20, 1, true},
		"another server":      {&machine{metrics: "go_goroutines 7\n"}, 0, 0, false},
		"no metrics":          {&machine{}, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			while(t, func(b *gauge.Board) {
				g := b.Of(gauge.Engine{BaseURL: "http://engine:8000/v1", Key: "sk-secret", HTTP: &http.Client{Transport: c.machine}})
				if _, _, ok := g.Load(); ok {
					t.Error("known before anybody looked")
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				waiting, cache, ok := g.Load()
				if waiting != c.waiting || cache != c.cache || ok != c.ok {
					t.Errorf("%d waiting, cache %v, %v", waiting, cache, ok)
				}
				if c.machine.key.Load() != "Bearer sk-secret" {
					t.Errorf("asked with %v", c.machine.key.Load())
				}
			})
		})
	}
}

func TestWhatIsOldIsNotKnown(t *testing.T) {
	t.Parallel()
	while(t, func(b *gauge.Board) {
		m := &machine{metrics: vllm}
		g := b.Of(gauge.Engine{BaseURL: "http://engine/v1", HTTP: &http.Client{Transport: m}})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, _, ok := g.Load(); !ok {
			t.Fatal("not seen")
		}
		if b.Of(gauge.Engine{BaseURL: "http://engine/v1", HTTP: &http.Client{Transport: m}}) != g {
			t.Error("the same engine has another gauge")
		}
		if b.Of(gauge.Engine{BaseURL: "http://engine/v1", Key: "another", HTTP: &http.Client{Transport: m}}) == g {
			t.Error("another key has the same gauge")
		}
		m.gone.Store(true)
		time.Sleep(7 * time.Second)
		synctest.Wait()
		if _, _, ok := g.Load(); !ok {
			t.Error("forgotten at once")
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if _, _, ok := g.Load(); ok {
			t.Error("old news counts")
		}
	})
}

func TestNobodyLooksAtWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	while(t, func(b *gauge.Board) {
		m := &machine{metrics: vllm}
		g := b.Of(gauge.Engine{BaseURL: "http://engine/v1", HTTP: &http.Client{Transport: m}})
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		before := m.asked.Load()
		time.Sleep(time.Hour)
		synctest.Wait()
		if before < 100 || m.asked.Load() != before {
			t.Errorf("asked %d times, then %d more", before, m.asked.Load()-before)
		}
		if _, _, ok := g.Load(); ok {
			t.Error("old news counts")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, _, ok := g.Load(); !ok {
			t.Error("nobody looks although it is used again")
		}
	})
}
