package messages

import (
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/surface/fields"
	"nexusai/backend/surface/picture"
	"nexusai/backend/surface/seal"
)

// parts is a turn on its way: a user's may answer several calls and say
// something beside.
type parts struct {
	said    llm.Message
	texts   []string
	results []llm.Message
	seals   map[string]llm.ToolCall // of tool calls, by id; see seal.ShowCall
	mixed   bool                    // text behind an image that stands behind text
}

// turn is one message of the wire: what answers a call becomes a turn of its
// own, in front, as the wire wants it.
func turn(o *fields.Object) []llm.Message {
	p := parts{said: llm.Message{Role: llm.Role(o.Need("role"))}, seals: map[string]llm.ToolCall{}}
	if p.said.Role != llm.User && p.said.Role != llm.Assistant && p.said.Role != llm.System {
		o.Fail("role", "A role is user or assistant.")
	}
	raw := o.Raw("content")
	if raw == nil || raw[0] == '"' {
		p.said.Text = o.Text("content")
		return []llm.Message{p.said}
	}
	o.Each("content", maxBlocks, func(_ int, b *fields.Object) { p.block(b) })
	if p.mixed {
		o.Lose("content.order")
	}
	p.said.Text = strings.Join(p.texts, "\n")
	for i, call := range p.said.ToolCalls {
		if s, sealed := p.seals[call.ID]; sealed {
			p.said.ToolCalls[i].Sealed, p.said.ToolCalls[i].Wire = s.Sealed, s.Wire
		}
	}
	if len(p.results) > 0 && p.said.Text == "" && len(p.said.Images) == 0 {
		return p.results
	}
	return append(p.results, p.said)
}

func (p *parts) block(b *fields.Object) {
	switch b.Need("type") {
	case "text":
		p.texts = append(p.texts, b.Need("text"))
		p.mixed = p.mixed || (len(p.said.Images) > 0 && len(p.texts) > 1)
	case "image":
		if image, ok := imageOf(b); ok {
			p.said.Images = append(p.said.Images, image)
		}
	case "tool_use":
		p.said.ToolCalls = append(p.said.ToolCalls, llm.ToolCall{ID: b.Need("id"), Name: b.Need("name"), Arguments: string(b.JSON("input"))})
	case "tool_result":
		p.results = append(p.results, result(b))
	case "thinking":
		sealed, wire := seal.Read(b.Text("signature"), llm.AnthropicMessages)
		p.said.Reasoning = append(p.said.Reasoning, llm.Reasoning{Text: b.Text("thinking"), Sealed: sealed, Wire: wire})
	case "redacted_thinking":
		p.redacted(b.Need("data"))
	default: // a document, a tool that the provider ran
		b.Lose("type")
		b.SkipAll()
	}
}

// redacted is a thought that only its maker can read: Anthropic's, or one of
// another wire that this surface has shown in this form.
func (p *parts) redacted(data string) {
	if id, sealed, wire, ok := seal.ReadCall(data); ok {
		p.seals[id] = llm.ToolCall{Sealed: sealed, Wire: wire}
		return
	}
	sealed, wire := seal.Read(data, llm.AnthropicMessages)
	if wire == llm.AnthropicMessages {
		sealed = anthropic.SealRedacted(sealed)
	}
	p.said.Reasoning = append(p.said.Reasoning, llm.Reasoning{Sealed: sealed, Wire: wire})
}

func result(b *fields.Object) llm.Message {
	p := parts{said: llm.Message{Role: llm.Tool, ToolCallID: b.Need("tool_use_id"), ToolFailed: b.Bool("is_error")}}
	raw := b.Raw("content")
	if raw == nil || raw[0] == '"' {
		p.said.Text = b.Text("content")
		return p.said
	}
	b.Each("content", maxBlocks, func(_ int, inner *fields.Object) {
		switch inner.Need("type") {
		case "text", "image":
			p.block(inner)
		default:
			inner.Lose("type")
			inner.SkipAll()
		}
	})
	p.said.Text = strings.Join(p.texts, "\n")
	return p.said
}

func imageOf(b *fields.Object) (image llm.Image, ok bool) {
	s := b.Inner("source")
	if s == nil {
		b.Fail("source", "This field is missing.")
		return image, false
	}
	defer s.Done()
	var err error
	switch s.Need("type") {
	case "base64":
		image, err = picture.Decode(s.Need("media_type"), s.Need("data"), s.Path("data"))
	case "url":
		image, err = picture.Read(s.Need("url"), s.Path("url"))
	default: // a file that the provider keeps
		s.Lose("type")
		s.SkipAll()
		return image, false
	}
	if err != nil {
		s.FailWith(fault.From(err))
	}
	return image, err == nil
}
