package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Trial asks one model once, without a conversation: nothing of it is kept but
// the call in the log. To compare models, send one for each.
type Trial struct {
	Model       string         `json:"model" minLength:"1" maxLength:"200"`
	Messages    []TrialMessage `json:"messages" minItems:"1" maxItems:"200"`
	Temperature *float64       `json:"temperature,omitempty" minimum:"0" maximum:"2"`
	TopP        *float64       `json:"top_p,omitempty" minimum:"0" maximum:"1"`
	MaxTokens   int            `json:"max_tokens,omitempty" minimum:"0" maximum:"1000000" doc:"0: the model's own"`
	Effort      string         `json:"effort,omitempty" enum:"none,minimal,low,medium,high"`
}

// TrialMessage is one turn.
type TrialMessage struct {
	Role string `json:"role" enum:"system,user,assistant"`
	Text string `json:"text" maxLength:"1000000"`
}

// TrialEvent is one event of the answer. The last one has type done or failed.
type TrialEvent struct {
	Type      string       `json:"type" enum:"text,reasoning,done,failed"`
	Text      string       `json:"text,omitempty" doc:"the next piece of the answer or of the model's thought"`
	Outcome   *TrialResult `json:"outcome,omitempty" doc:"with done and failed"`
	Problem   *Problem     `json:"problem,omitempty" doc:"with failed"`
	ElapsedMS int64        `json:"elapsed_ms" doc:"since the request came"`
}

// TrialResult is what the answer took.
type TrialResult struct {
	CallID          string `json:"call_id" doc:"its entry in the log"`
	Deployment      string `json:"deployment,omitempty" doc:"who answered, in words"`
	Finish          string `json:"finish,omitempty" enum:"stop,length,tool_calls,content_filter"`
	FirstMS         int64  `json:"first_token_ms,omitempty"`
	LatencyMS       int64  `json:"latency_ms"`
	InputTokens     int    `json:"input_tokens"`
	CachedTokens    int    `json:"cached_tokens,omitempty"`
	OutputTokens    int    `json:"output_tokens"`
	ReasoningTokens int    `json:"reasoning_tokens,omitempty"`
	Estimated       bool   `json:"estimated,omitempty"`
	CostNanoUSD     int64  `json:"cost_nano_usd"`
	Unpriced        bool   `json:"unpriced,omitempty"`
	Attempts        int    `json:"attempts"`
}

// Playground is implemented by the server.
type Playground interface {
	// Try sends events until the answer is over. An error before the first
	// event is the answer's status; later ones are sent as a failed event.
	Try(ctx context.Context, t Trial, send func(TrialEvent) error) error
}

// RegisterPlayground mounts the group.
func RegisterPlayground(a *API, s Playground) {
	add(a, route{id: "try-model", method: http.MethodPost, path: "/api/playground", tag: "chat", summary: "Ask one model once and stream its answer", needs: UseChat, limit: textLimit, event: eventOf[TrialEvent]()},
		func(_ context.Context, in *body[Trial]) (*huma.StreamResponse, error) {
			return events(a, "try-model", func(ctx context.Context, send func(TrialEvent) error) error { return s.Try(ctx, in.Body, send) }), nil
		})
}
