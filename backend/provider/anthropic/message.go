package anthropic

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// turn is one message of the wire.
type turn struct {
	Role    string  `json:"role"`
	Content []block `json:"content"`
}

// block is one piece of a turn, going out.
type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text,omitempty"`
	Source    *source         `json:"source,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
	ToolUseID string          `json:"tool_use_id,omitempty"`
	Content   []block         `json:"content,omitempty"`
	IsError   bool            `json:"is_error,omitempty"`
	Thinking  *string         `json:"thinking,omitempty"`
	Signature string          `json:"signature,omitempty"`
	Data      string          `json:"data,omitempty"`
}

type source struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type,omitempty"`
	Data      string `json:"data,omitempty"`
	URL       string `json:"url,omitempty"`
}

// redacted begins llm.Reasoning.Sealed of a redacted_thinking block, whose
// data is another thing than a thinking block's signature.
const redacted = "redacted_thinking:"

// SealRedacted is llm.Reasoning.Sealed for the data of a redacted_thinking block.
func SealRedacted(data string) string { return redacted + data }

// OpenRedacted is its inverse; false for the signature of a thinking block.
func OpenRedacted(sealed string) (data string, ok bool) { return strings.CutPrefix(sealed, redacted) }

// messages places what was said. The wire has no system turns and no tool
// turns: the former go in front, the latter are the user's.
func (p *plan) messages(all []llm.Message) error {
	for i, m := range all {
		if m.Name != "" {
			p.lose(fmt.Sprintf("messages.%d.name", i))
		}
		if m.Role == llm.System {
			p.system(i, m)
			continue
		}
		blocks, err := p.blocks(i, m)
		if err != nil {
			return err
		}
		role := "user"
		if m.Role == llm.Assistant {
			role = "assistant"
		}
		p.say(role, blocks)
	}
	p.endCleanly()
	return nil
}

func (p *plan) system(i int, m llm.Message) {
	if len(p.body.Messages) > 0 {
		p.lose(fmt.Sprintf("messages.%d.role", i)) // it stood elsewhere
	}
	if len(m.Images) > 0 {
		p.lose(fmt.Sprintf("messages.%d.image", i))
	}
	if m.Text != "" {
		p.body.System = append(p.body.System, block{Type: "text", Text: m.Text})
	}
}

// say adds to the last turn if it is the same side's: results of tools must be
// in the one turn after their calls.
func (p *plan) say(role string, blocks []block) {
	if len(blocks) == 0 {
		return // the wire refuses empty turns
	}
	if n := len(p.body.Messages); n > 0 && p.body.Messages[n-1].Role == role {
		p.body.Messages[n-1].Content = append(p.body.Messages[n-1].Content, blocks...)
		return
	}
	p.body.Messages = append(p.body.Messages, turn{Role: role, Content: blocks})
}

func (p *plan) endCleanly() {
	n := len(p.body.Messages)
	if n == 0 {
		p.body.Messages = []turn{} // the provider says that there must be one
		return
	}
	last := &p.body.Messages[n-1]
	end := &last.Content[len(last.Content)-1]
	if last.Role == "assistant" && end.Type == "text" {
		end.Text = trimEnd(end.Text)
	}
	if end.Type == "text" && end.Text == "" {
		last.Content = last.Content[:len(last.Content)-1]
	}
	if len(last.Content) == 0 {
		p.body.Messages = p.body.Messages[:n-1]
	}
}

func (p *plan) blocks(i int, m llm.Message) ([]block, error) {
	var out []block
	lost := false
	for _, r := range m.Reasoning {
		if one, ok := sealed(r); ok {
			out = append(out, one)
		} else {
			lost = lost || r.Sealed != ""
		}
	}
	if lost {
		p.lose(fmt.Sprintf("messages.%d.reasoning", i))
	}
	for n, picture := range m.Images {
		one, err := image(picture)
		if err != nil {
			return nil, fault.From(err).At(fmt.Sprintf("messages.%d.image.%d", i, n))
		}
		out = append(out, one)
	}
	if m.Text != "" {
		out = append(out, block{Type: "text", Text: m.Text})
	}
	if m.Role == llm.Tool {
		return []block{{Type: "tool_result", ToolUseID: m.ToolCallID, Content: out, IsError: m.ToolFailed}}, nil
	}
	for n, call := range m.ToolCalls {
		if call.Sealed != "" && call.Wire != llm.AnthropicMessages {
			p.lose(fmt.Sprintf("messages.%d.tool_calls.%d.sealed", i, n))
		}
		input := json.RawMessage(cmp.Or(strings.TrimSpace(call.Arguments), "{}"))
		if !json.Valid(input) || input[0] != '{' {
			return nil, fault.New(fault.BadRequest, "The arguments of a tool call are not a JSON object.", nil).
				At(fmt.Sprintf("messages.%d.tool_calls.%d", i, n))
		}
		out = append(out, block{Type: "tool_use", ID: call.ID, Name: call.Name, Input: input})
	}
	return out, nil
}

// sealed is a thought of this wire as its provider wrote it.
func sealed(r llm.Reasoning) (block, bool) {
	if r.Sealed == "" || r.Wire != llm.AnthropicMessages {
		return block{}, false
	}
	if data, ok := OpenRedacted(r.Sealed); ok {
		return block{Type: "redacted_thinking", Data: data}, true
	}
	return block{Type: "thinking", Thinking: &r.Text, Signature: r.Sealed}, true
}

// image goes as bytes or by its address, which the provider fetches.
func image(i llm.Image) (block, error) {
	if len(i.Data) > 0 {
		return block{Type: "image", Source: &source{Type: "base64", MediaType: i.MIME, Data: base64.StdEncoding.EncodeToString(i.Data)}}, nil
	}
	rest, inline := strings.CutPrefix(i.URL, "data:")
	if !inline {
		return block{Type: "image", Source: &source{Type: "url", URL: i.URL}}, nil
	}
	kind, data, ok := strings.Cut(rest, ";base64,")
	if !ok {
		return block{}, fault.New(fault.BadRequest, "The picture's data address cannot be read.", nil)
	}
	return block{Type: "image", Source: &source{Type: "base64", MediaType: kind, Data: data}}, nil
}
