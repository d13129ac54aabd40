package calllog

import (
	"nexusai/server/jsonline"
	"nexusai/server/ledger"
)

const callColumns = `tenant_id, at, id, surface, operation, model, deployment, user_id, key_id, conversation_id, streamed,
    state, error_code, input_tokens, output_tokens, cached_tokens, estimated, latency_ms, first_ms,
    cost_nano_usd, unpriced, attempts, request_id, contents, contents_until`

// row appends the call as the columns of inference_log have it.
func (c *Call) row(dst []byte) []byte {
	u := c.Usage
	return jsonline.Open(dst).
		Text("tenant_id", c.TenantID).Time("at", c.At).Text("id", c.ID).
		Text("surface", c.Surface).Text("operation", c.Operation).Text("model", c.Model).Text("deployment", c.Deployment).
		TextOrNull("user_id", c.UserID).TextOrNull("key_id", c.KeyID).TextOrNull("conversation_id", c.ConversationID).
		Bool("streamed", c.Streamed).Text("state", string(c.State)).Text("error_code", c.ErrorCode).
		Int("input_tokens", int64(u.Input)).Int("output_tokens", int64(u.Output)).Int("cached_tokens", int64(u.Cached)).Bool("estimated", u.Estimated).
		Int("latency_ms", c.Latency.Milliseconds()).Int("first_ms", c.First.Milliseconds()).
		Int("cost_nano_usd", c.Cost).Bool("unpriced", c.Unpriced).Int("attempts", int64(c.Attempts)).Text("request_id", c.RequestID).
		Text("contents", c.Contents).TimeIf("contents_until", c.ContentsUntil).
		Close()
}

const attemptColumns = `tenant_id, at, call_id, attempt, deployment, name, provider, provider_key, model, lane, reason, started_at,
    first_ms, latency_ms, finish, error_code, provider_request, rescued, hedged, losses,
    input_tokens, cached_tokens, cache_write_tokens, cache_hour_tokens, audio_in_tokens, output_tokens, reasoning_tokens, audio_out_tokens,
    images, characters, sound_ms, searches, estimated, max_output, reserved_nano_usd, cost_nano_usd, unpriced, price_version`

// row appends the attempt at c as the columns of inference_attempt have it.
func (a *Attempt) row(dst []byte, c *Call, refs ledger.Refs) []byte {
	started, first, u := a.Started, int64(0), a.Usage
	if started.IsZero() {
		started = c.At
	}
	if !a.FirstToken.IsZero() {
		first = max(a.FirstToken.Sub(a.Started).Milliseconds(), 1)
	}
	return jsonline.Open(dst).
		Text("tenant_id", c.TenantID).Time("at", c.At).Text("call_id", c.ID).Int("attempt", int64(a.N)).
		Text("deployment", a.Deployment).Text("name", a.Name).Text("provider", a.Provider).Text("provider_key", a.Key).Text("model", a.Model).
		Text("lane", a.Lane).Text("reason", a.Reason).Time("started_at", started).
		Int("first_ms", first).Int("latency_ms", max(a.Ended.Sub(a.Started).Milliseconds(), 0)).
		Text("finish", string(a.Finish)).Text("error_code", string(a.Code)).Text("provider_request", a.RequestID).
		Bool("rescued", a.Rescued).Bool("hedged", a.Hedged).Texts("losses", a.Losses).
		Int("input_tokens", int64(u.Input)).Int("cached_tokens", int64(u.Cached)).Int("cache_write_tokens", int64(u.CacheWrite)).
		Int("cache_hour_tokens", int64(u.CacheHour)).Int("audio_in_tokens", int64(u.AudioIn)).
		Int("output_tokens", int64(u.Output)).Int("reasoning_tokens", int64(u.Reasoning)).Int("audio_out_tokens", int64(u.AudioOut)).
		Int("images", int64(u.Images)).Int("characters", int64(u.Characters)).Int("sound_ms", u.Millis).Int("searches", int64(u.Searches)).
		Bool("estimated", u.Estimated).Int("max_output", int64(a.Limit)).Int("reserved_nano_usd", a.Reserved).Int("cost_nano_usd", a.Cost).
		Bool("unpriced", a.unpriced()).Text("price_version", refs.Of(a.Price)).
		Close()
}

// rows are the calls and their attempts as JSON lists.
func rows(calls []*Call) (callData, attemptData []byte) {
	callData, attemptData = []byte("["), []byte("[")
	refs := ledger.Refs{}
	for _, c := range calls {
		callData = append(c.row(callData), ',')
		for i := range c.Tries {
			attemptData = append(c.Tries[i].row(attemptData, c, refs), ',')
		}
	}
	return jsonline.CloseList(callData), jsonline.CloseList(attemptData)
}
