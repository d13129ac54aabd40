package chat

import (
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/fields"
	"nexusai/backend/surface/picture"
)

// maxCalls bounds the tool calls of one message.
const maxCalls = 256

func message(o *fields.Object) llm.Message {
	m := llm.Message{Name: o.Text("name")}
	switch role := o.Need("role"); role {
	case "system", "developer":
		m.Role = llm.System
	case "user":
		m.Role = llm.User
	case "assistant":
		m.Role = llm.Assistant
		assistant(o, &m)
	case "tool":
		m.Role, m.ToolCallID = llm.Tool, o.Need("tool_call_id")
	case "function": // the first form of tools: a call has no id but its name
		m.Role, m.ToolCallID, m.Name = llm.Tool, m.Name, ""
	default:
		o.Fail("role", "A role is system, developer, user, assistant or tool.")
	}
	body(o, &m)
	return m
}

// body reads content: a text, or parts.
func body(o *fields.Object, m *llm.Message) {
	raw := o.Raw("content")
	if raw == nil || raw[0] == '"' {
		m.Text = o.Text("content")
		return
	}
	var texts []string
	textAfterImage := false
	o.Each("content", maxParts, func(_ int, p *fields.Object) {
		switch p.Need("type") {
		case "text":
			texts = append(texts, p.Text("text"))
			textAfterImage = textAfterImage || (len(m.Images) > 0 && len(texts) > 1)
		case "refusal":
			texts = append(texts, p.Text("refusal"))
		case "image_url":
			if image, ok := imageOf(p); ok {
				m.Images = append(m.Images, image)
			}
		default:
			p.Lose("type") // sound, a file
			p.SkipAll()
		}
	})
	if textAfterImage {
		o.Lose("content.order")
	}
	m.Text = strings.Join(texts, "\n")
}

func imageOf(p *fields.Object) (llm.Image, bool) {
	address, at := "", p.Path("image_url")
	if raw := p.Raw("image_url"); raw != nil && raw[0] == '"' {
		address = p.Text("image_url")
	} else if inner := p.Inner("image_url"); inner != nil {
		address, at = inner.Need("url"), inner.Path("url")
		inner.SkipIf("detail", `"auto"`)
		inner.Done()
	}
	image, err := picture.Read(address, at)
	if err != nil {
		p.FailWith(fault.From(err))
		return image, false
	}
	return image, true
}

func assistant(o *fields.Object, m *llm.Message) {
	o.Each("tool_calls", maxCalls, func(_ int, c *fields.Object) { m.ToolCalls = append(m.ToolCalls, toolCall(c)) })
	if call := o.Inner("function_call"); call != nil {
		name := call.Need("name")
		m.ToolCalls = append(m.ToolCalls, llm.ToolCall{ID: name, Name: name, Arguments: call.Text("arguments")})
		call.Done()
	}
	o.Each("reasoning_details", maxCalls, func(_ int, d *fields.Object) { m.Reasoning = append(m.Reasoning, detail(d)) })
	if len(m.Reasoning) > 0 {
		o.Skip("reasoning_content", "reasoning") // the same in plain words
		return
	}
	for _, key := range []string{"reasoning_content", "reasoning"} {
		if text := o.Text(key); text != "" && len(m.Reasoning) == 0 {
			m.Reasoning = []llm.Reasoning{{Text: text, Wire: llm.OpenAIChat}}
		}
	}
}

func toolCall(c *fields.Object) llm.ToolCall {
	out := llm.ToolCall{ID: c.Need("id")}
	if f := c.Inner("function"); f != nil {
		out.Name, out.Arguments = f.Need("name"), f.Text("arguments")
		f.Done()
	} else {
		c.Lose("type") // a tool of another kind
		c.SkipAll()
	}
	c.Skip("type", "index")
	// Where Google's own OpenAI-compatible endpoint has its signature.
	if extra := c.Inner("extra_content"); extra != nil {
		if google := extra.Inner("google"); google != nil {
			if out.Sealed = google.Text("thought_signature"); out.Sealed != "" {
				out.Wire = llm.GeminiGenerate
			}
			google.Done()
		}
		extra.Done()
	}
	return out
}

// detail reads reasoning in the form in which OpenRouter gives it and takes it
// back; format names the wire that sealed it.
func detail(d *fields.Object) llm.Reasoning {
	out := llm.Reasoning{Text: d.Text("text") + d.Text("summary"), Sealed: d.Text("signature") + d.Text("data"), Wire: llm.Wire(d.Text("format"))}
	d.Skip("type", "index", "id")
	return out
}

// details is the other way.
func details(all []llm.Reasoning) []detailOut {
	var out []detailOut
	for i, r := range all {
		if r.Sealed == "" {
			continue
		}
		d := detailOut{Type: "reasoning.text", Text: r.Text, Signature: r.Sealed, Format: string(r.Wire), Index: i}
		if r.Text == "" {
			d = detailOut{Type: "reasoning.encrypted", Data: r.Sealed, Format: string(r.Wire), Index: i}
		}
		out = append(out, d)
	}
	return out
}

type detailOut struct {
	Type      string `json:"type"`
	Text      string `json:"text,omitempty"`
	Signature string `json:"signature,omitempty"`
	Data      string `json:"data,omitempty"`
	Format    string `json:"format"`
	Index     int    `json:"index"`
}
