package calllog

import "time"

// callRow is a call as the columns of inference_log have it.
type callRow struct {
	TenantID       string    `json:"tenant_id"`
	At             time.Time `json:"at"`
	ID             string    `json:"id"`
	Surface        string    `json:"surface"`
	Operation      string    `json:"operation"`
	Model          string    `json:"model"`
	Deployment     string    `json:"deployment"`
	UserID         *string   `json:"user_id"`
	KeyID          *string   `json:"key_id"`
	ConversationID *string   `json:"conversation_id"`
	Streamed       bool      `json:"streamed"`
	State          State     `json:"state"`
	ErrorCode      string    `json:"error_code"`
	Input          int       `json:"input_tokens"`
	Output         int       `json:"output_tokens"`
	Cached         int       `json:"cached_tokens"`
	Estimated      bool      `json:"estimated"`
	Latency        int64     `json:"latency_ms"`
	First          int64     `json:"first_ms"`
	Cost           int64     `json:"cost_nano_usd"`
	Unpriced       bool      `json:"unpriced"`
	Attempts       int       `json:"attempts"`
	RequestID      string    `json:"request_id"`
	Contents       string    `json:"contents"`
	Until          time.Time `json:"contents_until,omitzero"`
}

const callColumns = `tenant_id, at, id, surface, operation, model, deployment, user_id, key_id, conversation_id, streamed,
    state, error_code, input_tokens, output_tokens, cached_tokens, estimated, latency_ms, first_ms,
    cost_nano_usd, unpriced, attempts, request_id, contents, contents_until`

func (c *Call) row() callRow {
	return callRow{
		TenantID: c.TenantID, At: c.At, ID: c.ID, Surface: c.Surface, Operation: c.Operation, Model: c.Model, Deployment: c.Deployment,
		UserID: orNull(c.UserID), KeyID: orNull(c.KeyID), ConversationID: orNull(c.ConversationID), Streamed: c.Streamed,
		State: c.State, ErrorCode: c.ErrorCode, Input: c.Usage.Input, Output: c.Usage.Output, Cached: c.Usage.Cached,
		Estimated: c.Usage.Estimated, Latency: c.Latency.Milliseconds(), First: c.First.Milliseconds(),
		Cost: c.Cost, Unpriced: c.Unpriced, Attempts: c.Attempts, RequestID: c.RequestID, Contents: c.Contents, Until: c.ContentsUntil,
	}
}

func orNull(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// attemptRow is an attempt as the columns of inference_attempt have it.
type attemptRow struct {
	TenantID   string    `json:"tenant_id"`
	At         time.Time `json:"at"`
	CallID     string    `json:"call_id"`
	N          int       `json:"attempt"`
	Deployment string    `json:"deployment"`
	Name       string    `json:"name"`
	Provider   string    `json:"provider"`
	Key        string    `json:"provider_key"`
	Model      string    `json:"model"`
	Lane       string    `json:"lane"`
	Reason     string    `json:"reason"`
	Started    time.Time `json:"started_at"`
	First      int64     `json:"first_ms"`
	Latency    int64     `json:"latency_ms"`
	Finish     string    `json:"finish"`
	Code       string    `json:"error_code"`
	RequestID  string    `json:"provider_request"`
	Rescued    bool      `json:"rescued"`
	Hedged     bool      `json:"hedged"`
	Losses     []string  `json:"losses"`
	Input      int       `json:"input_tokens"`
	Cached     int       `json:"cached_tokens"`
	CacheWrite int       `json:"cache_write_tokens"`
	CacheHour  int       `json:"cache_hour_tokens"`
	AudioIn    int       `json:"audio_in_tokens"`
	Output     int       `json:"output_tokens"`
	Reasoning  int       `json:"reasoning_tokens"`
	AudioOut   int       `json:"audio_out_tokens"`
	Images     int       `json:"images"`
	Characters int       `json:"characters"`
	Millis     int64     `json:"sound_ms"`
	Searches   int       `json:"searches"`
	Estimated  bool      `json:"estimated"`
	Limit      int       `json:"max_output"`
	Reserved   int64     `json:"reserved_nano_usd"`
	Cost       int64     `json:"cost_nano_usd"`
	Unpriced   bool      `json:"unpriced"`
	Price      string    `json:"price_version"`
}

const attemptColumns = `tenant_id, at, call_id, attempt, deployment, name, provider, provider_key, model, lane, reason, started_at,
    first_ms, latency_ms, finish, error_code, provider_request, rescued, hedged, losses,
    input_tokens, cached_tokens, cache_write_tokens, cache_hour_tokens, audio_in_tokens, output_tokens, reasoning_tokens, audio_out_tokens,
    images, characters, sound_ms, searches, estimated, max_output, reserved_nano_usd, cost_nano_usd, unpriced, price_version`

func (a *Attempt) row(c *Call) attemptRow {
	u := a.Usage
	r := attemptRow{
		TenantID: c.TenantID, At: c.At, CallID: c.ID, N: a.N, Deployment: a.Deployment, Name: a.Name, Provider: a.Provider, Key: a.Key,
		Model: a.Model, Lane: a.Lane, Reason: a.Reason, Started: a.Started, Latency: max(a.Ended.Sub(a.Started).Milliseconds(), 0),
		Finish: string(a.Finish), Code: string(a.Code), RequestID: a.RequestID, Rescued: a.Rescued, Hedged: a.Hedged,
		Losses: append([]string{}, a.Losses...), Input: u.Input, Cached: u.Cached, CacheWrite: u.CacheWrite, CacheHour: u.CacheHour, AudioIn: u.AudioIn,
		Output: u.Output, Reasoning: u.Reasoning, AudioOut: u.AudioOut, Images: u.Images, Characters: u.Characters, Millis: u.Millis,
		Searches: u.Searches, Estimated: u.Estimated, Limit: a.Limit, Reserved: a.Reserved, Cost: a.Cost, Unpriced: a.unpriced(), Price: a.Price.Ref(),
	}
	if r.Started.IsZero() {
		r.Started = c.At
	}
	if !a.FirstToken.IsZero() {
		r.First = max(a.FirstToken.Sub(a.Started).Milliseconds(), 1)
	}
	return r
}
