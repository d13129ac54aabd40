package messages_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/surface/messages"
)

var fixed = messages.Surface{NewID: func() string { return "id" }}

// pieces of an answer that holds all that there is, and the whole of it.
var pieces = []llm.Delta{
	{Reasoning: "so "},
	{Reasoning: "what"},
	{Sealed: "s1", Wire: llm.AnthropicMessages},
	{Sealed: anthropic.SealRedacted("s2"), Wire: llm.AnthropicMessages},
	{Text: "I "},
	{Text: "look."},
	{ToolCalls: []llm.ToolCallDelta{{Index: 0, ID: "c1", Name: "look"}}},
	{ToolCalls: []llm.ToolCallDelta{{Index: 0, Arguments: `{"a":`}}},
	{ToolCalls: []llm.ToolCallDelta{{Index: 0, Arguments: `1}`}, {Index: 1, ID: "c2", Name: "look", Arguments: "{}"}}},
}

var whole = llm.Completion{
	Text: "I look.", Finish: llm.FinishTools, Usage: llm.Usage{Input: 10, Cached: 3, CacheWrite: 2, Output: 7},
	Reasoning: []llm.Reasoning{{Text: "so what", Sealed: "s1", Wire: llm.AnthropicMessages}, {Sealed: anthropic.SealRedacted("s2"), Wire: llm.AnthropicMessages}},
	ToolCalls: []llm.ToolCall{{ID: "c1", Name: "look", Arguments: `{"a":1}`}, {ID: "c2", Name: "look", Arguments: "{}"}},
}

func stream(t *testing.T) []byte {
	t.Helper()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{})
	var out []byte
	for _, d := range pieces {
		out = e.Delta(out, d)
	}
	return e.End(out, whole)
}

func TestEventsComeInOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for line := range strings.Lines(string(stream(t))) {
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			names = append(names, strings.TrimSpace(strings.TrimPrefix(name, "content_block_")))
		}
	}
	want := "message_start ping start delta delta delta stop start stop start delta delta stop start delta delta stop start delta stop message_delta message_stop"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestWhatIsWrittenReadsBack lets the vendor's half of the wire, which knows
// nothing of this encoder, read what it writes.
func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	body, err := fixed.Write(read(t, `{"model":"m",`+said+`}`), broker.Seen{}).Whole(whole)
	if err != nil {
		t.Fatal(err)
	}
	for kind, answer := range map[string][]byte{"text/event-stream": stream(t), "application/json": body} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(answer)
		}))
		t.Cleanup(server.Close)
		client, err := anthropic.New(anthropic.Config{BaseURL: server.URL, HTTP: server.Client(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Chat(context.Background(), llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "hi"}}}, nil)
		if err != nil {
			t.Fatalf("%s: %s\n%s", kind, fault.Cause(err), answer)
		}
		want := whole
		want.Model, want.RequestID = "m", "msg_id"
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", kind, got, want)
		}
	}
}

func TestForeignSealsAreCarried(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{})
	out := e.Delta(nil, llm.Delta{Reasoning: "hm"})
	out = e.Delta(out, llm.Delta{Sealed: "enc", Wire: llm.OpenAIResponses})
	out = e.Delta(out, llm.Delta{ToolCalls: []llm.ToolCallDelta{{ID: "c1", Name: "f", Arguments: "{}", Sealed: "sig"}}, Wire: llm.GeminiGenerate})
	var content []json.RawMessage
	signature := ""
	for line := range strings.Lines(string(out)) {
		data, ok := strings.CutPrefix(line, "data: ")
		var ev struct {
			Block json.RawMessage `json:"content_block"`
			Delta struct{ Signature string }
		}
		if ok && json.Unmarshal([]byte(data), &ev) == nil {
			if ev.Block != nil {
				content = append(content, ev.Block)
			}
			signature += ev.Delta.Signature
		}
	}
	history, err := json.Marshal(content)
	if err != nil || len(content) != 3 {
		t.Fatalf("%d blocks: %s", len(content), out)
	}
	back := strings.Replace(string(history), `"signature":""`, `"signature":"`+signature+`"`, 1)
	req, err := read(t, `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":`+back+`}]}`).Chat()
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	m := req.Messages[1]
	if r := m.Reasoning[0]; r.Sealed != "enc" || r.Wire != llm.OpenAIResponses || m.ToolCalls[0].Sealed != "sig" || m.ToolCalls[0].Wire != llm.GeminiGenerate {
		t.Errorf("%+v", m)
	}
}

// TestEachThoughtKeepsItsOwnSeal: a seal fits one thought, and its maker refuses
// it on two.
func TestEachThoughtKeepsItsOwnSeal(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{})
	var out []byte
	for _, d := range []llm.Delta{{Reasoning: "a"}, {Sealed: "s1", Wire: llm.AnthropicMessages}, {Reasoning: "b"}, {Sealed: "s2", Wire: llm.AnthropicMessages}} {
		out = e.Delta(out, d)
	}
	got := ""
	for line := range strings.Lines(string(out)) {
		var ev struct {
			Type  string
			Index int
			Delta struct{ Thinking, Signature string }
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if ok && json.Unmarshal([]byte(data), &ev) == nil && ev.Type == "content_block_delta" {
			got += fmt.Sprintf("%d%s%s ", ev.Index, ev.Delta.Thinking, ev.Delta.Signature)
		}
	}
	if want := "0a 0s1 1b 1s2 "; got != want {
		t.Errorf("got %q", got)
	}
}

func TestGoesOnWithABrokenStream(t *testing.T) {
	t.Parallel()
	e := fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{ID: "msg_1", FirstContent: time.Now(), Text: "a"})
	got := string(e.End(e.Delta(nil, llm.Delta{Text: " more"}), llm.Completion{Finish: llm.FinishStop, Usage: llm.Usage{Input: 5, Output: 3}}))
	want := "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" more\"}}\n\n" +
		"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"input_tokens\":5,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":3}}\n\n" +
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFailIsAnEventOnWhichClientsRaise(t *testing.T) {
	t.Parallel()
	got := string(fixed.Write(read(t, `{"model":"m","stream":true,`+said+`}`), broker.Seen{}).Fail(nil, fault.New(fault.UpstreamFailed, "It failed.", nil)))
	if got != "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"It failed.\"}}\n\n" {
		t.Errorf("got %q", got)
	}
}

func TestArgumentsThatAreNoObjectAreKept(t *testing.T) {
	t.Parallel()
	body, err := fixed.Write(read(t, `{"model":"m",`+said+`}`), broker.Seen{}).Whole(llm.Completion{ToolCalls: []llm.ToolCall{{ID: "a", Name: "f", Arguments: `{"x`}}})
	if err != nil || !strings.Contains(string(body), `"input":{"arguments":"{\"x"}`) {
		t.Errorf("%s %v", body, err)
	}
}
