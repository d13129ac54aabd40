package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/audit"
	"nexusai/server/budget"
)

// TestAMissingLimitIsSetByTheBudgetAndSaid: a token costs a nano dollar here, so a
// budget of two thousand leaves room for fewer of them.
func TestAMissingLimitIsSetByTheBudgetAndSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("a"), up.Answer("b"), up.Answer("c"))
	w.serve(upstream.URL)
	resp := w.send("/v1/chat/completions", chat+`,"stream":true}`)
	if text(t, resp); resp.StatusCode != 200 || resp.Header.Get("X-Nexus-Max-Output") != "" {
		t.Errorf("without a budget: %d %v", resp.StatusCode, resp.Header)
	}
	_, err := w.budgets.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Daily, Limit: 2_000, Contact: "Ana"})
	w.must(err)
	resp = w.send("/v1/chat/completions", chat+`,"stream":true}`)
	said := resp.Header.Get("X-Nexus-Max-Output")
	text(t, resp)
	sent := upstream.Requests()
	var asked map[string]any
	w.must(json.Unmarshal(sent[len(sent)-1].Body, &asked))
	if limit, ok := asked["max_tokens"].(float64); !ok || limit < 1000 || limit > 1999 || said == "" || !strings.Contains(string(sent[len(sent)-1].Body), said) {
		t.Errorf("said %q, sent %s", said, sent[len(sent)-1].Body)
	}
	resp = w.send("/v1/chat/completions", chat+`,"max_tokens":5}`)
	if text(t, resp); resp.Header.Get("X-Nexus-Max-Output") != "" {
		t.Errorf("its own limit was replaced: %v", resp.Header)
	}
}

// TestARefusalByABudgetSaysWhichWhenAndWhom as a client of OpenAI's sees it.
func TestARefusalByABudgetSaysWhichWhenAndWhom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(up.Serve(t, up.Answer("a")).URL)
	_, err := w.budgets.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Daily, Limit: 1, Contact: "Ana"})
	w.must(err)
	resp := w.send("/v1/chat/completions", chat+`}`)
	body := text(t, resp)
	if resp.StatusCode != 402 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	for _, part := range []string{"daily budget of your organisation", "It begins anew at ", "Ask Ana for more.", "insufficient_quota"} {
		if !strings.Contains(body, part) {
			t.Errorf("%q is not in %s", part, body)
		}
	}
}
