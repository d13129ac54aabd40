package messages

import (
	"strings"

	"nexusai/backend/llm"
	"nexusai/backend/surface/fields"
)

// maxTools bounds the tools of one request.
const maxTools = 1024

// Chat implements broker.Request.
func (r *request) Chat() (llm.ChatRequest, error) {
	var sheet fields.Sheet
	o := fields.Read(&sheet, r.body)
	o.Skip("model", "stream", "max_tokens")
	out := llm.ChatRequest{
		Model: r.Request.Model, MaxTokens: r.MaxTokens,
		Temperature: o.Number("temperature"), TopP: o.Number("top_p"), TopK: o.Count("top_k"),
		Stop: o.Texts("stop_sequences"),
	}
	if meta := o.Inner("metadata"); meta != nil {
		out.User = meta.Text("user_id")
		meta.Done()
	}
	if text := system(o); text != "" {
		out.Messages = append(out.Messages, llm.Message{Role: llm.System, Text: text})
	}
	o.Each("messages", maxMessages, func(_ int, m *fields.Object) { out.Messages = append(out.Messages, turn(m)...) })
	o.Each("tools", maxTools, func(_ int, t *fields.Object) {
		if spec, ok := tool(t); ok {
			out.Tools = append(out.Tools, spec)
		}
	})
	out.ToolChoice = toolChoice(o)
	think(o, &out)
	output(o, &out)
	o.SkipIf("service_tier", `"auto"`)
	o.SkipIf("service_tier", `"standard_only"`)
	o.Done()
	out.Unknown = sheet.Unknown()
	return out, sheet.Err()
}

func system(o *fields.Object) string {
	if raw := o.Raw("system"); raw == nil || raw[0] == '"' {
		return o.Text("system")
	}
	var texts []string
	o.Each("system", maxBlocks, func(_ int, b *fields.Object) {
		if b.Need("type") == "text" {
			texts = append(texts, b.Need("text"))
			return
		}
		b.Lose("type")
		b.SkipAll()
	})
	return strings.Join(texts, "\n")
}

func tool(t *fields.Object) (llm.ToolSpec, bool) {
	if kind := t.Text("type"); kind != "" && kind != "custom" { // one that the provider runs
		t.Lose("type")
		t.SkipAll()
		return llm.ToolSpec{}, false
	}
	if !t.Has("input_schema") {
		t.Fail("input_schema", "This field is missing.")
	}
	return llm.ToolSpec{Name: t.Need("name"), Description: t.Text("description"), Parameters: t.JSON("input_schema"), Strict: t.Bool("strict")}, true
}

var modes = map[string]llm.ToolMode{"auto": llm.ToolsAuto, "any": llm.ToolsRequired, "tool": llm.ToolNamed, "none": llm.ToolsNone}

func toolChoice(o *fields.Object) (choice llm.ToolChoice) {
	c := o.Inner("tool_choice")
	if c == nil {
		return choice
	}
	choice.Mode = modes[c.Need("type")]
	switch choice.Mode {
	case "":
		c.Fail("type", "tool_choice is auto, any, tool or none.")
	case llm.ToolNamed:
		choice.Name = c.Need("name")
	}
	choice.OneAtATime = c.Bool("disable_parallel_tool_use")
	c.Done()
	return choice
}

func think(o *fields.Object, out *llm.ChatRequest) {
	t := o.Inner("thinking")
	if t == nil {
		return
	}
	switch t.Need("type") {
	case "enabled":
		if out.ThinkTokens = t.Count("budget_tokens"); out.ThinkTokens == 0 {
			t.Fail("budget_tokens", "This field is missing.")
		}
	case "adaptive":
		out.Effort = llm.EffortHigh // what the wire takes when output_config says nothing
	case "disabled":
	default:
		t.Fail("type", "thinking is enabled, adaptive or disabled.")
	}
	t.Skip("display")
	t.Done()
}

// output reads how long to think and the form of the answer.
func output(o *fields.Object, out *llm.ChatRequest) {
	format := func(f *fields.Object) {
		if f == nil {
			return
		}
		if f.Need("type") == "json_schema" {
			out.Schema = f.JSON("schema")
		} else {
			f.Lose("type")
		}
		f.Done()
	}
	format(o.Inner("output_format")) // its first place
	c := o.Inner("output_config")
	if c == nil {
		return
	}
	format(c.Inner("format"))
	switch effort := llm.Effort(c.Text("effort")); effort {
	case "":
	case llm.EffortLow, llm.EffortMedium, llm.EffortHigh:
		out.Effort = effort
	default: // xhigh, max
		out.Effort = llm.EffortHigh
		c.Lose("effort")
	}
	c.Done()
}
