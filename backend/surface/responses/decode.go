package responses

import (
	"nexusai/backend/llm"
	"nexusai/backend/surface/fields"
)

// maxTools is twice what OpenAI allows.
const maxTools = 256

// Chat implements broker.Request.
func (r *request) Chat() (llm.ChatRequest, error) {
	var sheet fields.Sheet
	o := fields.Read(&sheet, r.body)
	o.Skip("model", "stream", "stream_options", "max_output_tokens", "store", "metadata", "prompt_cache_key", "prompt_cache_retention", "include")
	out := llm.ChatRequest{
		Model: r.Request.Model, MaxTokens: r.MaxOutput,
		Temperature: o.Number("temperature"), TopP: o.Number("top_p"), User: o.Text("user"),
	}
	if id := o.Text("safety_identifier"); out.User == "" {
		out.User = id
	}
	if r.Previous == "" {
		o.Skip("previous_response_id")
	}
	if text := o.Text("instructions"); text != "" {
		out.Messages = append(out.Messages, llm.Message{Role: llm.System, Text: text})
	}
	input(o, &out)
	o.Each("tools", maxTools, func(_ int, t *fields.Object) {
		if spec, ok := tool(t); ok {
			out.Tools = append(out.Tools, spec)
		}
	})
	out.ToolChoice = toolChoice(o)
	think(o, &out)
	format(o, &out)
	for _, usual := range []struct{ key, raw string }{
		{"truncation", `"disabled"`},
		{"service_tier", `"auto"`},
		{"service_tier", `"default"`},
		{"top_logprobs", "0"},
	} {
		o.SkipIf(usual.key, usual.raw)
	}
	o.Done()
	out.Unknown = sheet.Unknown()
	return out, sheet.Err()
}

func tool(t *fields.Object) (llm.ToolSpec, bool) {
	if t.Need("type") != "function" { // one that the provider runs, or with a grammar
		t.Lose("type")
		t.SkipAll()
		return llm.ToolSpec{}, false
	}
	return llm.ToolSpec{Name: t.Need("name"), Description: t.Text("description"), Parameters: t.JSON("parameters"), Strict: t.Bool("strict")}, true
}

func toolChoice(o *fields.Object) (choice llm.ToolChoice) {
	if o.Has("parallel_tool_calls") {
		choice.OneAtATime = !o.Bool("parallel_tool_calls")
	}
	raw := o.Raw("tool_choice")
	switch {
	case raw == nil:
	case raw[0] == '"':
		choice.Mode = llm.ToolMode(o.Text("tool_choice"))
		if choice.Mode != llm.ToolsAuto && choice.Mode != llm.ToolsNone && choice.Mode != llm.ToolsRequired {
			o.Fail("tool_choice", "tool_choice is auto, none, required or a tool.")
		}
	default:
		named := o.Inner("tool_choice")
		if named.Text("type") != "function" {
			named.Lose("type")
			named.SkipAll()
			break
		}
		choice.Mode, choice.Name = llm.ToolNamed, named.Need("name")
		named.Done()
	}
	return choice
}

func think(o *fields.Object, out *llm.ChatRequest) {
	r := o.Inner("reasoning")
	if r == nil {
		return
	}
	switch effort := llm.Effort(r.Text("effort")); effort {
	case "", llm.EffortNone, llm.EffortMinimal, llm.EffortLow, llm.EffortMedium, llm.EffortHigh:
		out.Effort = effort
	default: // xhigh
		out.Effort = llm.EffortHigh
		r.Lose("effort")
	}
	r.Skip("summary", "generate_summary") // thoughts that can be read are given anyway
	r.Done()
}

func format(o *fields.Object, out *llm.ChatRequest) {
	t := o.Inner("text")
	if t == nil {
		return
	}
	t.SkipIf("verbosity", `"medium"`)
	if f := t.Inner("format"); f != nil {
		switch f.Need("type") {
		case "text":
		case "json_object":
			out.JSON = true
		case "json_schema":
			out.SchemaName, out.Schema = f.Need("name"), f.JSON("schema")
			f.Skip("strict", "description")
		default:
			f.Lose("type")
			f.SkipAll()
		}
		f.Done()
	}
	t.Done()
}
