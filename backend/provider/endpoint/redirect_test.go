package endpoint_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// TestARedirectIsFollowedWithTheBody: also one of a provider's, and only as far
// as the client allows.
func TestARedirectIsFollowedWithTheBody(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old/chat" {
			http.Redirect(w, r, server.URL+"/new/chat", http.StatusPermanentRedirect)
			return
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte(r.Method+" "+r.Header.Get("Authorization")+" "), body...))
	}))
	t.Cleanup(server.Close)
	for name, follow := range map[string]error{"followed": nil, "refused": fault.New(fault.Forbidden, "No.", nil)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := endpoint.New("test", endpoint.Config{
				BaseURL: server.URL + "/old", Key: "the key", KeyPrefix: "Bearer ", Log: slog.New(slog.DiscardHandler),
				HTTP: &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return follow }},
				Failure: func(int, http.Header, []byte, time.Time) *fault.Fault {
					return fault.New(fault.UpstreamFailed, "It failed.", nil)
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			resp, err := e.Forward(t.Context(), "/chat", llm.Forward{Body: []byte("hello")}, nil)
			if follow != nil {
				if fault.CodeOf(err) != fault.Forbidden {
					t.Errorf("went on in spite of %v: %v", follow, err)
				}
				return
			}
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			defer resp.Body.Close()
			if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "POST Bearer [redacted] hello" {
				t.Errorf("answered %q, %v", text, err)
			}
		})
	}
}
