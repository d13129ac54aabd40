package anthropic

import (
	"encoding/json"

	"nexusai/backend/llm"
)

// event is one piece of a stream; Type says which fields count.
type event struct {
	Type         string          `json:"type"`
	Index        int             `json:"index"`
	Message      *message        `json:"message"`
	ContentBlock answerBlock     `json:"content_block"`
	Delta        blockDelta      `json:"delta"`
	Usage        *usage          `json:"usage"`
	Error        json.RawMessage `json:"error"`
}

// blockDelta extends a block (Type set) or ends the message (StopReason).
type blockDelta struct {
	Type         string `json:"type"`
	Text         string `json:"text"`
	Thinking     string `json:"thinking"`
	Signature    string `json:"signature"`
	PartialJSON  string `json:"partial_json"`
	StopReason   string `json:"stop_reason"`
	StopSequence string `json:"stop_sequence"`
}

// message is a whole answer, or the beginning of one.
type message struct {
	Type         string          `json:"type"`
	ID           string          `json:"id"`
	Model        string          `json:"model"`
	Content      []answerBlock   `json:"content"`
	StopReason   string          `json:"stop_reason"`
	StopSequence string          `json:"stop_sequence"`
	Usage        *usage          `json:"usage"`
	InputTokens  *int            `json:"input_tokens"` // the whole of an answer of count_tokens
	Error        json.RawMessage `json:"error"`
}

// answerBlock is one piece of an answer, coming in.
type answerBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Thinking  string          `json:"thinking"`
	Signature string          `json:"signature"`
	Data      string          `json:"data"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
}

// usage has pointers because message_delta repeats some counts and leaves
// others as message_start said them.
type usage struct {
	Input      *int `json:"input_tokens"`
	CacheRead  *int `json:"cache_read_input_tokens"`
	CacheWrite *int `json:"cache_creation_input_tokens"`
	Output     *int `json:"output_tokens"`
	Written    *struct {
		Hour int `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Details *struct {
		Thinking int `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
	ServerTools *struct {
		Searches int `json:"web_search_requests"`
	} `json:"server_tool_use"`
}

// merge takes what newer says and keeps the rest.
func (u *usage) merge(newer *usage) {
	for _, count := range []struct{ at, from **int }{
		{&u.Input, &newer.Input}, {&u.CacheRead, &newer.CacheRead},
		{&u.CacheWrite, &newer.CacheWrite}, {&u.Output, &newer.Output},
	} {
		if *count.from != nil {
			*count.at = *count.from
		}
	}
	if newer.Written != nil {
		u.Written = newer.Written
	}
	if newer.Details != nil {
		u.Details = newer.Details
	}
	if newer.ServerTools != nil {
		u.ServerTools = newer.ServerTools
	}
}

func (u *usage) tokens() llm.Usage {
	out := llm.Usage{Cached: count(u.CacheRead), CacheWrite: count(u.CacheWrite), Output: count(u.Output)}
	out.Input = count(u.Input) + out.Cached + out.CacheWrite
	if u.Written != nil {
		out.CacheHour = min(max(u.Written.Hour, 0), out.CacheWrite)
	}
	if u.Details != nil {
		out.Reasoning = min(max(u.Details.Thinking, 0), out.Output)
	}
	if u.ServerTools != nil {
		out.Searches = max(u.ServerTools.Searches, 0)
	}
	return out
}

// maxCount keeps nonsense from overflowing a sum.
const maxCount = 1 << 40

func count(n *int) int {
	if n == nil {
		return 0
	}
	return min(max(*n, 0), maxCount)
}

// finishOf translates a stop reason. An unknown one counts as a plain stop,
// because the provider did say that it is done; so does pause_turn, which only
// the provider's own tools cause.
func finishOf(reason string) llm.Finish {
	switch reason {
	case "max_tokens", "model_context_window_exceeded":
		return llm.FinishLength
	case "tool_use":
		return llm.FinishTools
	case "refusal":
		return llm.FinishRefusal
	}
	return llm.FinishStop
}
