package responses

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"nexusai/backend/llm"
)

// body is a request; go-openai has no types for this wire.
type body struct {
	Model       string    `json:"model"`
	Input       []any     `json:"input"`
	Stream      bool      `json:"stream"`
	Store       bool      `json:"store"`
	Include     []string  `json:"include"`
	MaxOutput   int       `json:"max_output_tokens,omitempty"`
	Temperature *float64  `json:"temperature,omitempty"`
	TopP        *float64  `json:"top_p,omitempty"`
	Tools       []tool    `json:"tools,omitempty"`
	ToolChoice  any       `json:"tool_choice,omitempty"`
	Parallel    *bool     `json:"parallel_tool_calls,omitempty"`
	Text        *textForm `json:"text,omitempty"`
	Reasoning   *effort   `json:"reasoning,omitempty"`
	User        string    `json:"user,omitempty"`
}

type tool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
	Strict      bool            `json:"strict"`
}

type named struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type textForm struct {
	Format format `json:"format"`
}

type format struct {
	Type   string          `json:"type"`
	Name   string          `json:"name,omitempty"`
	Schema json.RawMessage `json:"schema,omitempty"`
	Strict bool            `json:"strict,omitempty"`
}

type effort struct {
	Effort  string `json:"effort"`
	Summary string `json:"summary,omitempty"`
}

type turn struct {
	Role    string `json:"role"`
	Content any    `json:"content"` // a string or pieces
}

type piece struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	ImageURL string `json:"image_url,omitempty"`
}

type callItem struct {
	Type      string `json:"type"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type resultItem struct {
	Type   string `json:"type"`
	CallID string `json:"call_id"`
	Output any    `json:"output"` // a string or pieces
}

type reasoningItem struct {
	Type    string  `json:"type"`
	Summary []piece `json:"summary"`
	Sealed  string  `json:"encrypted_content"`
}

func encode(req llm.ChatRequest) body {
	out := body{
		Model: req.Model, Input: []any{}, Stream: true, Include: []string{"reasoning.encrypted_content"}, MaxOutput: req.MaxTokens,
		Temperature: req.Temperature, TopP: req.TopP, User: req.User,
	}
	for _, m := range req.Messages {
		out.Input = append(out.Input, items(m)...)
	}
	for _, t := range req.Tools {
		parameters := t.Parameters
		if len(parameters) == 0 {
			parameters = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		out.Tools = append(out.Tools, tool{Type: "function", Name: t.Name, Description: t.Description, Parameters: parameters, Strict: t.Strict})
	}
	if len(req.Tools) > 0 {
		out.choose(req.ToolChoice)
	}
	switch {
	case len(req.Schema) > 0:
		name := req.SchemaName
		if name == "" {
			name = "answer"
		}
		out.Text = &textForm{format{Type: "json_schema", Name: name, Schema: req.Schema, Strict: true}}
	case req.JSON:
		out.Text = &textForm{format{Type: "json_object"}}
	}
	if req.Effort != "" {
		out.Reasoning = &effort{Effort: string(req.Effort), Summary: "auto"}
	}
	return out
}

func (b *body) choose(c llm.ToolChoice) {
	switch c.Mode {
	case llm.ToolsAuto, llm.ToolsNone, llm.ToolsRequired:
		b.ToolChoice = string(c.Mode)
	case llm.ToolNamed:
		b.ToolChoice = named{"function", c.Name}
	}
	if c.OneAtATime {
		b.Parallel = new(bool)
	}
}

// items are what a turn is on this wire, in the order in which it was made.
func items(m llm.Message) []any {
	var out []any
	for _, r := range m.Reasoning {
		if r.Sealed == "" || r.Wire != llm.OpenAIResponses {
			continue
		}
		one := reasoningItem{Type: "reasoning", Summary: []piece{}, Sealed: r.Sealed}
		if r.Text != "" {
			one.Summary = append(one.Summary, piece{Type: "summary_text", Text: r.Text})
		}
		out = append(out, one)
	}
	switch {
	case m.Role == llm.Tool:
		text := m.Text
		if m.ToolFailed && !strings.HasPrefix(strings.ToLower(text), "error") {
			text = "Error: " + text
		}
		return append(out, resultItem{"function_call_output", m.ToolCallID, content("input_text", text, m.Images)})
	case m.Role == llm.Assistant && m.Text != "":
		out = append(out, turn{string(m.Role), m.Text})
	case m.Role != llm.Assistant:
		out = append(out, turn{string(m.Role), content("input_text", m.Text, m.Images)})
	}
	for _, call := range m.ToolCalls {
		out = append(out, callItem{"function_call", call.ID, call.Name, call.Arguments})
	}
	return out
}

// content is a text alone, or pieces where there are pictures.
func content(kind, text string, images []llm.Image) any {
	if len(images) == 0 {
		return text
	}
	var out []piece
	if text != "" {
		out = append(out, piece{Type: kind, Text: text})
	}
	for _, image := range images {
		url := image.URL
		if len(image.Data) > 0 {
			url = "data:" + image.MIME + ";base64," + base64.StdEncoding.EncodeToString(image.Data)
		}
		out = append(out, piece{Type: "input_image", ImageURL: url})
	}
	return out
}

// Losses implements llm.Lossy.
func (Client) Losses(req llm.ChatRequest) []string {
	lost := append([]string(nil), req.Unknown...)
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"top_k", req.TopK > 0}, {"seed", req.Seed != nil}, {"stop", len(req.Stop) > 0}, {"n", req.Choices > 1},
		{"frequency_penalty", req.Frequency != nil}, {"presence_penalty", req.Presence != nil}, {"think_tokens", req.ThinkTokens > 0},
	} {
		if field.set {
			lost = append(lost, field.name)
		}
	}
	for i, m := range req.Messages {
		if m.Name != "" {
			lost = append(lost, fmt.Sprintf("messages.%d.name", i))
		}
		for _, r := range m.Reasoning {
			if r.Sealed != "" && r.Wire != llm.OpenAIResponses {
				lost = append(lost, fmt.Sprintf("messages.%d.reasoning", i))
				break
			}
		}
		for j, call := range m.ToolCalls {
			if call.Sealed != "" {
				lost = append(lost, fmt.Sprintf("messages.%d.tool_calls.%d.sealed", i, j))
			}
		}
	}
	return lost
}
