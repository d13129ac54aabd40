package refusal_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/surface/refusal"
)

func TestEachVendorsClientsFindTheirWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code              fault.Code
		status            int
		openai, anthropic string
		anthropicStatus   int
	}{
		{fault.Unauthenticated, 401, "invalid_api_key", "authentication_error", 401},
		{fault.Forbidden, 403, "insufficient_permissions", "permission_error", 403},
		{fault.ModelUnknown, 404, "model_not_found", "not_found_error", 404},
		{fault.BadRequest, 400, "", "invalid_request_error", 400},
		{fault.TooLarge, 413, "request_too_large", "request_too_large", 413},
		{fault.RateLimited, 429, "rate_limit_exceeded", "rate_limit_error", 429},
		{fault.QuotaSpent, 402, "insufficient_quota", "billing_error", 402},
		{fault.Unavailable, 503, "unavailable", "overloaded_error", 529},
		{fault.UpstreamFailed, 502, "upstream_failed", "api_error", 502},
		{fault.DiskFull, 507, "disk_full", "api_error", 507},
		{fault.Internal, 500, "internal", "api_error", 500},
		{"egress.refused", 502, "egress.refused", "api_error", 502},
	} {
		f := fault.New(c.code, "Safe words.", errors.New("secret cause")).At("x").WithHint("Do this.")
		var o struct {
			Error struct{ Message, Type, Param, Code string }
		}
		got := refusal.OpenAI(f)
		if err := json.Unmarshal(got.Body, &o); err != nil || got.Status != c.status || o.Error.Code != c.openai || o.Error.Type == "" || o.Error.Param != "x" || !strings.HasSuffix(o.Error.Message, " Do this.") {
			t.Errorf("%s is %d %s", c.code, got.Status, got.Body)
		}
		var a struct {
			Type, RequestID string `json:",omitempty"`
			Error           struct{ Type, Message string }
		}
		said := refusal.Anthropic(f, "r1")
		if err := json.Unmarshal(said.Body, &a); err != nil || said.Status != c.anthropicStatus || a.Type != "error" || a.Error.Type != c.anthropic || !strings.Contains(string(said.Body), `"request_id":"r1"`) {
			t.Errorf("%s is %d %s", c.code, said.Status, said.Body)
		}
		if strings.Contains(string(got.Body)+string(said.Body), "secret") {
			t.Errorf("%s shows the cause", c.code)
		}
	}
}
