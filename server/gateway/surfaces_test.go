package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	up "nexusai/backend/provider/openai/openaitest"
)

const (
	message  = `{"model":"fast","max_tokens":9,"messages":[{"role":"user","content":"hi"}]`
	lossy    = `{"model":"fast","max_tokens":9,"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"hi"}]}`
	respond  = `{"model":"fast","input":"hi"`
	complete = `{"model":"fast","prompt":"hi","max_tokens":9}`
)

// TestEveryChatSurfaceReachesAChatProvider: the provider speaks chat
// completions alone.
func TestEveryChatSurfaceReachesAChatProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(up.Serve(t, up.Answer("Olá", " mundo")).URL)
	for _, tt := range []struct{ path, body, want, loss string }{
		{"/v1/messages", message + `}`, `"content":[{"type":"text","text":"Olá mundo"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,`, ""},
		{"/v1/messages", message + `,"stream":true}`, `"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":3,`, ""},
		{"/v1/messages", lossy, `"text":"Olá mundo"`, "system.0.cache_control"},
		{"/v1/responses", respond + `}`, `"text":"Olá mundo","annotations"`, ""},
		{"/v1/responses", respond + `,"stream":true}`, "event: response.completed\n", ""},
	} {
		resp := w.send(tt.path, tt.body)
		got := text(t, resp)
		if resp.StatusCode != 200 || !strings.Contains(got, tt.want) || resp.Header.Get("X-Nexus-Loss") != tt.loss || resp.Header.Get("Request-Id") != resp.Header.Get("X-Request-Id") {
			t.Errorf("%s %s is %d %v\n%s", tt.path, tt.body, resp.StatusCode, resp.Header, got)
		}
	}
}

func TestStrictRefusesWhatWouldBeLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("a"))
	w.serve(upstream.URL)
	resp := w.send("/v1/messages", lossy, "X-Nexus-Strict", "1")
	if got := text(t, resp); resp.StatusCode != 400 || !strings.Contains(got, `"type":"invalid_request_error"`) || len(upstream.Requests()) != 0 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	if resp := w.send("/v1/messages", message+`}`, "X-Nexus-Strict", "1"); resp.StatusCode != 200 {
		t.Errorf("what loses nothing is %d", resp.StatusCode)
	}
}

func TestAnthropicsClientsFindTheirWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(up.Serve(t, up.Reply(429, `{"error":{"message":"slow down upstream-key"}}`, "Retry-After", "7")).URL)
	good := message + `}`
	for _, tt := range []struct {
		name, path, token, body string
		status                  int
		kind                    string
	}{
		{"no key", "/v1/messages", "", good, 401, "authentication_error"},
		{"no key to count", "/v1/messages/count_tokens", "", good, 401, "authentication_error"},
		{"without the scope", "/v1/messages", w.tenant + "-poor", good, 403, "permission_error"},
		{"unknown model", "/v1/messages", w.tenant, strings.Replace(good, "fast", "claude-9", 1), 404, "not_found_error"},
		{"another tenant's model", "/v1/messages", w.other, good, 404, "not_found_error"},
		{"another tenant's model to count", "/v1/messages/count_tokens", w.other, good, 404, "not_found_error"},
		{"unknown path", "/v1/messages/batches", w.tenant, good, 404, "not_found_error"},
		{"malformed", "/v1/messages", w.tenant, `{"model":`, 400, "invalid_request_error"},
		{"no messages", "/v1/messages", w.tenant, `{"model":"fast"}`, 400, "invalid_request_error"},
		{"limited by the provider", "/v1/messages", w.tenant, good, 429, "rate_limit_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := w.do(http.MethodPost, tt.path, tt.token, strings.NewReader(tt.body))
			body := text(t, resp)
			var got struct {
				Type      string
				Error     struct{ Type, Message string }
				RequestID string `json:"request_id"`
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || got.Type != "error" || got.Error.Type != tt.kind || got.Error.Message == "" || resp.StatusCode != tt.status || got.RequestID != resp.Header.Get("Request-Id") {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if strings.Contains(body, "upstream-key") || (tt.status == 429 && resp.Header.Get("Retry-After") != "7") {
				t.Errorf("%v %s", resp.Header, body)
			}
		})
	}
}

// TestNobodyElseMayAsk tries each operation without a key and with another
// tenant's.
func TestNobodyElseMayAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("a"))
	w.serve(upstream.URL)
	form := "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nfast\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nx\r\n--b--\r\n"
	for path, body := range map[string]string{
		"/v1/chat/completions": chat + `}`, "/v1/completions": complete, "/v1/responses": respond + `}`, "/v1/messages": message + `}`, "/v1/messages/count_tokens": message + `}`,
		"/v1/embeddings": `{"model":"embed","input":"a"}`, "/v1/rerank": `{"model":"fast","query":"q","documents":["a"]}`,
		"/v1/audio/transcriptions": form, "/v1/audio/speech": `{"model":"fast","input":"a","voice":"v"}`,
	} {
		for token, want := range map[string]int{"": 401, "nonsense": 401, w.other: 404, w.tenant + "-poor": 403} {
			resp := w.do(http.MethodPost, path, token, strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=b")
			if got := text(t, resp); resp.StatusCode != want {
				t.Errorf("%s with %q is %d %s", path, token, resp.StatusCode, got)
			}
		}
	}
	if n := len(upstream.Requests()); n != 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}

func TestAKeyMayComeAsXAPIKeyAndOnlyOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(up.Serve(t, up.Answer("a")).URL)
	for name, tt := range map[string]struct {
		token  string
		header []string
		want   int
	}{
		"x-api-key":       {"", []string{"X-Api-Key", w.tenant}, 200},
		"twice the same":  {w.tenant, []string{"X-Api-Key", w.tenant}, 200},
		"two keys":        {w.tenant, []string{"X-Api-Key", w.other}, 400},
		"a bad x-api-key": {"", []string{"X-Api-Key", "nonsense"}, 401},
	} {
		if resp := w.do(http.MethodPost, "/v1/messages", tt.token, strings.NewReader(message+`}`), tt.header...); resp.StatusCode != tt.want {
			t.Errorf("%s is %d", name, resp.StatusCode)
		}
	}
	for _, name := range []string{"Authorization", "X-Api-Key"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/v1/models", nil)
		w.must(err)
		r.Header[name] = []string{"Bearer " + w.tenant, "Bearer " + w.other}
		resp, err := http.DefaultClient.Do(r)
		w.must(err)
		resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("two of %s are %d", name, resp.StatusCode)
		}
	}
}

func TestCountsTokensByTheStatedRule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("a"))
	w.serve(upstream.URL)
	resp := w.send("/v1/messages/count_tokens", `{"model":"fast","messages":[{"role":"user","content":"12345678"}]}`)
	if got := text(t, resp); got != `{"input_tokens":6}` || len(upstream.Requests()) != 0 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	if row, booked := w.row(); row.Operation != "count_tokens" || row.CostNanoUSD != 0 || booked > 0 {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}
