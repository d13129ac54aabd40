package openai

import (
	"encoding/json"
	"strings"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/llm"
)

// chatBody is go-openai's request with the fields that it would lose: its
// numbers are omitted when zero, so a temperature of 0 never left.
type chatBody struct {
	sdk.ChatCompletionRequest
	Messages    []turn    `json:"messages"`
	MaxTokens   int       `json:"max_tokens,omitempty"`
	Temperature *float64  `json:"temperature,omitempty"`
	TopP        *float64  `json:"top_p,omitempty"`
	TopK        int       `json:"top_k,omitempty"`
	Seed        *int64    `json:"seed,omitempty"`
	RandomSeed  *int64    `json:"random_seed,omitempty"`
	Frequency   *float64  `json:"frequency_penalty,omitempty"`
	Presence    *float64  `json:"presence_penalty,omitempty"`
	Thinking    *thinking `json:"thinking,omitempty"`
	AddPrompt   *bool     `json:"add_generation_prompt,omitempty"`
	Continue    bool      `json:"continue_final_message,omitempty"`
	OneAtATime  *bool     `json:"parallel_tool_calls,omitempty"`
}

type thinking struct {
	Type string `json:"type"`
}

// encodeChat encodes what the dialect takes of req; Losses names the rest.
// Pictures are in the form that the dialect wants.
func (d Dialect) encodeChat(req llm.ChatRequest) ([]byte, error) {
	body := chatBody{
		ChatCompletionRequest: sdk.ChatCompletionRequest{Model: req.Model, Stop: req.Stop, Stream: true},
		Temperature:           req.Temperature, TopP: req.TopP, Messages: d.encodeMessages(req),
	}
	if d.Takes.has(TakesStreamUsage) {
		body.StreamOptions = &sdk.StreamOptions{IncludeUsage: true}
	}
	if d.Limit == "max_completion_tokens" {
		body.MaxCompletionTokens = req.MaxTokens
	} else {
		body.MaxTokens = req.MaxTokens
	}
	if last := len(req.Messages) - 1; last >= 0 && d.Prefill == PrefillContinue && opens(req.Messages[last]) {
		body.AddPrompt, body.Continue = new(bool), true
	}
	d.sampling(&body, req)
	d.format(&body, req)
	d.tools(&body, req)
	d.effort(&body, req)
	return json.Marshal(body)
}

func (d Dialect) sampling(body *chatBody, req llm.ChatRequest) {
	if d.Takes.has(TakesTopK) {
		body.TopK = req.TopK
	}
	if d.Takes.has(TakesSeed) && d.Seed == "random_seed" {
		body.RandomSeed = req.Seed
	} else if d.Takes.has(TakesSeed) {
		body.Seed = req.Seed
	}
	if d.Takes.has(TakesPenalties) {
		body.Frequency, body.Presence = req.Frequency, req.Presence
	}
	if d.Takes.has(TakesChoices) && req.Choices > 1 {
		body.N = req.Choices
	}
	if d.Takes.has(TakesUser) {
		body.User = req.User
	}
}

// format asks for JSON.
func (d Dialect) format(body *chatBody, req llm.ChatRequest) {
	switch {
	case len(req.Schema) > 0 && d.Schema == SchemaNative:
		name := req.SchemaName
		if name == "" {
			name = "answer"
		}
		body.ResponseFormat = &sdk.ChatCompletionResponseFormat{
			Type:       sdk.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &sdk.ChatCompletionResponseFormatJSONSchema{Name: name, Schema: req.Schema, Strict: true},
		}
	case len(req.Schema) > 0, req.JSON:
		body.ResponseFormat = &sdk.ChatCompletionResponseFormat{Type: sdk.ChatCompletionResponseFormatTypeJSONObject}
	}
	if d.Schema != SchemaPrompted {
		return
	}
	text := ""
	if len(req.Schema) > 0 {
		text = "Answer with one JSON object that follows this JSON Schema, and nothing else:\n" + string(req.Schema)
	} else if req.JSON && !mentionsJSON(req.Messages) {
		text = "Answer with one JSON object."
	}
	if text != "" {
		body.Messages = append([]turn{{Role: string(llm.System), Content: text}}, body.Messages...)
	}
}

func mentionsJSON(messages []llm.Message) bool {
	for _, m := range messages {
		if strings.Contains(strings.ToLower(m.Text), "json") {
			return true
		}
	}
	return false
}

func (d Dialect) tools(body *chatBody, req llm.ChatRequest) {
	if req.ToolChoice.Mode == llm.ToolsNone && !d.Takes.has(TakesToolChoice) {
		return // not to offer any is the only way to say so
	}
	for _, tool := range req.Tools {
		parameters := tool.Parameters
		if len(parameters) == 0 {
			parameters = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		body.Tools = append(body.Tools, sdk.Tool{Type: sdk.ToolTypeFunction, Function: &sdk.FunctionDefinition{
			Name: tool.Name, Description: tool.Description, Parameters: parameters, Strict: tool.Strict && d.Takes.has(TakesStrict),
		}})
	}
	if len(req.Tools) == 0 || !d.Takes.has(TakesToolChoice) {
		return
	}
	switch req.ToolChoice.Mode {
	case llm.ToolsAuto, llm.ToolsNone:
		body.ToolChoice = string(req.ToolChoice.Mode)
	case llm.ToolsRequired:
		body.ToolChoice = d.MustCall
	case llm.ToolNamed:
		body.ToolChoice = d.MustCall
		if d.Takes.has(TakesNamedTool) {
			body.ToolChoice = sdk.ToolChoice{Type: sdk.ToolTypeFunction, Function: sdk.ToolFunction{Name: req.ToolChoice.Name}}
		}
	}
	if req.ToolChoice.OneAtATime && d.Takes.has(TakesOneAtATime) {
		body.OneAtATime = new(bool)
	}
}

// effort says how long to think; a bound in tokens becomes the nearest effort.
func (d Dialect) effort(body *chatBody, req llm.ChatRequest) {
	effort := req.Effort
	if effort == "" {
		effort = effortOf(req.ThinkTokens)
	}
	if effort == "" || d.Effort == EffortUnsaid {
		return
	}
	off := effort == llm.EffortNone
	switch d.Effort {
	case EffortTemplate:
		body.ChatTemplateKwargs = map[string]any{"enable_thinking": !off}
		if !off {
			body.ReasoningEffort = string(effort)
		}
	case EffortThinking:
		body.Thinking = &thinking{Type: "enabled"}
		if off {
			body.Thinking.Type = "disabled"
		} else {
			body.ReasoningEffort = string(effort)
		}
	default:
		body.ReasoningEffort = string(effort)
	}
}

func effortOf(tokens int) llm.Effort {
	switch {
	case tokens <= 0:
		return ""
	case tokens <= 2048:
		return llm.EffortLow
	case tokens <= 8192:
		return llm.EffortMedium
	}
	return llm.EffortHigh
}
