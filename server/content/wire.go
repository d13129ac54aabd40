package content

import (
	"encoding/json"
	"strings"

	"nexusai/backend/llm"
)

// wires read an answer, or an event of one, in the bytes that callers get. What
// they do not understand says nothing. Wires that are not here carry no
// conversation: embeddings, sound and rankings are not kept.
var wires = map[llm.Wire]func(data []byte, add func(llm.Delta)){
	llm.OpenAIChat: readChoices, llm.OpenAICompletions: readChoices,
	llm.OpenAIResponses: readResponses, llm.AnthropicMessages: readMessages,
}

// flexText is a text, or a list of parts of which those with a text count.
type flexText string

// UnmarshalJSON takes whatever there is.
func (f *flexText) UnmarshalJSON(data []byte) error {
	var plain string
	if json.Unmarshal(data, &plain) == nil {
		*f = flexText(plain)
		return nil
	}
	var parts []struct{ Text string }
	_ = json.Unmarshal(data, &parts) // anything else is no text
	for _, p := range parts {
		*f += flexText(p.Text)
	}
	return nil
}

// spoken is a message of chat completions, or a piece of one.
type spoken struct {
	Content          flexText `json:"content"`
	Refusal          string   `json:"refusal"`
	ReasoningContent string   `json:"reasoning_content"` // DeepSeek's, vLLM's and llama.cpp's
	Reasoning        flexText `json:"reasoning"`         // Groq's and OpenRouter's
	ToolCalls        []struct {
		Index    *int `json:"index"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

func (s *spoken) delta(choice int) llm.Delta {
	d := llm.Delta{Choice: choice, Text: string(s.Content) + s.Refusal, Reasoning: s.ReasoningContent}
	if d.Reasoning == "" {
		d.Reasoning = string(s.Reasoning)
	}
	for i, c := range s.ToolCalls {
		if c.Index != nil {
			i = *c.Index
		}
		d.ToolCalls = append(d.ToolCalls, llm.ToolCallDelta{Index: i, Name: c.Function.Name, Arguments: c.Function.Arguments})
	}
	return d
}

// readChoices reads OpenAI's chat completions and completions, whole or an event.
func readChoices(data []byte, add func(llm.Delta)) {
	var said struct {
		Choices []struct {
			Index   int     `json:"index"`
			Text    string  `json:"text"`
			Delta   *spoken `json:"delta"`
			Message *spoken `json:"message"`
		} `json:"choices"`
	}
	if json.Unmarshal(data, &said) != nil {
		return
	}
	for _, c := range said.Choices {
		add(llm.Delta{Choice: c.Index, Text: c.Text})
		for _, s := range []*spoken{c.Delta, c.Message} {
			if s != nil {
				add(s.delta(c.Index))
			}
		}
	}
}

// item is one of a response's output.
type item struct {
	Type      string                           `json:"type"`
	Name      string                           `json:"name"`
	Arguments string                           `json:"arguments"`
	Content   []struct{ Text, Refusal string } `json:"content"`
	Summary   []struct{ Text string }          `json:"summary"`
}

// readResponses reads OpenAI's responses. The events that end a stream hold the
// whole answer once more, below "response".
func readResponses(data []byte, add func(llm.Delta)) {
	var said struct {
		Type   string `json:"type"`
		Delta  string `json:"delta"`
		Output []item `json:"output"`
		Index  int    `json:"output_index"`
		Item   item   `json:"item"`
	}
	if json.Unmarshal(data, &said) != nil {
		return
	}
	for i, it := range said.Output {
		add(it.delta(i))
	}
	switch said.Type {
	case "response.output_text.delta", "response.refusal.delta":
		add(llm.Delta{Text: said.Delta})
	case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
		add(llm.Delta{Reasoning: said.Delta})
	case "response.function_call_arguments.delta":
		add(llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: said.Index, Arguments: said.Delta}}})
	case "response.output_item.added":
		add(llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: said.Index, Name: said.Item.Name}}})
	}
}

func (it *item) delta(i int) (d llm.Delta) {
	texts := make([]string, 0, len(it.Content))
	for _, c := range it.Content {
		texts = append(texts, c.Text+c.Refusal)
	}
	for _, s := range it.Summary {
		d.Reasoning += s.Text
	}
	if it.Type == "reasoning" {
		d.Reasoning += strings.Join(texts, "")
		return d
	}
	d.Text = strings.Join(texts, "")
	if it.Name != "" {
		d.ToolCalls = []llm.ToolCallDelta{{Index: i, Name: it.Name, Arguments: it.Arguments}}
	}
	return d
}

// block is a part of Anthropic's message, or a piece of one.
type block struct {
	Text     string          `json:"text"`
	Thinking string          `json:"thinking"`
	Name     string          `json:"name"`
	Input    json.RawMessage `json:"input"`
	Partial  string          `json:"partial_json"`
}

// delta of a whole block, of one that begins (its input is {} then), or of a
// piece.
func (b *block) delta(i int, whole bool) llm.Delta {
	d := llm.Delta{Text: b.Text, Reasoning: b.Thinking}
	call := llm.ToolCallDelta{Index: i, Name: b.Name, Arguments: b.Partial}
	if whole {
		call.Arguments = string(b.Input)
	}
	if call.Name != "" || call.Arguments != "" {
		d.ToolCalls = []llm.ToolCallDelta{call}
	}
	return d
}

// readMessages reads Anthropic's messages, whole or an event.
func readMessages(data []byte, add func(llm.Delta)) {
	var said struct {
		Content []block `json:"content"`
		Index   int     `json:"index"`
		Start   *block  `json:"content_block"`
		Delta   *block  `json:"delta"`
	}
	if json.Unmarshal(data, &said) != nil {
		return
	}
	for i := range said.Content {
		add(said.Content[i].delta(i, true))
	}
	for _, b := range []*block{said.Start, said.Delta} {
		if b != nil {
			add(b.delta(said.Index, false))
		}
	}
}
