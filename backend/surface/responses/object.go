package responses

import (
	"encoding/json"

	"nexusai/backend/llm"
)

// response is the object that begins, ends and is an answer. What a request
// said is repeated as it was written.
type response struct {
	ID           string          `json:"id"`
	Object       string          `json:"object"`
	CreatedAt    int64           `json:"created_at"`
	Status       string          `json:"status"`
	Background   bool            `json:"background"`
	Error        json.RawMessage `json:"error"`
	Incomplete   *incomplete     `json:"incomplete_details"`
	Instructions json.RawMessage `json:"instructions"`
	MaxOutput    json.RawMessage `json:"max_output_tokens"`
	Model        string          `json:"model"`
	Output       []any           `json:"output"`
	Parallel     json.RawMessage `json:"parallel_tool_calls"`
	Previous     *string         `json:"previous_response_id"`
	Reasoning    json.RawMessage `json:"reasoning"`
	Store        json.RawMessage `json:"store"`
	Temperature  json.RawMessage `json:"temperature"`
	Text         json.RawMessage `json:"text"`
	ToolChoice   json.RawMessage `json:"tool_choice"`
	Tools        json.RawMessage `json:"tools"`
	TopP         json.RawMessage `json:"top_p"`
	Truncation   json.RawMessage `json:"truncation"`
	Usage        *usage          `json:"usage"`
	User         json.RawMessage `json:"user"`
	Metadata     json.RawMessage `json:"metadata"`
}

type incomplete struct {
	Reason string `json:"reason"`
}

type usage struct {
	Input        int        `json:"input_tokens"`
	InputDetails inDetails  `json:"input_tokens_details"`
	Output       int        `json:"output_tokens"`
	Details      outDetails `json:"output_tokens_details"`
	Total        int        `json:"total_tokens"`
}

type inDetails struct {
	Cached int `json:"cached_tokens"`
}

type outDetails struct {
	Reasoning int `json:"reasoning_tokens"`
}

func usageOf(u llm.Usage) *usage {
	return &usage{u.Input, inDetails{u.Cached}, u.Output, outDetails{u.Reasoning}, u.Input + u.Output}
}

// messageItem, callItem and reasoningItem are what an output consists of.
type messageItem struct {
	ID      string     `json:"id"`
	Type    string     `json:"type"`
	Status  string     `json:"status"`
	Role    string     `json:"role"`
	Content []textPart `json:"content"`
}

type textPart struct {
	Type        string `json:"type"`
	Text        string `json:"text"`
	Annotations []any  `json:"annotations"`
	Logprobs    []any  `json:"logprobs"`
}

type callItem struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	Arguments string `json:"arguments"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
}

type reasoningItem struct {
	ID      string        `json:"id"`
	Type    string        `json:"type"`
	Summary []summaryPart `json:"summary"`
	Sealed  string        `json:"encrypted_content,omitempty"`
}

type summaryPart struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func outputText(text string) textPart { return textPart{"output_text", text, []any{}, []any{}} }

func summaryOf(text string) []summaryPart {
	if text == "" {
		return []summaryPart{}
	}
	return []summaryPart{{"summary_text", text}}
}

// usual are what a response says of settings that a request leaves out.
var usual = map[string]string{
	"instructions": "null", "max_output_tokens": "null", "parallel_tool_calls": "true", "reasoning": `{"effort":null,"summary":null}`,
	"store": "true", "temperature": "null", "text": `{"format":{"type":"text"}}`, "tool_choice": `"auto"`, "tools": "[]",
	"top_p": "null", "truncation": `"disabled"`, "user": "null", "metadata": "{}",
}

// response is the answer as it is now.
func (e *encoder) response(status string) response {
	said := func(key string) json.RawMessage {
		if e.request != nil {
			if raw := e.request.members.Raw(key); raw != nil && string(raw) != "null" {
				return raw
			}
		}
		return json.RawMessage(usual[key])
	}
	out := response{
		ID: e.id, Object: "response", CreatedAt: e.created, Status: status, Error: json.RawMessage("null"), Model: e.model, Output: e.output,
		Instructions: said("instructions"), MaxOutput: said("max_output_tokens"), Parallel: said("parallel_tool_calls"), Reasoning: said("reasoning"),
		Store: said("store"), Temperature: said("temperature"), Text: said("text"), ToolChoice: said("tool_choice"), Tools: said("tools"),
		TopP: said("top_p"), Truncation: said("truncation"), User: said("user"), Metadata: said("metadata"),
	}
	if e.surface.Previous != "" {
		out.Previous = &e.surface.Previous
	}
	return out
}

// ended is the whole answer.
func (e *encoder) ended(c llm.Completion) response {
	status, why := "completed", ""
	switch c.Finish {
	case llm.FinishLength:
		status, why = "incomplete", "max_output_tokens"
	case llm.FinishRefusal:
		status, why = "incomplete", "content_filter"
	}
	out := e.response(status)
	if why != "" {
		out.Incomplete = &incomplete{why}
	}
	out.Usage = usageOf(c.Usage)
	return out
}
