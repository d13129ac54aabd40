package gateway

import (
	"net/http"
	"testing"
	"time"

	"nexusai/server/limit"
)

func TestRatesStandInBothVendorsHeaders(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rated(h, []limit.State{
		{Measure: limit.Requests, Limit: 60, Left: 59, Reset: time.Second},
		{Measure: limit.InputTokens, Limit: 1000, Left: 0, Reset: 6 * time.Minute},
		{Measure: limit.OutputTokens, Limit: 500, Left: 7, Reset: 1500 * time.Millisecond},
	}, now)
	for name, want := range map[string]string{
		"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s",
		"x-ratelimit-limit-tokens": "1000", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s",
		"anthropic-ratelimit-requests-limit": "60", "anthropic-ratelimit-input-tokens-remaining": "0", "anthropic-ratelimit-output-tokens-limit": "500",
		"anthropic-ratelimit-output-tokens-remaining": "7", "anthropic-ratelimit-input-tokens-reset": "2026-01-02T03:10:05Z",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
