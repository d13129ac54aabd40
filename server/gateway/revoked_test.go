package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	up "nexusai/backend/provider/openai/openaitest"
)

// TestARevokedKeyEndsItsStreams proves that a leaked key cannot go on with the
// call that it has open.
func TestARevokedKeyEndsItsStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var upstream *up.Upstream
	upstream = up.Serve(t, []up.Act{up.Head(), up.Say("half"), func(rw http.ResponseWriter, r *http.Request) { upstream.Stall(rw, r) }})
	w.serve(upstream.URL)
	began := time.Now()
	resp := w.send("/v1/chat/completions", chat+`,"stream":true}`)
	close(w.revoked)
	got := text(t, resp)
	if !strings.HasPrefix(got, up.Content("half")) || strings.Contains(got, "[DONE]") || !strings.Contains(got, `"code":"invalid_api_key"`) {
		t.Errorf("got %q", got)
	}
	if !upstream.WaitGone(5 * time.Second) {
		t.Error("the provider goes on")
	}
	if took := time.Since(began); took > 4*time.Second { // a second, and a slow machine
		t.Errorf("ended after %v", took)
	}
	if row, booked := w.row(); row.State != "failed" || row.ErrorCode != "auth.required" || !row.Estimated || row.OutputTokens == 0 || booked != row.CostNanoUSD {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}
