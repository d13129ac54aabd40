package responses_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/responses"
	"nexusai/backend/surface/seal"
)

var everything = `{"model":"m","max_output_tokens":64,"temperature":0,"top_p":0.5,"user":"u","instructions":"be brief","store":false,"metadata":{"a":"b"},
"reasoning":{"effort":"low","summary":"auto"},"parallel_tool_calls":false,"truncation":"disabled","include":["reasoning.encrypted_content"],
"text":{"format":{"type":"json_schema","name":"shape","strict":true,"schema":{"type":"object"}},"verbosity":"medium"},
"tools":[{"type":"function","name":"look","description":"looks","parameters":{"type":"object"},"strict":true}],"tool_choice":{"type":"function","name":"look"},
"input":[
 {"role":"developer","content":"be kind"},
 {"type":"message","role":"user","content":[{"type":"input_text","text":"what is"},{"type":"input_text","text":"this?"},{"type":"input_image","image_url":"data:image/png;base64,aGk=","detail":"auto"}]},
 {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"so"}],"encrypted_content":"s1"},
 {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"I look.","annotations":[]}]},
 {"type":"reasoning","summary":[],"encrypted_content":"` + seal.ShowCall("c1", "sig", llm.GeminiGenerate) + `"},
 {"type":"function_call","id":"fc_1","call_id":"c1","name":"look","arguments":"{\"a\":1}"},
 {"type":"function_call","call_id":"c2","name":"look","arguments":"{}"},
 {"type":"function_call_output","call_id":"c1","output":"a cat"},
 {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"a dog"}]},
 {"role":"assistant","content":"A cat."},
 {"role":"assistant","content":"And a dog."}
]}`

func TestChatReadsEverything(t *testing.T) {
	t.Parallel()
	got, err := read(t, everything).Chat()
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	num := func(f float64) *float64 { return &f }
	want := llm.ChatRequest{
		Model: "m", MaxTokens: 64, Temperature: num(0), TopP: num(0.5), User: "u", Effort: llm.EffortLow,
		Schema: json.RawMessage(`{"type":"object"}`), SchemaName: "shape",
		Tools:      []llm.ToolSpec{{Name: "look", Description: "looks", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true}},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "look", OneAtATime: true},
		Messages: []llm.Message{
			{Role: llm.System, Text: "be brief"},
			{Role: llm.System, Text: "be kind"},
			{Role: llm.User, Text: "what is\nthis?", Images: []llm.Image{{Data: []byte("hi"), MIME: "image/png"}}},
			{
				Role: llm.Assistant, Text: "I look.", Reasoning: []llm.Reasoning{{Text: "so", Sealed: "s1", Wire: llm.OpenAIResponses}},
				ToolCalls: []llm.ToolCall{{ID: "c1", Name: "look", Arguments: `{"a":1}`, Sealed: "sig", Wire: llm.GeminiGenerate}, {ID: "c2", Name: "look", Arguments: "{}"}},
			},
			{Role: llm.Tool, ToolCallID: "c1", Text: "a cat"},
			{Role: llm.Tool, ToolCallID: "c2", Text: "a dog"},
			{Role: llm.Assistant, Text: "A cat."},
			{Role: llm.Assistant, Text: "And a dog."},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhatCannotBeSaidIsNamed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"model":"m","input":"hi","service_tier":"auto","previous_response_id":null}`:                          "",
		`{"model":"m","input":"hi","previous_response_id":"resp_1"}`:                                            "previous_response_id",
		`{"model":"m","input":"hi","tools":[{"type":"web_search"}],"max_tool_calls":3}`:                         "tools.0.type max_tool_calls",
		`{"model":"m","input":[{"type":"item_reference","id":"x"}]}`:                                            "input.0.type",
		`{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_id":"x"}]}]}`:               "input.0.content.0.type",
		`{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"x"}]}]}`:              "input.0.content.0.file_id",
		`{"model":"m","input":"hi","text":{"verbosity":"low"},"reasoning":{"effort":"xhigh"},"top_logprobs":2}`: "reasoning.effort text.verbosity top_logprobs",
	} {
		got, err := read(t, body).Chat()
		if err != nil || strings.Join(got.Unknown, " ") != want {
			t.Errorf("%s lost %q, want %q: %v", body, got.Unknown, want, err)
		}
	}
}

func TestChatNamesTheWrongField(t *testing.T) {
	t.Parallel()
	for field, body := range map[string]string{
		"temperature":      `{"model":"m","input":"hi","temperature":"hot"}`,
		"input.0.role":     `{"model":"m","input":[{"role":"boss","content":"x"}]}`,
		"input.0.call_id":  `{"model":"m","input":[{"type":"function_call","name":"f"}]}`,
		"input.0.content":  `{"model":"m","input":[{"role":"user","content":7}]}`,
		"tool_choice":      `{"model":"m","input":"hi","tool_choice":"maybe"}`,
		"text.format.name": `{"model":"m","input":"hi","text":{"format":{"type":"json_schema","schema":{}}}}`,
	} {
		_, err := read(t, body).Chat()
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != field {
			t.Errorf("%s is %+v", body, f)
		}
	}
}

func FuzzReadAndChat(f *testing.F) {
	for _, seed := range []string{everything, `{"model":"m","input":"hi"}`, `{"model":"m","input":[{"type":"reasoning"},{"type":"function_call","call_id":"","name":"f"}]}`, `[`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := responses.Surface{}.Read(body)
		if err != nil {
			return
		}
		if _, err := r.Chat(); err != nil && fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%q is %v", body, err)
		}
		again, err := responses.Surface{}.Read(r.Rewrite("another", 77))
		if err != nil || again.Model() != "another" {
			t.Errorf("%q became %q: %v", body, r.Rewrite("another", 77), err)
		}
		if _, _, err := responses.Expand(r, responses.Surface{}, [][]byte{[]byte(`[{"role":"user","content":"x"}]`), []byte(" [ ] ")}); err != nil && fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%q cannot be expanded: %v", body, err)
		}
	})
}
