package calllog

import (
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// counts are the figures of /metrics: sums over all tenants, no name of any.
type counts struct {
	calls   *prometheus.CounterVec
	tokens  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	first   *prometheus.HistogramVec

	mu    sync.Mutex // guards found
	found map[kind]figures
}

// kind is what calls are counted by; there are a few dozen of them.
type kind struct {
	surface, operation string
	state              State
}

// figures are the metrics of one kind, so that no call looks for them by label.
type figures struct {
	calls, input, output prometheus.Counter
	seconds, first       prometheus.Observer
}

func newCounts(into prometheus.Registerer) (*counts, error) {
	buckets := []float64{.01, .03, .1, .3, 1, 3, 10, 30, 100, 300}
	c := &counts{
		found:   map[kind]figures{},
		calls:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexus_model_calls_total", Help: "Ended model calls."}, []string{"surface", "operation", "state"}),
		tokens:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexus_model_tokens_total", Help: "Tokens of ended model calls."}, []string{"surface", "direction"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "nexus_model_call_seconds", Help: "Time to the end of a model call.", Buckets: buckets}, []string{"surface", "operation"}),
		first:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "nexus_model_first_token_seconds", Help: "Time to the first token of a streamed call.", Buckets: buckets}, []string{"surface"}),
	}
	if into == nil {
		return c, nil
	}
	for _, one := range []prometheus.Collector{c.calls, c.tokens, c.seconds, c.first} {
		if err := into.Register(one); err != nil {
			return nil, fmt.Errorf("register call metrics: %w", err)
		}
	}
	return c, nil
}

// of finds the figures of a kind.
func (c *counts) of(k kind) figures {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.found[k]
	if !ok {
		f = figures{
			calls: c.calls.WithLabelValues(k.surface, k.operation, string(k.state)),
			input: c.tokens.WithLabelValues(k.surface, "input"), output: c.tokens.WithLabelValues(k.surface, "output"),
			seconds: c.seconds.WithLabelValues(k.surface, k.operation), first: c.first.WithLabelValues(k.surface),
		}
		c.found[k] = f
	}
	return f
}

func (c *counts) ended(call *Call) {
	f := c.of(kind{call.Surface, call.Operation, call.State})
	f.calls.Inc()
	f.input.Add(float64(max(call.Usage.Input, 0)))
	f.output.Add(float64(max(call.Usage.Output, 0)))
	f.seconds.Observe(call.Latency.Seconds())
	if call.First > 0 {
		f.first.Observe(call.First.Seconds())
	}
}
