package openai

import (
	"encoding/base64"
	"encoding/json"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/llm"
)

// chatBody is go-openai's request with the fields that it would lose: its
// numbers are omitted when zero, so a temperature of 0 never left.
type chatBody struct {
	sdk.ChatCompletionRequest
	Messages    []any    `json:"messages"`
	MaxTokens   int      `json:"max_tokens,omitempty"`
	Temperature *float64 `json:"temperature,omitempty"`
	TopP        *float64 `json:"top_p,omitempty"`
	Seed        *int64   `json:"seed,omitempty"`
}

// encodeChat encodes req. newLimit says max_completion_tokens, which OpenAI's
// reasoning models insist on, in place of max_tokens, which everybody knows.
func encodeChat(req llm.ChatRequest, newLimit bool) ([]byte, error) {
	body := chatBody{
		ChatCompletionRequest: sdk.ChatCompletionRequest{
			Model: req.Model, Stop: req.Stop, Stream: true,
			StreamOptions: &sdk.StreamOptions{IncludeUsage: true},
		},
		Temperature: req.Temperature, TopP: req.TopP, Seed: req.Seed,
		Messages: make([]any, 0, len(req.Messages)),
	}
	if newLimit {
		body.MaxCompletionTokens = req.MaxTokens
	} else {
		body.MaxTokens = req.MaxTokens
	}
	for _, m := range req.Messages {
		body.Messages = append(body.Messages, encodeMessage(m))
	}
	for _, tool := range req.Tools {
		body.Tools = append(body.Tools, sdk.Tool{Type: sdk.ToolTypeFunction, Function: &sdk.FunctionDefinition{
			Name: tool.Name, Description: tool.Description, Parameters: tool.Parameters,
		}})
	}
	if len(req.Schema) > 0 {
		body.ResponseFormat = &sdk.ChatCompletionResponseFormat{
			Type: sdk.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &sdk.ChatCompletionResponseFormatJSONSchema{
				Name: "answer", Schema: req.Schema, Strict: true,
			},
		}
	}
	return json.Marshal(body)
}

// textMessage always says "content": go-openai omits an empty one, which some
// providers refuse.
type textMessage struct {
	Role       string         `json:"role"`
	Content    string         `json:"content"`
	ToolCalls  []sdk.ToolCall `json:"tool_calls,omitempty"`
	ToolCallID string         `json:"tool_call_id,omitempty"`
}

func encodeMessage(m llm.Message) any {
	if len(m.Images) > 0 {
		return sdk.ChatCompletionMessage{Role: string(m.Role), MultiContent: encodeParts(m)}
	}
	out := textMessage{Role: string(m.Role), Content: m.Text, ToolCallID: m.ToolCallID}
	for _, call := range m.ToolCalls {
		out.ToolCalls = append(out.ToolCalls, sdk.ToolCall{
			ID: call.ID, Type: sdk.ToolTypeFunction,
			Function: sdk.FunctionCall{Name: call.Name, Arguments: call.Arguments},
		})
	}
	return out
}

func encodeParts(m llm.Message) []sdk.ChatMessagePart {
	var parts []sdk.ChatMessagePart
	if m.Text != "" {
		parts = append(parts, sdk.ChatMessagePart{Type: sdk.ChatMessagePartTypeText, Text: m.Text})
	}
	for _, image := range m.Images {
		url := image.URL
		if url == "" {
			url = "data:" + image.MIME + ";base64," + base64.StdEncoding.EncodeToString(image.Data)
		}
		parts = append(parts, sdk.ChatMessagePart{
			Type: sdk.ChatMessagePartTypeImageURL, ImageURL: &sdk.ChatMessageImageURL{URL: url},
		})
	}
	return parts
}
