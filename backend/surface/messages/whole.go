package messages

import (
	"bytes"
	"encoding/json"
	"fmt"

	"nexusai/backend/llm"
	"nexusai/backend/surface/seal"
)

type message struct {
	ID       string  `json:"id"`
	Type     string  `json:"type"`
	Role     string  `json:"role"`
	Model    string  `json:"model"`
	Content  []block `json:"content"`
	Reason   *string `json:"stop_reason"`
	Sequence *string `json:"stop_sequence"`
	Usage    usage   `json:"usage"`
}

type block struct {
	Type      string          `json:"type"`
	Text      *string         `json:"text,omitempty"`
	Thinking  *string         `json:"thinking,omitempty"`
	Signature *string         `json:"signature,omitempty"`
	Data      string          `json:"data,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
}

type usage struct {
	Input      int `json:"input_tokens"`
	CacheWrite int `json:"cache_creation_input_tokens"`
	CacheRead  int `json:"cache_read_input_tokens"`
	Output     int `json:"output_tokens"`
}

// usageOf counts as the wire does: what came from the cache and what was
// written to it is no part of the input.
func usageOf(u llm.Usage) usage {
	return usage{Input: max(u.Input-u.Cached-u.CacheWrite, 0), CacheWrite: u.CacheWrite, CacheRead: u.Cached, Output: u.Output}
}

func (e *encoder) message() message {
	return message{ID: e.id, Type: "message", Role: "assistant", Model: e.model, Content: []block{}}
}

// Whole implements broker.Encoder.
func (e *encoder) Whole(c llm.Completion) ([]byte, error) {
	m := e.message()
	for _, r := range c.Reasoning {
		m.Content = append(m.Content, thought(r))
	}
	if c.Text != "" {
		m.Content = append(m.Content, block{Type: "text", Text: &c.Text})
	}
	for _, call := range c.ToolCalls {
		id := call.ID
		if id == "" {
			id = "toolu_" + e.surface.newID()
		}
		if call.Sealed != "" {
			m.Content = append(m.Content, block{Type: "redacted_thinking", Data: seal.ShowCall(id, call.Sealed, call.Wire)})
		}
		m.Content = append(m.Content, block{Type: "tool_use", ID: id, Name: call.Name, Input: input(call.Arguments)})
	}
	end := endingOf(c)
	m.Reason, m.Sequence, m.Usage = &end.Reason, end.Sequence, usageOf(c.Usage)
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode a message: %w", err)
	}
	return body, nil
}

func thought(r llm.Reasoning) block {
	if b, redacted := redactedOf(r); redacted || (r.Text == "" && r.Sealed != "") {
		return b
	}
	signature := seal.Show(r.Sealed, r.Wire, llm.AnthropicMessages)
	return block{Type: "thinking", Thinking: &r.Text, Signature: &signature}
}

// input is what a model wrote as arguments: an object. What is none is kept as
// text, so that the caller sees what the model did.
func input(arguments string) json.RawMessage {
	raw := bytes.TrimSpace([]byte(arguments))
	switch {
	case len(raw) == 0:
		return json.RawMessage("{}")
	case raw[0] == '{' && json.Valid(raw):
		return raw
	}
	kept, err := json.Marshal(map[string]string{"arguments": arguments})
	if err != nil { // a text always encodes
		panic(err)
	}
	return kept
}
