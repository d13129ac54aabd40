package openai

import (
	"encoding/json"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/llm"
)

// chunk is one piece of a stream, or a whole answer: choices then hold messages
// in place of deltas. It reads what go-openai's type leaves out: errors inside
// a stream, DeepSeek's cache counter, the second name of reasoning.
type chunk struct {
	ID      string          `json:"id"`
	Model   string          `json:"model"`
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Data    json.RawMessage `json:"data"` // embeddings and lists
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Index        int     `json:"index"`
	Delta        message `json:"delta"`
	Message      message `json:"message"`
	Text         string  `json:"text"` // the old completions surface
	FinishReason string  `json:"finish_reason"`
	StopReason   any     `json:"stop_reason"` // vLLM: the stop sequence, or a token's number
}

type message struct {
	Content          content        `json:"content"`
	Refusal          string         `json:"refusal"`
	ReasoningContent string         `json:"reasoning_content"` // DeepSeek, llama.cpp, older vLLM
	Reasoning        string         `json:"reasoning"`         // OpenRouter, newer vLLM
	ToolCalls        []sdk.ToolCall `json:"tool_calls"`
}

// content is a string or, from Mistral's reasoning models, a list of parts of
// text and of thought.
type content struct{ text, thought string }

func (c *content) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '[' {
		return json.Unmarshal(data, &c.text)
	}
	var parts []struct {
		Text     string  `json:"text"`
		Thinking content `json:"thinking"`
	}
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	for _, part := range parts {
		c.text += part.Text
		c.thought += part.Thinking.text
	}
	return nil
}

type usage struct {
	sdk.Usage
	CacheHit int `json:"prompt_cache_hit_tokens"` // DeepSeek
}

func (u usage) tokens() llm.Usage {
	out := llm.Usage{Input: u.PromptTokens, Output: u.CompletionTokens, Cached: u.CacheHit}
	if in := u.PromptTokensDetails; in != nil {
		out.AudioIn = in.AudioTokens
		if in.CachedTokens > 0 {
			out.Cached = in.CachedTokens
		}
	}
	if said := u.CompletionTokensDetails; said != nil {
		out.Reasoning, out.AudioOut = said.ReasoningTokens, said.AudioTokens
		// xAI counts thoughts beside the answer, and bills them as output.
		if u.TotalTokens > 0 && u.TotalTokens == u.PromptTokens+u.CompletionTokens+said.ReasoningTokens {
			out.Output += said.ReasoningTokens
		}
	}
	return clamp(out)
}

// clamp keeps a provider's nonsense from becoming negative money: no count is
// below zero, and no part exceeds its whole.
func clamp(u llm.Usage) llm.Usage {
	u.Input, u.Output = max(u.Input, 0), max(u.Output, 0)
	u.Cached = min(max(u.Cached, 0), u.Input)
	u.AudioIn = min(max(u.AudioIn, 0), u.Input-u.Cached)
	u.Reasoning = min(max(u.Reasoning, 0), u.Output)
	u.AudioOut = min(max(u.AudioOut, 0), u.Output-u.Reasoning)
	return u
}

// said is the message of a choice, wherever the surface puts it.
func (c choice) said() message {
	m := c.Delta
	if m.empty() {
		m = c.Message
	}
	if m.Content.text == "" {
		m.Content.text = c.Text
	}
	return m
}

func (m message) empty() bool {
	return m.Content.text == "" && m.Refusal == "" && m.thought() == "" && len(m.ToolCalls) == 0
}

func (m message) thought() string {
	for _, said := range []string{m.ReasoningContent, m.Reasoning} {
		if said != "" {
			return said
		}
	}
	return m.Content.thought
}

// delta is what the choice adds, in the product's words. A refusal is text: it
// is what the person should read.
func (c choice) delta() llm.Delta {
	m := c.said()
	out := llm.Delta{Choice: c.Index, Text: m.Content.text + m.Refusal, Reasoning: m.thought()}
	for at, call := range m.ToolCalls {
		index := at
		if call.Index != nil {
			index = *call.Index
		}
		out.ToolCalls = append(out.ToolCalls, llm.ToolCallDelta{
			Index: index, ID: call.ID, Name: call.Function.Name, Arguments: call.Function.Arguments,
		})
	}
	return out
}

// size is how many bytes of an answer the delta holds.
func size(d llm.Delta) int {
	n := len(d.Text) + len(d.Reasoning)
	for _, call := range d.ToolCalls {
		n += len(call.Name) + len(call.Arguments)
	}
	return n
}

// finishOf translates a reason; an unknown one counts as a plain stop, because
// the provider did say that it is done.
func finishOf(reason string) llm.Finish {
	switch reason {
	case "length", "max_tokens", "model_length":
		return llm.FinishLength
	case "tool_calls", "function_call", "tool_use":
		return llm.FinishTools
	case "content_filter", "refusal":
		return llm.FinishRefusal
	}
	return llm.FinishStop
}

// Estimate counts tokens when the provider did not, at four bytes a token
// rounded up. The result is marked Estimated.
func Estimate(inputBytes, outputBytes int) llm.Usage {
	return llm.Usage{Input: (inputBytes + 3) / 4, Output: (outputBytes + 3) / 4, Estimated: true}
}
