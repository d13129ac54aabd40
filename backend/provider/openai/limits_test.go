package openai_test

import (
	"net/http"
	"testing"
	"time"

	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
)

func TestLimitsAreRead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"1s": time.Second, "6m0s": 6 * time.Minute, "20ms": 20 * time.Millisecond, "7.5": 7500 * time.Millisecond, "60": time.Minute,
		"2026-11-20T12:00:09Z": 9 * time.Second, "1795176005": 5 * time.Second, "1795176005250": 5250 * time.Millisecond,
		"": 0, "soon": 0, "-5": 0, "NaN": 0, "1e300": 0, "99h": endpoint.MaxWait, "2020-01-01T00:00:00Z": 0,
	} {
		h := http.Header{}
		h.Set("X-Ratelimit-Limit-Requests", "100")
		h.Set("X-Ratelimit-Remaining-Requests", "3")
		h.Set("X-Ratelimit-Reset-Requests", text)
		got := openai.ReadLimits(h, now)
		if got.Requests != (openai.Allowance{Limit: 100, Left: 3, Reset: want, Said: true}) || got.Tokens.Said {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// FuzzLimits: no header makes us wait for longer than the bound, or backwards.
func FuzzLimits(f *testing.F) {
	for _, s := range []string{"1s", "6m0s", "1795176005", "2026-11-20T12:00:09Z", "-1", "1e17", "9999999999999"} {
		f.Add("0", s, "try again in "+s)
	}
	f.Fuzz(func(t *testing.T, left, reset, text string) {
		h := http.Header{}
		h.Set("X-Ratelimit-Remaining-Tokens", left)
		h.Set("X-Ratelimit-Reset-Tokens", reset)
		if wait := openai.Failure(429, h, []byte(text), time.Unix(1, 0)).RetryAfter; wait < 0 || wait > endpoint.MaxWait {
			t.Errorf("%q, %q: %v", left, reset, wait)
		}
	})
}
