package responses

import (
	"slices"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/fields"
	"nexusai/backend/surface/picture"
	"nexusai/backend/surface/seal"
)

// turns puts items together: thoughts, words and calls of a model that follow
// one another are one turn of it.
type turns struct {
	out  []llm.Message
	open bool // the last one is the model's and may grow
}

func input(o *fields.Object, out *llm.ChatRequest) {
	raw := o.Raw("input")
	if raw == nil || raw[0] == '"' {
		if text := o.Text("input"); text != "" {
			out.Messages = append(out.Messages, llm.Message{Role: llm.User, Text: text})
		}
		return
	}
	t := turns{out: out.Messages}
	o.Each("input", maxItems, func(_ int, item *fields.Object) { t.item(item) })
	for i := range t.out { // seals whose call did not come
		t.out[i].ToolCalls = slices.DeleteFunc(t.out[i].ToolCalls, func(c llm.ToolCall) bool { return c.Name == "" })
	}
	out.Messages = t.out
}

// model is the model's turn that is open, or a new one.
func (t *turns) model() *llm.Message {
	if !t.open {
		t.out, t.open = append(t.out, llm.Message{Role: llm.Assistant}), true
	}
	return &t.out[len(t.out)-1]
}

func (t *turns) item(o *fields.Object) {
	switch kind := o.Text("type"); kind {
	case "", "message":
		t.message(o)
	case "function_call":
		m := t.model()
		call := llm.ToolCall{ID: o.Need("call_id"), Name: o.Need("name"), Arguments: o.Text("arguments")}
		o.Skip("id", "status")
		m.ToolCalls = append(m.ToolCalls, call)
		sealCalls(m)
	case "function_call_output":
		m := llm.Message{Role: llm.Tool, ToolCallID: o.Need("call_id")}
		body(o, "output", &m)
		o.Skip("id", "status")
		t.out, t.open = append(t.out, m), false
	case "reasoning":
		t.reasoning(o)
	default: // of a tool that the provider runs, or one that only it has
		o.Lose("type")
		o.SkipAll()
	}
}

func (t *turns) message(o *fields.Object) {
	role := o.Need("role")
	m := llm.Message{Role: llm.Role(role)}
	switch role {
	case "developer":
		m.Role = llm.System
	case "system", "user", "assistant":
	default:
		o.Fail("role", "A role is system, developer, user or assistant.")
	}
	body(o, "content", &m)
	o.Skip("id", "status", "phase")
	if m.Role != llm.Assistant {
		t.out, t.open = append(t.out, m), false
		return
	}
	if t.open && t.out[len(t.out)-1].Text != "" {
		t.open = false
	}
	t.model().Text = m.Text
}

// body reads a text, or parts.
func body(o *fields.Object, key string, m *llm.Message) {
	raw := o.Raw(key)
	if raw == nil || raw[0] == '"' {
		m.Text = o.Text(key)
		return
	}
	var texts []string
	mixed := false
	o.Each(key, maxItems, func(_ int, p *fields.Object) {
		switch p.Need("type") {
		case "input_text", "output_text", "text":
			texts = append(texts, p.Text("text"))
			mixed = mixed || (len(m.Images) > 0 && len(texts) > 1)
			p.Skip("annotations", "logprobs")
		case "refusal":
			texts = append(texts, p.Text("refusal"))
		case "input_image":
			if image, ok := imageOf(p); ok {
				m.Images = append(m.Images, image)
			}
		default: // a file, sound
			p.Lose("type")
			p.SkipAll()
		}
	})
	if mixed {
		o.Lose(key + ".order")
	}
	m.Text = strings.Join(texts, "\n")
}

func imageOf(p *fields.Object) (llm.Image, bool) {
	p.SkipIf("detail", `"auto"`)
	if !p.Has("image_url") { // a file that the provider keeps
		p.Lose("file_id")
		p.SkipAll()
		return llm.Image{}, false
	}
	image, err := picture.Read(p.Text("image_url"), p.Path("image_url"))
	if err != nil {
		p.FailWith(fault.From(err))
	}
	return image, err == nil
}

func (t *turns) reasoning(o *fields.Object) {
	text := ""
	each := func(_ int, p *fields.Object) {
		p.Skip("type")
		text += p.Text("text")
	}
	o.Each("summary", maxItems, each)
	o.Each("content", maxItems, each)
	kept := o.Text("encrypted_content")
	o.Skip("id", "status")
	m := t.model()
	if id, sealed, wire, ok := seal.ReadCall(kept); ok {
		m.ToolCalls = append(m.ToolCalls, llm.ToolCall{ID: id, Sealed: sealed, Wire: wire})
		return
	}
	sealed, wire := seal.Read(kept, llm.OpenAIResponses)
	m.Reasoning = append(m.Reasoning, llm.Reasoning{Text: text, Sealed: sealed, Wire: wire})
}

// sealCalls lets the call that came last take the seal that came before it.
func sealCalls(m *llm.Message) {
	last := len(m.ToolCalls) - 1
	for i, c := range m.ToolCalls[:last] {
		if c.Name != "" || c.ID != m.ToolCalls[last].ID {
			continue
		}
		m.ToolCalls[last].Sealed, m.ToolCalls[last].Wire = c.Sealed, c.Wire
		m.ToolCalls = append(m.ToolCalls[:i], m.ToolCalls[i+1:]...)
		return
	}
}
