package openai

import (
	"fmt"

	"nexusai/backend/llm"
)

var _ llm.Lossy = (*Client)(nil)

// Losses implements llm.Lossy.
func (c *Client) Losses(req llm.ChatRequest) []string { return c.dialect.losses(req) }

func (d Dialect) losses(req llm.ChatRequest) []string {
	lost := append([]string(nil), req.Unknown...)
	for _, field := range []struct {
		name string
		set  bool
		kept bool
	}{
		{"top_k", req.TopK > 0, d.Takes.has(TakesTopK)},
		{"seed", req.Seed != nil, d.Takes.has(TakesSeed)},
		{"frequency_penalty", req.Frequency != nil, d.Takes.has(TakesPenalties)},
		{"presence_penalty", req.Presence != nil, d.Takes.has(TakesPenalties)},
		{"n", req.Choices > 1, d.Takes.has(TakesChoices)},
		{"user", req.User != "", d.Takes.has(TakesUser)},
		{"schema", len(req.Schema) > 0, d.Schema == SchemaNative},
		{"effort", req.Effort != "", d.Effort != EffortUnsaid},
		{"think_tokens", req.ThinkTokens > 0, false},
		{"tool_choice", len(req.Tools) > 0, d.chooses(req)},
		{"parallel_tool_calls", req.ToolChoice.OneAtATime && len(req.Tools) > 0, d.Takes.has(TakesOneAtATime)},
	} {
		if field.set && !field.kept {
			lost = append(lost, field.name)
		}
	}
	for i, tool := range req.Tools {
		if tool.Strict && !d.Takes.has(TakesStrict) {
			lost = append(lost, fmt.Sprintf("tools.%d.strict", i))
		}
	}
	for i, m := range req.Messages {
		for _, part := range d.lossesOf(m) {
			lost = append(lost, fmt.Sprintf("messages.%d.%s", i, part))
		}
	}
	return lost
}

// chooses says that the dialect can do what the tool choice says.
func (d Dialect) chooses(req llm.ChatRequest) bool {
	switch req.ToolChoice.Mode {
	case llm.ToolsRequired:
		return d.Takes.has(TakesToolChoice)
	case llm.ToolNamed:
		return d.Takes.has(TakesToolChoice) && (d.Takes.has(TakesNamedTool) || len(req.Tools) == 1)
	}
	return true
}

// lossesOf a turn. A thought in plain words that a dialect does not want back is
// no loss: the model does not read it. A sealed one cannot be carried at all.
func (d Dialect) lossesOf(m llm.Message) []string {
	var lost []string
	if m.Name != "" && !d.Takes.has(TakesNames) {
		lost = append(lost, "name")
	}
	for _, r := range m.Reasoning {
		if r.Sealed != "" {
			lost = append(lost, "reasoning")
			break
		}
	}
	for i, call := range m.ToolCalls {
		if call.Sealed != "" {
			lost = append(lost, fmt.Sprintf("tool_calls.%d.sealed", i))
		}
	}
	return lost
}
