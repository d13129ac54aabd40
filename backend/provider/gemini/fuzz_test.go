package gemini_test

import (
	"net/http"
	"testing"
	"time"

	"nexusai/backend/provider/gemini"
	"nexusai/backend/provider/providertest"
)

func FuzzStream(f *testing.F) { providertest.Fuzz(f, adapter()) }

func FuzzFailureNeverPanics(f *testing.F) {
	for _, e := range refusals() {
		f.Add(e.Status, "7", []byte(e.Body))
	}
	f.Add(429, "Fri, 20 Nov 2026 12:00:30 GMT", []byte(`{"error":{"message":["a"],"details":[{"retryDelay":"-9s"}]}}`))
	f.Fuzz(func(t *testing.T, status int, wait string, body []byte) {
		header := http.Header{"Retry-After": {wait}, "Anthropic-Ratelimit-Tokens-Remaining": {"0"}, "Anthropic-Ratelimit-Tokens-Reset": {wait}}
		got := gemini.Failure(status, header, body, time.Unix(1, 0))
		if got.Code == "" || got.Safe == "" || got.RetryAfter < 0 || got.RetryAfter > time.Hour {
			t.Errorf("got %+v", got)
		}
	})
}
