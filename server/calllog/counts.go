package calllog

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// counts are the figures of /metrics: sums over all tenants, no name of any.
type counts struct {
	calls   *prometheus.CounterVec
	tokens  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	first   *prometheus.HistogramVec
}

func newCounts(into prometheus.Registerer) (*counts, error) {
	buckets := []float64{.01, .03, .1, .3, 1, 3, 10, 30, 100, 300}
	c := &counts{
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

func (c *counts) ended(call *Call) {
	c.calls.WithLabelValues(call.Surface, call.Operation, string(call.State)).Inc()
	c.tokens.WithLabelValues(call.Surface, "input").Add(float64(max(call.Usage.Input, 0)))
	c.tokens.WithLabelValues(call.Surface, "output").Add(float64(max(call.Usage.Output, 0)))
	c.seconds.WithLabelValues(call.Surface, call.Operation).Observe(call.Latency.Seconds())
	if call.First > 0 {
		c.first.WithLabelValues(call.Surface).Observe(call.First.Seconds())
	}
}
