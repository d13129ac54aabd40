package chat_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/chat"
)

const everything = `{"model":"m","n":2,"max_completion_tokens":64,"temperature":0,"top_p":0.5,"top_k":40,"stop":"END","seed":7,
"frequency_penalty":0.1,"presence_penalty":-0.2,"user":"u-1","reasoning_effort":"low","parallel_tool_calls":false,
"response_format":{"type":"json_schema","json_schema":{"name":"shape","strict":true,"schema":{"type":"object"}}},
"tools":[{"type":"function","function":{"name":"look","description":"looks","parameters":{"type":"object"},"strict":true}}],
"tool_choice":{"type":"function","function":{"name":"look"}},
"messages":[
 {"role":"developer","content":"be brief"},
 {"role":"user","name":"ana","content":[{"type":"text","text":"what is"},{"type":"text","text":"this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk=","detail":"auto"}},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]},
 {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"a\":1}"},"extra_content":{"google":{"thought_signature":"sig"}}}]},
 {"role":"tool","tool_call_id":"c1","content":"a cat"},
 {"role":"assistant","content":"A cat.","reasoning_details":[{"type":"reasoning.text","text":"so","signature":"s1","format":"anthropic.messages","index":0},{"type":"reasoning.encrypted","data":"s2","format":"anthropic.messages"}]}
],"store":false,"service_tier":"auto","stream":true,"stream_options":{"include_usage":true}}`

func TestChatReadsEverything(t *testing.T) {
	t.Parallel()
	got, err := read(t, everything).Chat()
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	num := func(f float64) *float64 { return &f }
	seed := int64(7)
	want := llm.ChatRequest{
		Model: "m", Choices: 2, MaxTokens: 64, Temperature: num(0), TopP: num(0.5), TopK: 40, Stop: []string{"END"}, Seed: &seed,
		Frequency: num(0.1), Presence: num(-0.2), User: "u-1", Effort: llm.EffortLow,
		Schema: json.RawMessage(`{"type":"object"}`), SchemaName: "shape",
		Tools:      []llm.ToolSpec{{Name: "look", Description: "looks", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true}},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "look", OneAtATime: true},
		Messages: []llm.Message{
			{Role: llm.System, Text: "be brief"},
			{Role: llm.User, Name: "ana", Text: "what is\nthis?", Images: []llm.Image{{Data: []byte("hi"), MIME: "image/png"}, {URL: "https://example.com/a.png"}}},
			{
				Role: llm.Assistant, Reasoning: []llm.Reasoning{{Text: "hm", Wire: llm.OpenAIChat}},
				ToolCalls: []llm.ToolCall{{ID: "c1", Name: "look", Arguments: `{"a":1}`, Sealed: "sig", Wire: llm.GeminiGenerate}},
			},
			{Role: llm.Tool, ToolCallID: "c1", Text: "a cat"},
			{Role: llm.Assistant, Text: "A cat.", Reasoning: []llm.Reasoning{{Text: "so", Sealed: "s1", Wire: llm.AnthropicMessages}, {Sealed: "s2", Wire: llm.AnthropicMessages}}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhatCannotBeSaidIsNamed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"model":"m","logprobs":true,"top_logprobs":3,"logit_bias":{"5":1},` + said + `}`:                                                                                                   "logprobs top_logprobs logit_bias",
		`{"model":"m","logprobs":false,"top_logprobs":0,"logit_bias":{},"store":false,"modalities":["text"],"metadata":null,` + said + `}`:                                                   "",
		`{"model":"m","reasoning_effort":"xhigh",` + said + `}`:                                                                                                                              "reasoning_effort",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}]}`:                                                             "messages.0.content.0.cache_control",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"","format":"wav"}}]}]}`:                                                             "messages.0.content.0.type",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk=","detail":"high"}}]}]}`:                                       "messages.0.content.0.image_url.detail",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}},{"type":"text","text":"b"}]}]}`: "messages.0.content.order",
		`{"model":"m","tools":[{"type":"custom","custom":{"name":"x"}}],` + said + `}`:                                                                                                       "tools.0.type",
		`{"model":"m","tool_choice":{"type":"allowed_tools","allowed_tools":{}},` + said + `}`:                                                                                               "tool_choice.type",
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
		"temperature":                        `{"model":"m","temperature":"hot",` + said + `}`,
		"stop":                               `{"model":"m","stop":7,` + said + `}`,
		"reasoning_effort":                   `{"model":"m","reasoning_effort":"lots",` + said + `}`,
		"tool_choice":                        `{"model":"m","tool_choice":"maybe",` + said + `}`,
		"tools.0.function.name":              `{"model":"m","tools":[{"type":"function","function":{}}],` + said + `}`,
		"tools.0.function.parameters":        `{"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":"x"}}],` + said + `}`,
		"response_format.json_schema":        `{"model":"m","response_format":{"type":"json_schema"},` + said + `}`,
		"messages.0.role":                    `{"model":"m","messages":[{"role":"boss","content":"x"}]}`,
		"messages.0.content.0.text":          `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":7}]}]}`,
		"messages.0.tool_call_id":            `{"model":"m","messages":[{"role":"tool","content":"x"}]}`,
		"messages.0.content.0.image_url.url": `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,!!"}}]}]}`,
	} {
		_, err := read(t, body).Chat()
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != field {
			t.Errorf("%s is %+v", body, f)
		}
	}
}

func FuzzReadAndChat(f *testing.F) {
	for _, seed := range []string{everything, `{"model":"m",` + said + `}`, `{"model":"m","messages":[{"role":"function","name":"f","content":"x"}]}`, `{"messages":[null]}`, `[`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := chat.Surface{}.Read(body)
		if err != nil {
			return
		}
		if _, err := r.Chat(); err != nil && fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%q is %v", body, err)
		}
		again, err := chat.Surface{}.Read(r.Rewrite("another", 77))
		if err != nil || again.Model() != "another" || again.Bound().MaxOutput == 0 || again.Bound().Input < r.Bound().Input-2*len(r.Model())-20 {
			t.Errorf("%q became %q: %v", body, r.Rewrite("another", 77), err)
		}
	})
}
