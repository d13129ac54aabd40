package chat

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
	o.Skip("model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "prompt_cache_key")
	out := llm.ChatRequest{
		Model: r.model, MaxTokens: r.max, Choices: r.choices,
		Temperature: o.Number("temperature"), TopP: o.Number("top_p"), TopK: o.Count("top_k"),
		Stop: o.Texts("stop"), Seed: o.Whole("seed"),
		Frequency: o.Number("frequency_penalty"), Presence: o.Number("presence_penalty"),
		User: o.Text("user"),
	}
	if id := o.Text("safety_identifier"); out.User == "" {
		out.User = id
	}
	out.Effort = effort(o, "reasoning_effort")
	o.Each("messages", maxMessages, func(_ int, m *fields.Object) { out.Messages = append(out.Messages, message(m)) })
	o.Each("tools", maxTools, func(_ int, t *fields.Object) {
		if spec, ok := tool(t); ok {
			out.Tools = append(out.Tools, spec)
		}
	})
	out.ToolChoice = toolChoice(o)
	format(o, &out)
	harmless(o)
	o.Done()
	out.Unknown = sheet.Unknown()
	return out, sheet.Err()
}

// harmless are settings that say what everybody does anyway.
func harmless(o *fields.Object) {
	for _, usual := range []struct{ key, raw string }{
		{"store", "false"},
		{"service_tier", `"auto"`},
		{"service_tier", `"default"`},
		{"verbosity", `"medium"`},
		{"modalities", `["text"]`},
		{"top_logprobs", "0"},
		{"function_call", `"none"`},
	} {
		o.SkipIf(usual.key, usual.raw)
	}
}

// effort reads how long to think; what is beyond our scale counts as its end.
func effort(o *fields.Object, key string) llm.Effort {
	said := o.Text(key)
	switch e := llm.Effort(said); e {
	case "", llm.EffortNone, llm.EffortMinimal, llm.EffortLow, llm.EffortMedium, llm.EffortHigh:
		return e
	case "xhigh", "max":
		o.Lose(key)
		return llm.EffortHigh
	}
	o.Fail(key, "The effort is none, minimal, low, medium or high.")
	return ""
}

func tool(t *fields.Object) (llm.ToolSpec, bool) {
	if kind := t.Need("type"); kind != "function" {
		t.Lose("type")
		t.SkipAll()
		return llm.ToolSpec{}, false
	}
	f := t.Inner("function")
	if f == nil {
		t.Fail("function", "This field is missing.")
		return llm.ToolSpec{}, false
	}
	defer f.Done()
	return llm.ToolSpec{Name: f.Need("name"), Description: f.Text("description"), Parameters: f.JSON("parameters"), Strict: f.Bool("strict")}, true
}

func toolChoice(o *fields.Object) (choice llm.ToolChoice) {
	if parallel := o.Raw("parallel_tool_calls"); parallel != nil {
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
		namedTool(o.Inner("tool_choice"), &choice)
	}
	return choice
}

func namedTool(named *fields.Object, choice *llm.ToolChoice) {
	f := named.Inner("function")
	if named.Text("type") != "function" || f == nil {
		named.Lose("type") // a choice among some, or of another kind
		named.SkipAll()
		return
	}
	choice.Mode, choice.Name = llm.ToolNamed, f.Need("name")
	f.Done()
	named.Done()
}

func format(o *fields.Object, out *llm.ChatRequest) {
	f := o.Inner("response_format")
	if f == nil {
		return
	}
	switch f.Need("type") {
	case "text":
	case "json_object":
		out.JSON = true
	case "json_schema":
		s := f.Inner("json_schema")
		if s == nil {
			f.Fail("json_schema", "This field is missing.")
			return
		}
		out.SchemaName, out.Schema = s.Text("name"), s.JSON("schema")
		s.Skip("strict", "description")
		s.Done()
	default:
		f.Lose("type")
	}
	f.Done()
}
