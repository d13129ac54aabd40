package responses

import (
	"encoding/json"

	"nexusai/backend/llm"
)

// event is one piece of a stream; Type says which fields count.
type event struct {
	Type         string          `json:"type"`
	Sequence     int             `json:"sequence_number"`
	Response     *response       `json:"response"`
	Item         *item           `json:"item"`
	ItemID       string          `json:"item_id"`
	OutputIndex  int             `json:"output_index"`
	ContentIndex int             `json:"content_index"`
	Delta        json.RawMessage `json:"delta"` // a string, but for events that we do not read
	Arguments    string          `json:"arguments"`
	Error        json.RawMessage `json:"error"` // in servers that copy the chat wire's errors
}

// response is a whole answer, or the state of one that is being made.
type response struct {
	Object     string          `json:"object"`
	ID         string          `json:"id"`
	Model      string          `json:"model"`
	Status     string          `json:"status"`
	Error      json.RawMessage `json:"error"`
	Incomplete *struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Output []item `json:"output"`
	Usage  *usage `json:"usage"`
}

// item is one piece of the output.
type item struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
	Input     string `json:"input"` // of a custom tool
	Sealed    string `json:"encrypted_content"`
	Content   []part `json:"content"`
	Summary   []part `json:"summary"`
}

type part struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
}

type usage struct {
	Input        int `json:"input_tokens"`
	InputDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"input_tokens_details"`
	Output        int `json:"output_tokens"`
	OutputDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
}

// tokens keeps a provider's nonsense from becoming negative money.
func (u usage) tokens() llm.Usage {
	out := llm.Usage{Input: max(u.Input, 0), Output: max(u.Output, 0)}
	out.Cached = min(max(u.InputDetails.Cached, 0), out.Input)
	out.Reasoning = min(max(u.OutputDetails.Reasoning, 0), out.Output)
	return out
}

// calls says that the item is a call of one of the caller's own tools.
func (i item) calls() bool { return i.Type == "function_call" || i.Type == "custom_tool_call" }
