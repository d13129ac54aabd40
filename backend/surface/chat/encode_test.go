package chat_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/chat"
)

var fixed = chat.Surface{Now: func() time.Time { return time.Unix(1700000000, 0) }, NewID: func() string { return "id" }}

func head(choice string) string {
	return `data: {"id":"chatcmpl-id","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{` + choice + `}]}` + "\n\n"
}

func TestEncodesAStream(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{})
	var got []byte
	got = e.Delta(got, llm.Delta{Reasoning: "hm"})
	got = e.Delta(got, llm.Delta{Sealed: "s"})
	got = e.Delta(got, llm.Delta{Text: "Hi"})
	got = e.Delta(got, llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: 0, ID: "c1", Name: "f", Sealed: "g"}}})
	got = e.Delta(got, llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: 0, Arguments: "{}"}}})
	got = e.End(got, llm.Completion{Finish: llm.FinishTools, Reasoning: []llm.Reasoning{{Text: "hm", Sealed: "s", Wire: llm.AnthropicMessages}}})
	want := head(`"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null`) +
		head(`"index":0,"delta":{"reasoning_content":"hm"},"logprobs":null,"finish_reason":null`) +
		head(`"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null`) +
		head(`"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""},"extra_content":{"google":{"thought_signature":"g"}}}]},"logprobs":null,"finish_reason":null`) +
		head(`"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null`) +
		head(`"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s","format":"anthropic.messages","index":0}]},"logprobs":null,"finish_reason":null`) +
		head(`"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"`) + "data: [DONE]\n\n"
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestAStreamReadsBack proves that the byte half of the surface takes what the
// vocabulary half writes.
func TestAStreamReadsBack(t *testing.T) {
	t.Parallel()
	r := read(t, `{"model":"m","n":2,"stream":true,"stream_options":{"include_usage":true},`+said+`}`)
	e := fixed.Write(r, broker.Seen{})
	got := e.Delta(nil, llm.Delta{Text: "a"})
	got = e.Delta(got, llm.Delta{Choice: 1, Text: "b"})
	got = e.End(got, llm.Completion{Finish: llm.FinishStop, Usage: llm.Usage{Input: 5, Cached: 2, Output: 2, Reasoning: 1}, More: []llm.Choice{{Text: "b", Finish: llm.FinishLength}}})
	w := fixed.Watch(r, time.Now)
	if passed := w.Flush(w.Feed(nil, got)); string(passed) != string(got) {
		t.Errorf("%q passes as %q", got, passed)
	}
	if s, f := w.Seen(), w.End(); f != nil || !s.Whole || s.Usage != (llm.Usage{Input: 5, Cached: 2, Output: 2, Reasoning: 1}) {
		t.Errorf("%+v %v", s, f)
	}
	for _, end := range []string{`"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"`, `"index":1,"delta":{},"logprobs":null,"finish_reason":"length"`} {
		if strings.Count(string(got), end) != 1 {
			t.Errorf("%s is not in %s", end, got)
		}
	}
	if n := strings.Count(string(got), `"role":"assistant"`); n != 2 || strings.Count(string(got), `"usage":null`) != 6 || !strings.Contains(string(got), `"choices":[],"usage":{"prompt_tokens":5`) {
		t.Errorf("%s", got)
	}
}

func TestGoesOnWithABrokenStream(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{ID: "c1", Model: "up", FirstContent: time.Now()})
	got := string(e.End(e.Delta(nil, llm.Delta{Text: " more"}), llm.Completion{Finish: llm.FinishStop}))
	if strings.Contains(got, "role") || !strings.Contains(got, `"id":"c1"`) || !strings.Contains(got, `"model":"up"`) || !strings.HasSuffix(got, "data: [DONE]\n\n") {
		t.Errorf("got %s", got)
	}
}

func TestEncodesAWholeAnswer(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m",`+said+`}`), broker.Seen{})
	body, err := e.Whole(llm.Completion{
		Finish: llm.FinishTools, ToolCalls: []llm.ToolCall{{ID: "c1", Name: "f", Arguments: "{}"}}, Usage: llm.Usage{Input: 3, Output: 1},
		More: []llm.Choice{{Text: "b", Finish: llm.FinishStop}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"chatcmpl-id","object":"chat.completion","created":1700000000,"model":"m","choices":[` +
		`{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"},` +
		`{"index":1,"message":{"role":"assistant","content":"b","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}`
	if string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	seen, f := fixed.Inspect(body)
	if f != nil || !seen.Whole || seen.Usage.Input != 3 {
		t.Errorf("%+v %v", seen, f)
	}
}

func TestFailIsAnEventOnWhichClientsRaise(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{})
	got := string(e.Fail(nil, fault.New(fault.UpstreamFailed, "It failed.", nil)))
	data, ok := strings.CutPrefix(got, "data: ")
	var shape struct {
		Error struct{ Message, Type, Code string }
	}
	if err := json.Unmarshal([]byte(data), &shape); !ok || err != nil || shape.Error.Code != "upstream_failed" || !strings.HasSuffix(got, "\n\n") {
		t.Errorf("got %q %v", got, err)
	}
}
