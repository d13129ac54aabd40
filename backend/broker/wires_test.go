package broker_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/completions"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/responses"
)

func named(kind, data string) string { return "event: " + kind + "\ndata: " + data + "\n\n" }

// begun are streams of other wires that have said "one two".
var begun = map[string]struct {
	surface   broker.Surface
	body      string
	half      string
	fails     string   // an event that reports a failure
	end, text []string // what a whole stream must end with; the pieces of text in order
	raises    string
}{
	"messages": {
		messages.Surface{}, `{"model":"m","stream":true,"max_tokens":50,` + hi + `}`,
		named("message_start", `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[],"stop_reason":null,"usage":{"input_tokens":7,"output_tokens":1}}}`) +
			named("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`) +
			named("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one two"}}`),
		named("error", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`),
		[]string{"event: content_block_stop", "event: message_delta", "event: message_stop"}, []string{`"text":"one two"`, `"text":" three"`},
		"event: error",
	},
	"responses": {
		responses.Surface{}, `{"model":"m","stream":true,"input":"hi"}`,
		named("response.created", `{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"up","status":"in_progress","output":[]}}`) +
			named("response.output_item.added", `{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}`) +
			named("response.content_part.added", `{"type":"response.content_part.added","sequence_number":2,"output_index":0,"content_index":0,"item_id":"msg_1","part":{"type":"output_text","text":""}}`) +
			named("response.output_text.delta", `{"type":"response.output_text.delta","sequence_number":3,"output_index":0,"content_index":0,"item_id":"msg_1","delta":"one two"}`),
		named("error", `{"type":"error","code":"server_error","message":"x"}`),
		[]string{"event: response.output_text.done", "event: response.output_item.done", "event: response.completed"}, []string{`"delta":"one two"`, `"delta":" three"`, `"text":"one two three"`},
		"event: ",
	},
	"completions": {
		completions.Surface{}, `{"model":"m","stream":true,"prompt":"hi"}`,
		`data: {"id":"cmpl-1","object":"text_completion","model":"up","choices":[{"index":0,"text":"one two","finish_reason":null}]}` + "\n\n",
		`data: {"error":{"message":"x","code":500}}` + "\n\n",
		[]string{`"finish_reason":"stop"`, "data: [DONE]"}, []string{`"text":"one two"`, `"text":" three"`},
		`data: {"error"`,
	},
}

// speaks is a deployment of the wire of a surface over a scripted upstream.
func speaks(t *testing.T, s broker.Surface, u *up.Upstream) broker.Deployment {
	d := deploy(t, u, "one", 0)
	if s.Wire() == llm.AnthropicMessages {
		c, err := anthropic.New(anthropic.Config{BaseURL: u.URL, HTTP: u.Client, Log: quiet(), Deadlines: endpoint.Deadlines{Answer: 2 * time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		d.Client, d.Forwarder = c, c
	}
	if s.Wire() == llm.OpenAIResponses {
		c, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: openai.OpenAI(), HTTP: u.Client, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		d.Client, d.Forwarder = c, c
	}
	return d
}

func TestStreamsOfEveryWireAreRescued(t *testing.T) {
	t.Parallel()
	for wire, c := range begun {
		for fate, act := range map[string]up.Act{"cut": up.Cut(), "half an event": up.Raw("event: x\ndata: {\"typ"), "failure": up.Raw(c.fails), "garbage": up.Raw("data: <html>\n\n")} {
			t.Run(wire+", "+fate, func(t *testing.T) {
				t.Parallel()
				hold := make(chan struct{})
				one := speaks(t, c.surface, up.Serve(t, []up.Act{up.Head(), up.Raw(c.half), until(hold), act, up.Cut()}))
				two := deploy(t, up.Serve(t, up.Answer(" th", "ree")), "two", 1)
				two.Skills.Prefill, two.Forwarder = true, nil
				raw, report, err := forwardRaw(t, c.surface, c.body, hold, one, two)
				if err != nil {
					t.Fatalf("%s: %q, %v", fault.Cause(err), raw, tries(report))
				}
				if !strings.HasPrefix(raw, c.half) || strings.Contains(raw, "html") || strings.Contains(raw, `"error":{`) || strings.Contains(raw, "event: error") {
					t.Errorf("%q", raw)
				}
				inOrder(t, strings.ReplaceAll(raw, `" th"`, `" three"`), append(append([]string(nil), c.text[:1]...), c.end...))
				if got := tries(report); len(got) != 2 || got[1] != "two rescue " {
					t.Errorf("attempts %q", got)
				}
			})
		}
	}
}

func TestStreamsOfEveryWireSayThatTheyBrokeOff(t *testing.T) {
	t.Parallel()
	for wire, c := range begun {
		t.Run(wire, func(t *testing.T) {
			t.Parallel()
			hold := make(chan struct{})
			one := speaks(t, c.surface, up.Serve(t, []up.Act{up.Head(), up.Raw(c.half), until(hold), up.Cut()}, up.Reply(400, `{}`)))
			raw, _, err := forwardRaw(t, c.surface, c.body, hold, one)
			if fault.CodeOf(err) != fault.UpstreamFailed || !strings.Contains(strings.TrimPrefix(raw, c.half), c.raises) {
				t.Errorf("%v %q", err, raw)
			}
		})
	}
}

// TestWhatIsCountedBeforeTheEndIsOfAPart: Anthropic counts the input when it
// begins, and the output up to then. Who leaves in the middle owes what came.
func TestWhatIsCountedBeforeTheEndIsOfAPart(t *testing.T) {
	t.Parallel()
	half := strings.ReplaceAll(begun["messages"].half, "one two", strings.Repeat("word", 100))
	var u *up.Upstream
	u = up.Serve(t, []up.Act{up.Head(), up.Raw(half), func(w httpWriter, q *httpRequest) { u.Stall(w, q) }})
	for _, passedOn := range []bool{true, false} {
		d := speaks(t, messages.Surface{}, u)
		if !passedOn {
			d.Forwarder = nil
		}
		d.Deadlines = broker.Deadlines{}
		var report broker.Report
		f, err := newBroker(t, d).Forward(t.Context(), broker.ForwardRequest{
			Surface: messages.Surface{}, Body: []byte(begun["messages"].body), Done: func(r broker.Report) { report = r },
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		f.Body.Close()
		if u := report.Attempts[0].Usage; u != (llm.Usage{Input: 7, Output: 100, Estimated: true}) {
			t.Errorf("passed on %v: %+v", passedOn, u)
		}
	}
}

func forwardRaw(t *testing.T, s broker.Surface, body string, hold chan struct{}, all ...broker.Deployment) (raw string, report broker.Report, err error) {
	f, err := newBroker(t, all...).Forward(t.Context(), broker.ForwardRequest{Surface: s, Body: []byte(body), Done: func(r broker.Report) { report = r }})
	if err != nil {
		return "", report, err
	}
	close(hold)
	data, err := io.ReadAll(f.Body)
	f.Body.Close()
	return string(data), report, err
}

// inOrder checks that all parts are in text, one after the other.
func inOrder(t *testing.T, text string, parts []string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("no %q where it should be in %q", part, text)
			return
		}
		rest = after
	}
}
