package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"nexusai/backend/httpapi"
)

// TestAnthropicsClientsFindModels walks through the pages as theirs do.
func TestAnthropicsClientsFindModels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.offer("http://127.0.0.1:1/v1", httpapi.ProviderModel{ID: "a", Upstream: "gpt-4o", Kind: "chat"}, httpapi.ProviderModel{ID: "b/c", Upstream: "b", Kind: "chat"},
		httpapi.ProviderModel{ID: "d", Upstream: "d", Kind: "chat"})
	for query, want := range map[string]struct {
		ids  string
		more bool
	}{
		"": {"a b/c d", false}, "?limit=2": {"a b/c", true}, "?limit=2&after_id=b/c": {"d", false}, "?after_id=d": {"", false},
		"?before_id=d&limit=1": {"b/c", true}, "?before_id=b%2Fc&limit=1": {"a", false}, "?limit=3": {"a b/c d", false},
	} {
		resp := w.do(http.MethodGet, "/v1/models"+query, w.tenant, nil, "Anthropic-Version", "2023-06-01")
		var got struct {
			Data    []struct{ Type, ID string }
			HasMore bool    `json:"has_more"`
			First   *string `json:"first_id"`
			Last    *string `json:"last_id"`
		}
		body := text(t, resp)
		if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s is %d %s", query, resp.StatusCode, body)
		}
		ids := []string{}
		for _, m := range got.Data {
			ids = append(ids, m.ID)
		}
		if strings.Join(ids, " ") != want.ids || got.HasMore != want.more {
			t.Errorf("%s is %s", query, body)
		}
		if n := len(ids); n == 0 != (got.First == nil) || (n > 0 && (*got.First != ids[0] || *got.Last != ids[n-1])) {
			t.Errorf("%s begins and ends wrongly: %s", query, body)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=1001", "?limit=x", "?after_id=gone", "?before_id=gone", "?after_id=a&before_id=d"} {
		if resp := w.do(http.MethodGet, "/v1/models"+query, w.tenant, nil, "Anthropic-Version", "2023-06-01"); resp.StatusCode != 400 {
			t.Errorf("%s is %d", query, resp.StatusCode)
		}
	}
	one := text(t, w.do(http.MethodGet, "/v1/models/a", "", nil, "X-Api-Key", w.tenant))
	if !strings.Contains(one, `{"type":"model","id":"a","display_name":"a","created_at":"1970-01-01T00:00:00Z","lifecycle":"active","max_input_tokens":128000}`) {
		t.Errorf("by its key alone: %s", one)
	}
	for path, token := range map[string]string{"/v1/models/a": w.other, "/v1/models/e": w.tenant} {
		resp := w.do(http.MethodGet, path, "", nil, "X-Api-Key", token)
		if got := text(t, resp); resp.StatusCode != 404 || !strings.Contains(got, `"type":"not_found_error"`) {
			t.Errorf("%s is %d %s", path, resp.StatusCode, got)
		}
	}
	if got := text(t, w.do(http.MethodGet, "/v1/models", w.other, nil, "Anthropic-Version", "2023-06-01")); got != `{"data":[],"has_more":false,"first_id":null,"last_id":null}`+"\n" {
		t.Errorf("another tenant sees %s", got)
	}
	if resp := w.do(http.MethodGet, "/v1/models", "", nil, "Anthropic-Version", "2023-06-01"); resp.StatusCode != 401 {
		t.Errorf("nobody is %d", resp.StatusCode)
	}
}
