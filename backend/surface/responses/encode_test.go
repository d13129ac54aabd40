package responses_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/responses"
)

var fixed = responses.Surface{Now: func() time.Time { return time.Unix(1700000000, 0) }, NewID: func() string { return "id" }, Previous: "resp_0"}

var pieces = []llm.Delta{
	{Reasoning: "so "},
	{Reasoning: "what"},
	{Sealed: "s1", Wire: llm.AnthropicMessages},
	{Text: "I "},
	{Text: "look."},
	{ToolCalls: []llm.ToolCallDelta{{Index: 0, ID: "c1", Name: "look", Sealed: "sig"}}, Wire: llm.GeminiGenerate},
	{ToolCalls: []llm.ToolCallDelta{{Index: 0, Arguments: `{"a":`}, {Index: 1, ID: "c2", Name: "look", Arguments: "{}"}}},
	{ToolCalls: []llm.ToolCallDelta{{Index: 0, Arguments: `1}`}}},
}

var whole = llm.Completion{Text: "I look.", Finish: llm.FinishTools, Usage: llm.Usage{Input: 10, Cached: 3, Output: 7, Reasoning: 2}}

func stream(t *testing.T, r broker.Request) string {
	t.Helper()
	e := fixed.Write(r, broker.Seen{})
	var out []byte
	for _, d := range pieces {
		out = e.Delta(out, d)
	}
	return string(e.End(out, whole))
}

func TestEventsComeInOrderAndAreNumbered(t *testing.T) {
	t.Parallel()
	out := stream(t, read(t, `{"model":"m","stream":true,"input":"hi"}`))
	var names []string
	for line := range strings.Lines(out) {
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var ev struct {
			Type     string
			Sequence *int `json:"sequence_number"`
			Output   int  `json:"output_index"`
		}
		if err := json.Unmarshal([]byte(data), &ev); err != nil || ev.Sequence == nil || *ev.Sequence != len(names) {
			t.Fatalf("event %d is %s", len(names), data)
		}
		names = append(names, strings.TrimPrefix(ev.Type, "response."))
	}
	want := "created in_progress " +
		"output_item.added reasoning_summary_part.added reasoning_summary_text.delta reasoning_summary_text.delta reasoning_summary_text.done reasoning_summary_part.done output_item.done " +
		"output_item.added content_part.added output_text.delta output_text.delta output_text.done content_part.done output_item.done " +
		"output_item.added output_item.done " + // the seal of the call
		"output_item.added function_call_arguments.delta output_item.added function_call_arguments.delta function_call_arguments.delta " +
		"function_call_arguments.done output_item.done function_call_arguments.done output_item.done completed"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestWhatIsWrittenReadsBack lets the vendor's half of the wire read what this
// one writes, and what was answered be said again.
func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	r := read(t, `{"model":"m","stream":true,"input":"hi","temperature":0.50}`)
	out := stream(t, r)
	w := fixed.Watch(r, time.Now)
	if got := w.Flush(w.Feed(nil, []byte(out))); string(got) != out {
		t.Error("the stream does not pass unchanged")
	}
	if s, f := w.Seen(), w.End(); f != nil || !s.Whole || s.Usage != whole.Usage || s.Finish != llm.FinishTools || s.ID != "resp_id" {
		t.Errorf("%+v %v", s, f)
	}
	at := strings.LastIndex(out, "data: ")
	last, ok := responses.Event("response.completed", []byte(out[at+6:]))
	answered, kept := responses.AnsweredBy(last)
	if !ok || !kept || answered.ID != "resp_id" || !strings.Contains(string(last), `"temperature":0.50`) || !strings.Contains(string(last), `"previous_response_id":"resp_0"`) {
		t.Fatalf("%s", last)
	}
	again, s, err := responses.Expand(read(t, `{"model":"m","previous_response_id":"resp_id","input":"and?"}`), responses.Surface{}, [][]byte{[]byte(`[{"role":"user","content":"hi"}]`), answered.Output})
	if err != nil || s.Previous != "resp_id" {
		t.Fatal(fault.Cause(err))
	}
	req, err := again.Chat()
	if err != nil || len(req.Messages) != 3 || len(req.Unknown) > 0 {
		t.Fatalf("%+v %v", req, err)
	}
	m := req.Messages[1]
	if m.Text != "I look." || m.Reasoning[0] != (llm.Reasoning{Text: "so what", Sealed: "s1", Wire: llm.AnthropicMessages}) || len(m.ToolCalls) != 2 ||
		m.ToolCalls[0] != (llm.ToolCall{ID: "c1", Name: "look", Arguments: `{"a":1}`, Sealed: "sig", Wire: llm.GeminiGenerate}) {
		t.Errorf("%+v", m)
	}
}

func TestEncodesAWholeAnswer(t *testing.T) {
	t.Parallel()
	body, err := fixed.Write(read(t, `{"model":"m","input":"hi","metadata":{"a":"b"}}`), broker.Seen{}).Whole(llm.Completion{Text: "half", Finish: llm.FinishLength, Usage: llm.Usage{Input: 3, Output: 1}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"resp_id","object":"response","created_at":1700000000,"status":"incomplete","background":false,"error":null,"incomplete_details":{"reason":"max_output_tokens"},"instructions":null,"max_output_tokens":null,"model":"m",` +
		`"output":[{"id":"msg_id","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"half","annotations":[],"logprobs":[]}]}],"parallel_tool_calls":true,"previous_response_id":"resp_0",` +
		`"reasoning":{"effort":null,"summary":null},"store":true,"temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled",` +
		`"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":1,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":4},"user":null,"metadata":{"a":"b"}}`
	if string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if seen, f := fixed.Inspect(body); f != nil || !seen.Whole || seen.Finish != llm.FinishLength {
		t.Errorf("%+v %v", seen, f)
	}
}

func TestGoesOnWithABrokenStream(t *testing.T) {
	t.Parallel()
	r := read(t, `{"model":"m","stream":true,"input":"hi"}`)
	first := fixed.Write(r, broker.Seen{})
	half := string(first.Delta(nil, llm.Delta{Text: "Hel"}))
	w := fixed.Watch(r, time.Now)
	w.Feed(nil, []byte(half))
	rest := fixed.Write(r, w.Seen())
	out := half + string(rest.End(rest.Delta(nil, llm.Delta{Text: "lo"}), llm.Completion{Finish: llm.FinishStop, Usage: llm.Usage{Input: 1, Output: 2}}))
	again := fixed.Watch(read(t, `{"model":"m","stream":true,"input":"hi"}`), time.Now)
	again.Feed(nil, []byte(out))
	if s, f := again.Seen(), again.End(); f != nil || s.Text != "Hello" || !s.Whole {
		t.Errorf("%+v %v", s, f)
	}
	if !strings.Contains(out, `"text":"Hello","type":"response.output_text.done"`) || strings.Count(out, `"type":"response.created"`) != 1 || !strings.Contains(out, `"sequence_number":9,`) {
		t.Errorf("%s", out)
	}
}

func TestFailIsAnEventOnWhichClientsRaise(t *testing.T) {
	t.Parallel()
	got := string(fixed.Write(read(t, `{"model":"m","stream":true,"input":"hi"}`), broker.Seen{}).Fail(nil, fault.New(fault.UpstreamFailed, "It failed.", nil)))
	want := "event: error\ndata: {\"code\":\"upstream_failed\",\"error\":{\"message\":\"It failed.\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_failed\"},\"message\":\"It failed.\",\"param\":null,\"sequence_number\":0,\"type\":\"error\"}\n\n"
	if got != want {
		t.Errorf("got %q", got)
	}
}
