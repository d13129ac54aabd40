package chat

import (
	"encoding/json"
	"fmt"

	"nexusai/backend/llm"
)

type whole struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"`
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []wholeChoice   `json:"choices"`
	Usage   json.RawMessage `json:"usage"`
}

type wholeChoice struct {
	Index    int    `json:"index"`
	Message  answer `json:"message"`
	Logprobs *int   `json:"logprobs"`
	Finish   string `json:"finish_reason"`
}

type answer struct {
	Role      string      `json:"role"`
	Content   *string     `json:"content"`
	Refusal   *string     `json:"refusal"`
	Reasoning string      `json:"reasoning_content,omitempty"`
	Details   []detailOut `json:"reasoning_details,omitempty"`
	ToolCalls []call      `json:"tool_calls,omitempty"`
}

// Whole implements broker.Encoder.
func (e *encoder) Whole(c llm.Completion) ([]byte, error) {
	out := whole{ID: e.id, Object: "chat.completion", Created: e.created, Model: e.model, Usage: usageJSON(c.Usage)}
	for i, one := range choices(c) {
		m := answer{Role: "assistant", Content: &one.Text, Details: details(one.Reasoning)}
		for _, r := range one.Reasoning {
			m.Reasoning += r.Text
		}
		for _, t := range one.ToolCalls {
			m.ToolCalls = append(m.ToolCalls, call{ID: t.ID, Type: "function", Function: function{t.Name, t.Arguments}, Extra: seal(t.Sealed)})
		}
		if one.Text == "" && len(m.ToolCalls) > 0 {
			m.Content = nil
		}
		out.Choices = append(out.Choices, wholeChoice{Index: i, Message: m, Finish: string(finish(one.Finish))})
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	return body, nil
}

type usage struct {
	Prompt     int        `json:"prompt_tokens"`
	Completion int        `json:"completion_tokens"`
	Total      int        `json:"total_tokens"`
	In         inDetails  `json:"prompt_tokens_details"`
	Out        outDetails `json:"completion_tokens_details"`
}

type inDetails struct {
	Cached int `json:"cached_tokens"`
	Audio  int `json:"audio_tokens"`
}

type outDetails struct {
	Reasoning int `json:"reasoning_tokens"`
	Audio     int `json:"audio_tokens"`
}

func usageJSON(u llm.Usage) json.RawMessage {
	out, err := json.Marshal(usage{
		Prompt: u.Input, Completion: u.Output, Total: u.Input + u.Output,
		In: inDetails{u.Cached, u.AudioIn}, Out: outDetails{u.Reasoning, u.AudioOut},
	})
	if err != nil { // numbers always encode
		panic(err)
	}
	return out
}
