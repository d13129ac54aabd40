package messages_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/seal"
)

var everything = `{"model":"m","max_tokens":64,"temperature":0,"top_p":0.5,"top_k":40,"stop_sequences":["END"],"metadata":{"user_id":"u"},
"system":[{"type":"text","text":"be brief"},{"type":"text","text":"be kind"}],
"tools":[{"name":"look","description":"looks","input_schema":{"type":"object"},"strict":true}],
"tool_choice":{"type":"tool","name":"look","disable_parallel_tool_use":true},
"thinking":{"type":"enabled","budget_tokens":2048},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},
"messages":[
 {"role":"user","content":[{"type":"text","text":"what is"},{"type":"text","text":"this?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]},
 {"role":"assistant","content":[{"type":"thinking","thinking":"so","signature":"s1"},{"type":"redacted_thinking","data":"s2"},{"type":"thinking","thinking":"oh","signature":"` + seal.Show("s3", llm.OpenAIResponses, llm.AnthropicMessages) + `"},{"type":"redacted_thinking","data":"` + seal.ShowCall("c1", "sig", llm.GeminiGenerate) + `"},{"type":"text","text":"I look."},{"type":"tool_use","id":"c1","name":"look","input":{"a":1}}]},
 {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","is_error":true,"content":[{"type":"text","text":"dark"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},{"type":"tool_result","tool_use_id":"c2","content":"x"},{"type":"text","text":"and now?"}]},
 {"role":"user","content":[{"type":"tool_result","tool_use_id":"c3"}]}
]}`

func TestChatReadsEverything(t *testing.T) {
	t.Parallel()
	got, err := read(t, everything).Chat()
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	num := func(f float64) *float64 { return &f }
	png := llm.Image{Data: []byte("hi"), MIME: "image/png"}
	want := llm.ChatRequest{
		Model: "m", MaxTokens: 64, Temperature: num(0), TopP: num(0.5), TopK: 40, Stop: []string{"END"}, User: "u",
		Schema: json.RawMessage(`{"type":"object"}`), Effort: llm.EffortLow, ThinkTokens: 2048,
		Tools:      []llm.ToolSpec{{Name: "look", Description: "looks", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true}},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "look", OneAtATime: true},
		Messages: []llm.Message{
			{Role: llm.System, Text: "be brief\nbe kind"},
			{Role: llm.User, Text: "what is\nthis?", Images: []llm.Image{png, {URL: "https://example.com/a.png"}}},
			{
				Role: llm.Assistant, Text: "I look.",
				Reasoning: []llm.Reasoning{{Text: "so", Sealed: "s1", Wire: llm.AnthropicMessages}, {Sealed: anthropic.SealRedacted("s2"), Wire: llm.AnthropicMessages}, {Text: "oh", Sealed: "s3", Wire: llm.OpenAIResponses}},
				ToolCalls: []llm.ToolCall{{ID: "c1", Name: "look", Arguments: `{"a":1}`, Sealed: "sig", Wire: llm.GeminiGenerate}},
			},
			{Role: llm.Tool, ToolCallID: "c1", ToolFailed: true, Text: "dark", Images: []llm.Image{png}},
			{Role: llm.Tool, ToolCallID: "c2", Text: "x"},
			{Role: llm.User, Text: "and now?"},
			{Role: llm.Tool, ToolCallID: "c3"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhatCannotBeSaidIsNamed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"model":"m","service_tier":"auto",` + said + `}`:                                                                      "",
		`{"model":"m","container":"c","system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}],` + said + `}`: "system.0.cache_control container",
		`{"model":"m","tools":[{"type":"web_search_20250305","name":"web_search"}],` + said + `}`:                               "tools.0.type",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"x"}}]}]}`:        "messages.0.content.0.type",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"x"}}]}]}`:        "messages.0.content.0.source.type",
		`{"model":"m","output_config":{"effort":"max"},` + said + `}`:                                                           "output_config.effort",
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
		"temperature":                      `{"model":"m","temperature":"hot",` + said + `}`,
		"tools.0.name":                     `{"model":"m","tools":[{"input_schema":{}}],` + said + `}`,
		"tools.0.input_schema":             `{"model":"m","tools":[{"name":"f"}],` + said + `}`,
		"tool_choice.type":                 `{"model":"m","tool_choice":{"type":"maybe"},` + said + `}`,
		"thinking.budget_tokens":           `{"model":"m","thinking":{"type":"enabled"},` + said + `}`,
		"messages.0.role":                  `{"model":"m","messages":[{"role":"boss","content":"x"}]}`,
		"messages.0.content.0.text":        `{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}`,
		"messages.0.content.0.source.data": `{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"!"}}]}]}`,
		"messages.0.content.0.tool_use_id": `{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result"}]}]}`,
	} {
		_, err := read(t, body).Chat()
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != field {
			t.Errorf("%s is %+v", body, f)
		}
	}
}

func FuzzReadAndChat(f *testing.F) {
	for _, seed := range []string{everything, `{"model":"m",` + said + `}`, `{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"tool_result"}]}]}]}`, `[`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := messages.Surface{}.Read(body)
		if err != nil {
			return
		}
		if _, err := r.Chat(); err != nil && fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%q is %v", body, err)
		}
		again, err := messages.Surface{}.Read(r.Rewrite("another", 77))
		if err != nil || again.Model() != "another" {
			t.Errorf("%q became %q: %v", body, r.Rewrite("another", 77), err)
		}
	})
}
