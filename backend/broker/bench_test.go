package broker_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/chat"
)

// smallStream answers 20 words at once, as cheaply as it can: what the
// benchmarks compare must not drown in the upstream.
func smallStream(b *testing.B) *up.Upstream {
	b.Helper()
	answer := strings.Repeat(up.Content("word "), 20) + `data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":20}}` + "\n\ndata: [DONE]\n\n"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, answer)
	}))
	b.Cleanup(s.Close)
	return &up.Upstream{URL: s.URL + "/v1", Client: s.Client()}
}

// BenchmarkBareCopy is what a proxy that does nothing pays for the same stream.
func BenchmarkBareCopy(b *testing.B) {
	u := smallStream(b)
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, u.URL+"/chat/completions", bytes.NewReader([]byte(streamed2)))
		if err != nil {
			b.Fatal(err)
		}
		resp, err := u.Client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// BenchmarkForward is the same stream with all that the broker does: reading
// the request, choosing, asking the gate, watching what passes, settling.
func BenchmarkForward(b *testing.B) {
	u := smallStream(b)
	broke, err := broker.New(broker.Config{Routes: routes{deploy(b, u, "a", 0), deploy(b, u, "b", 0)}, Gate: &tally{}, Log: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(streamed2)
	b.ReportAllocs()
	for b.Loop() {
		f, err := broke.Forward(b.Context(), broker.ForwardRequest{Surface: chat.Surface{}, Body: body})
		if err != nil {
			b.Fatal(fault.Cause(err))
		}
		_, _ = io.Copy(io.Discard, f.Body)
		f.Body.Close()
	}
}
