package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	up "nexusai/backend/provider/openai/openaitest"
)

type shape struct {
	Error struct {
		Message, Type string
		Param, Code   *string
	}
}

func TestErrorsHaveTheShapeOfOpenAIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Reply(429, `{"error":{"message":"slow down upstream-key"}}`, "Retry-After", "7"))
	w.serve(upstream.URL)
	const good = `{"model":"fast","messages":[{"role":"user","content":"x"}]}`
	for _, tt := range []struct {
		name, method, path, token, body string
		status                          int
		code                            string
	}{
		{"no key", "POST", "/v1/chat/completions", "", good, 401, "invalid_api_key"},
		{"bad key", "GET", "/v1/models", "nonsense", "", 401, "invalid_api_key"},
		{"no key for one model", "GET", "/v1/models/fast", "", "", 401, "invalid_api_key"},
		{"no key for embeddings", "POST", "/v1/embeddings", "", `{}`, 401, "invalid_api_key"},
		{"no key for nothing", "GET", "/v1/elsewhere", "", "", 401, "invalid_api_key"},
		{"without the scope", "GET", "/v1/models", w.tenant + "-poor", "", 403, "insufficient_permissions"},
		{"unknown model", "POST", "/v1/chat/completions", w.tenant, `{"model":"gpt-99","messages":[{"role":"user","content":"x"}]}`, 404, "model_not_found"},
		{"another tenant's model", "POST", "/v1/chat/completions", w.other, good, 404, "model_not_found"},
		{"another tenant's model by id", "GET", "/v1/models/fast", w.other, "", 404, "model_not_found"},
		{"unknown model by id", "GET", "/v1/models/a/b", w.tenant, "", 404, "model_not_found"},
		{"unknown path", "GET", "/v1/elsewhere", w.tenant, "", 404, "unknown_url"},
		{"wrong method", "DELETE", "/v1/models", w.tenant, "", 404, "unknown_url"},
		{"malformed", "POST", "/v1/chat/completions", w.tenant, `{"model":`, 400, ""},
		{"not an object", "POST", "/v1/chat/completions", w.tenant, `[1]`, 400, ""},
		{"empty body", "POST", "/v1/chat/completions", w.tenant, ``, 400, ""},
		{"invalid UTF-8", "POST", "/v1/chat/completions", w.tenant, "{\"model\":\"fast\xff\"}", 400, ""},
		{"model of a wrong type", "POST", "/v1/chat/completions", w.tenant, `{"model":7}`, 400, ""},
		{"no model", "POST", "/v1/chat/completions", w.tenant, `{"messages":[]}`, 400, ""},
		{"no messages", "POST", "/v1/chat/completions", w.tenant, `{"model":"fast"}`, 400, ""},
		{"messages of a wrong type", "POST", "/v1/chat/completions", w.tenant, `{"model":"fast","messages":"hi"}`, 400, ""},
		{"message without role", "POST", "/v1/chat/completions", w.tenant, `{"model":"fast","messages":[{"content":"x"}]}`, 400, ""},
		{"nothing to embed", "POST", "/v1/embeddings", w.tenant, `{"model":"embed","input":""}`, 400, ""},
		{"embed null", "POST", "/v1/embeddings", w.tenant, `{"model":"embed","input":[null]}`, 400, ""},
		{"embed an empty list", "POST", "/v1/embeddings", w.tenant, `{"model":"embed","input":[]}`, 400, ""},
		{"unknown encoding", "POST", "/v1/embeddings", w.tenant, `{"model":"embed","input":"a","encoding_format":"hex"}`, 400, ""},
		{"chat with an embedding model", "POST", "/v1/chat/completions", w.tenant, `{"model":"embed","messages":[{"role":"user","content":"x"}]}`, 400, ""},
		{"limited by the provider", "POST", "/v1/chat/completions", w.tenant, good, 429, "rate_limit_exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := w.do(tt.method, tt.path, tt.token, strings.NewReader(tt.body))
			body := text(t, resp)
			var got shape
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%d %s", resp.StatusCode, body)
			}
			code := ""
			if got.Error.Code != nil {
				code = *got.Error.Code
			}
			if resp.StatusCode != tt.status || code != tt.code || got.Error.Message == "" || got.Error.Type == "" || resp.Header.Get("X-Request-Id") == "" {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if strings.Contains(body, "upstream-key") {
				t.Errorf("%s shows a key", body)
			}
			if tt.status == 429 && resp.Header.Get("Retry-After") != "7" {
				t.Errorf("retry-after %q", resp.Header.Get("Retry-After"))
			}
		})
	}
	for _, r := range upstream.Requests() {
		if !strings.Contains(string(r.Body), "vendor/fast-1") {
			t.Errorf("a bad request reached the provider: %s", r.Body)
		}
	}
}

func TestProvidersFailuresAsClientsSeeThem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script []up.Act
		status int
		code   string
	}{
		"context":      {up.Reply(400, `{"error":{"message":"too long","code":"context_length_exceeded"}}`), 400, "context_length_exceeded"},
		"its key":      {up.Reply(401, `{"error":{"message":"bad key upstream-key"}}`), 502, "upstream_refused"},
		"broken":       {up.Reply(500, `oops upstream-key`), 502, "upstream_failed"},
		"no bytes":     {up.Reply(200, ``), 502, "upstream_failed"},
		"its own 400":  {up.Reply(400, `{"error":{"message":"bad temperature","type":"invalid_request_error","param":"temperature","code":null}}`), 400, ""},
		"embeddings":   {up.Reply(500, `{"error":{"code":500,"message":"input (700 tokens) is too large to process","type":"server_error"}}`), 400, "context_length_exceeded"},
		"is loading":   {up.Reply(503, `{"error":{"code":503,"message":"Loading model"}}`, "Retry-After", "9"), 503, "model_not_ready"},
		"cannot reach": {[]up.Act{up.Cut()}, 502, "upstream_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.serve(up.Serve(t, tt.script).URL)
			resp := w.send("/v1/chat/completions", `{"model":"fast","messages":[{"role":"user","content":"x"}]}`)
			body := text(t, resp)
			var got shape
			if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != tt.status {
				t.Fatalf("%d %s", resp.StatusCode, body)
			}
			if tt.code != "" && (got.Error.Code == nil || *got.Error.Code != tt.code) || strings.Contains(body, "upstream-key") {
				t.Errorf("got %s", body)
			}
			if row, _ := w.row(); row.State != "failed" || row.ErrorCode == "" {
				t.Errorf("row %+v", row)
			}
		})
	}
}

func TestModelsAreTheTenantsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("http://127.0.0.1:1/v1")
	if got := text(t, w.do(http.MethodGet, "/v1/models", w.tenant, nil)); !strings.Contains(got, `"id":"fast"`) || !strings.Contains(got, `"object":"list"`) {
		t.Errorf("got %s", got)
	}
	if got := text(t, w.do(http.MethodGet, "/v1/models/fast", w.tenant, nil)); !strings.Contains(got, `"owned_by":"Scripted"`) {
		t.Errorf("got %s", got)
	}
	if got := text(t, w.do(http.MethodGet, "/v1/models", w.other, nil)); !strings.Contains(got, `"data":[]`) {
		t.Errorf("another tenant sees %s", got)
	}
}
