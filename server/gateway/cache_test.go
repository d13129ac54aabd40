package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	up "nexusai/backend/provider/openai/openaitest"
)

func TestOldAnswersCostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("one"), up.Answer("two"), up.Answer("three"))
	w.serve(upstream.URL)
	const body = `{"model":"fast","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}`
	var first string
	for i, want := range []struct{ ask, state, says string }{
		{"use", "miss", "one"}, {"use", "hit", "one"}, {"off", "off", "two"}, {"", "off", "three"}, {"use", "hit", "one"},
	} {
		resp := w.send("/v1/chat/completions", body, "X-Nexus-Cache", want.ask)
		got := text(t, resp)
		if resp.StatusCode != 200 || resp.Header.Get("X-Nexus-Cache") != want.state || !strings.Contains(got, want.says) || !strings.HasSuffix(got, "data: [DONE]\n\n") {
			t.Errorf("%d: %d %s %s", i, resp.StatusCode, resp.Header.Get("X-Nexus-Cache"), got)
		}
		if first == "" {
			first = got
		}
		if want.says == "one" && got != first {
			t.Errorf("%d: the bytes differ: %s", i, got)
		}
	}
	if n := len(upstream.Requests()); n != 3 {
		t.Errorf("the provider was asked %d times", n)
	}
	if resp := w.do("POST", "/v1/chat/completions", w.other, strings.NewReader(body), "X-Nexus-Cache", "use"); resp.StatusCode != 404 {
		t.Errorf("another tenant gets %d %s", resp.StatusCode, text(t, resp))
	}
	const count = `
		select count(*) from inference_attempt a join inference_log l on l.tenant_id = a.tenant_id and l.id = a.call_id
		where a.provider = 'cache' and a.price_version like 'cache#%' and a.cost_nano_usd = 0 and a.output_tokens = 1
		  and l.cost_nano_usd = 0 and l.deployment = 'cache' and l.output_tokens = 1`
	for range 500 { // the log is written behind the answers
		var n int
		w.must(w.db.TenantRead(t.Context(), w.tenant, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), count).Scan(&n) }))
		if n == 2 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the two answers are not in the log as they should be")
}
