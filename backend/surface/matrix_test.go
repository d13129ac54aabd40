package surface_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/provider/gemini"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/scripted"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/completions"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/responses"
)

// wire is a provider: how it is opened, and how it says what every case needs.
type wire struct {
	open    func(u *scripted.Upstream) (llm.Client, error)
	model   string
	answers map[string]string // streams, by case
	error   string
}

var quiet = slog.New(slog.DiscardHandler)

func sse(events ...string) string { return "data: " + strings.Join(events, "\n\ndata: ") + "\n\n" }

func block(start string, deltas ...string) string {
	out := []string{
		`{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"up","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":` + start + `}`,
	}
	for _, d := range deltas[1:] {
		out = append(out, `{"type":"content_block_delta","index":0,"delta":`+d+`}`)
	}
	return sse(append(out, `{"type":"content_block_stop","index":0}`, `{"type":"message_delta","delta":{"stop_reason":"`+deltas[0]+`","stop_sequence":null},"usage":{"output_tokens":3}}`, `{"type":"message_stop"}`)...)
}

func candidate(finish string, parts ...string) string {
	var out []string
	for i, p := range parts {
		last := ""
		if i == len(parts)-1 {
			last = `,"finishReason":"` + finish + `"`
		}
		out = append(out, `{"candidates":[{"index":0,"content":{"role":"model","parts":[`+p+`]}`+last+`}],"usageMetadata":{"promptTokenCount":7,"cachedContentTokenCount":2,"candidatesTokenCount":3,"totalTokenCount":10},"modelVersion":"up","responseId":"g1"}`)
	}
	return sse(out...)
}

func chunks(finish string, deltas ...string) string {
	var out []string
	for _, d := range deltas {
		out = append(out, `{"id":"c1","model":"up","choices":[{"index":0,"delta":`+d+`,"finish_reason":null}]}`)
	}
	return sse(append(out, `{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"`+finish+`"}]}`,
		`{"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":2}}}`, `[DONE]`)...)
}

var wires = map[string]wire{
	"openai": {
		func(u *scripted.Upstream) (llm.Client, error) {
			return openai.New(openai.Config{BaseURL: u.URL, APIKey: "sk-test", HTTP: u.Client, Log: quiet})
		}, "gpt-4o", map[string]string{
			"text": chunks("stop", `{"content":"Olá"}`, `{"content":" mundo"}`), "length": chunks("length", `{"content":"half"}`), "schema": chunks("stop", `{"content":"{\"a\":1}"}`),
			"tool": chunks("tool_calls", `{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"look","arguments":""}}]}`, `{"tool_calls":[{"index":0,"function":{"arguments":"{\"at\":\"sea\"}"}}]}`),
		}, `{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}`,
	},
	"anthropic": {
		func(u *scripted.Upstream) (llm.Client, error) {
			return anthropic.New(anthropic.Config{BaseURL: u.URL, APIKey: "sk-test", HTTP: u.Client, Log: quiet})
		}, "claude-sonnet-4-5", map[string]string{
			"text":   block(`{"type":"text","text":""}`, "end_turn", `{"type":"text_delta","text":"Olá"}`, `{"type":"text_delta","text":" mundo"}`),
			"length": block(`{"type":"text","text":""}`, "max_tokens", `{"type":"text_delta","text":"half"}`), "schema": block(`{"type":"text","text":""}`, "end_turn", `{"type":"text_delta","text":"{\"a\":1}"}`),
			"tool": block(`{"type":"tool_use","id":"t1","name":"look","input":{}}`, "tool_use", `{"type":"input_json_delta","partial_json":"{\"at\":\"sea\"}"}`),
		}, `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`,
	},
	"gemini": {
		func(u *scripted.Upstream) (llm.Client, error) {
			return gemini.New(gemini.Config{BaseURL: u.URL, APIKey: "sk-test", HTTP: u.Client, Log: quiet})
		}, "gemini-2.5-flash", map[string]string{
			"text": candidate("STOP", `{"text":"Olá"}`, `{"text":" mundo"}`), "length": candidate("MAX_TOKENS", `{"text":"half"}`), "schema": candidate("STOP", `{"text":"{\"a\":1}"}`),
			"tool": candidate("STOP", `{"functionCall":{"name":"look","args":{"at":"sea"}}}`),
		}, `{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}`,
	},
}

// face is a surface: what callers of it ask in every case, and where in a whole
// answer the parts stand.
type face struct {
	surface broker.Surface
	asks    map[string]string // members of a request beside model and stream
	find    map[string]string // words that a whole answer must hold
}

const (
	pixel  = "aGVsbG8="
	schema = `{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}`
	params = `{"type":"object","properties":{"at":{"type":"string"}}}`
)

var faces = map[string]face{
	"chat": {chat.Surface{}, map[string]string{
		"text": `"messages":[{"role":"user","content":"hi"}]`, "length": `"max_tokens":64,"messages":[{"role":"user","content":"hi"}]`,
		"tool":   `"tools":[{"type":"function","function":{"name":"look","parameters":` + params + `}}],"messages":[{"role":"user","content":"hi"}]`,
		"schema": `"response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":` + schema + `}},"messages":[{"role":"user","content":"hi"}]`,
		"image":  `"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` + pixel + `"}}]}]`,
	}, map[string]string{
		"text": `"content":"Olá mundo"`, "tool": `"function":{"name":"look","arguments":"{\"at\":\"sea\"}"}`, "schema": `"content":"{\"a\":1}"`, "image": `"content":"Olá mundo"`,
		"length": `"finish_reason":"length"`, "usage": `"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":2`, "stop": `"finish_reason":"stop"`, "called": `"finish_reason":"tool_calls"`,
	}},
	"messages": {messages.Surface{}, map[string]string{
		"text": `"max_tokens":64,"messages":[{"role":"user","content":"hi"}]`, "length": `"max_tokens":64,"messages":[{"role":"user","content":"hi"}]`,
		"tool":   `"max_tokens":64,"tools":[{"name":"look","input_schema":` + params + `}],"messages":[{"role":"user","content":"hi"}]`,
		"schema": `"max_tokens":64,"output_config":{"format":{"type":"json_schema","schema":` + schema + `}},"messages":[{"role":"user","content":"hi"}]`,
		"image":  `"max_tokens":64,"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + pixel + `"}}]}]`,
	}, map[string]string{
		"text": `{"type":"text","text":"Olá mundo"}`, "tool": `"name":"look","input":{"at":"sea"}`, "schema": `"text":"{\"a\":1}"`, "image": `"text":"Olá mundo"`,
		"length": `"stop_reason":"max_tokens"`, "usage": `"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":3`, "stop": `"stop_reason":"end_turn"`, "called": `"stop_reason":"tool_use"`,
	}},
	"responses": {responses.Surface{}, map[string]string{
		"text": `"input":"hi"`, "length": `"max_output_tokens":64,"input":"hi"`,
		"tool":   `"tools":[{"type":"function","name":"look","parameters":` + params + `}],"input":"hi"`,
		"schema": `"text":{"format":{"type":"json_schema","name":"s","strict":true,"schema":` + schema + `}},"input":"hi"`,
		"image":  `"input":[{"role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"data:image/png;base64,` + pixel + `"}]}]`,
	}, map[string]string{
		"text": `"text":"Olá mundo"`, "tool": `"arguments":"{\"at\":\"sea\"}","call_id":`, "schema": `"text":"{\"a\":1}"`, "image": `"text":"Olá mundo"`,
		"length": `"incomplete_details":{"reason":"max_output_tokens"}`, "usage": `"input_tokens":7,"input_tokens_details":{"cached_tokens":2},"output_tokens":3`, "stop": `"status":"completed"`, "called": `"type":"function_call"`,
	}},
	"completions": {completions.Surface{}, map[string]string{
		"text": `"prompt":"hi","max_tokens":64`, "length": `"prompt":"hi","max_tokens":64`,
	}, map[string]string{
		"text": `"text":"Olá mundo"`, "length": `"finish_reason":"length"`, "usage": `"prompt_tokens":7,"completion_tokens":3`, "stop": `"finish_reason":"stop"`,
	}},
}

// only is a route to one deployment.
type only struct{ broker.Deployment }

func (o only) Candidates(context.Context, broker.Query) (broker.Route, error) {
	return broker.Route{Deployments: []broker.Deployment{o.Deployment}}, nil
}

func (only) Models(context.Context) ([]llm.Model, error) { return nil, nil }

func forward(t *testing.T, d broker.Deployment, s broker.Surface, body string) (*broker.Forwarded, string, error) {
	t.Helper()
	b, err := broker.New(broker.Config{Routes: only{d}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	answer, err := b.Forward(ctx, broker.ForwardRequest{Surface: s, Body: []byte(body), Header: http.Header{}})
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, string(text), err
}

func stream(text string) []scripted.Act {
	return []scripted.Act{scripted.Head(), scripted.Raw(text)}
}

// TestEverySurfaceReachesEveryProvider translates each request for each
// provider, and each answer back, streamed and whole.
func TestEverySurfaceReachesEveryProvider(t *testing.T) {
	t.Parallel()
	for face, f := range faces {
		for provider, p := range wires {
			for name := range f.asks {
				t.Run(face+"/"+provider+"/"+name, func(t *testing.T) {
					t.Parallel()
					meet(t, f, p, name)
				})
			}
		}
	}
}

func meet(t *testing.T, f face, p wire, name string) {
	t.Helper()
	answer := p.answers[name]
	if name == "image" {
		answer = p.answers["text"]
	}
	u := scripted.Serve(t, stream(answer))
	client, err := p.open(u)
	if err != nil {
		t.Fatal(err)
	}
	d := broker.Deployment{ID: "d", Name: "D", Provider: "p", Model: p.model, Client: client}
	got, text, err := forward(t, d, f.surface, `{"model":"m",`+f.asks[name]+`}`)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	finish := map[string]string{"length": "length", "tool": "called"}[name]
	if finish == "" {
		finish = "stop"
	}
	for _, want := range []string{f.find[name], f.find["usage"], f.find[finish]} {
		if !strings.Contains(text, want) || !json.Valid([]byte(text)) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if len(got.Losses) > 0 {
		t.Errorf("lost %q", got.Losses)
	}
	sent := string(u.Requests()[0].Body)
	if mark := map[string]string{"tool": `"look"`, "image": pixel, "schema": `"a"`}[name]; !strings.Contains(sent, mark) || !strings.Contains(sent, `hi`) {
		t.Errorf("sent %s", sent)
	}
	streamed(t, f, d, name)
}

// streamed asks the same as a stream, and lets the vendor's half of the
// surface's wire judge it.
func streamed(t *testing.T, f face, d broker.Deployment, name string) {
	t.Helper()
	more := ""
	if f.surface.Wire() == llm.OpenAIChat || f.surface.Wire() == llm.OpenAICompletions {
		more = `,"stream_options":{"include_usage":true}`
	}
	body := `{"model":"m","stream":true,` + f.asks[name] + more + `}`
	_, text, err := forward(t, d, f.surface, body)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	r, err := f.surface.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	w := f.surface.Watch(r, time.Now)
	w.Flush(w.Feed(nil, []byte(text)))
	seen := w.Seen()
	want := map[string]llm.Finish{"length": llm.FinishLength, "tool": llm.FinishTools}[name]
	if want == "" {
		want = llm.FinishStop
	}
	cached := 2
	if f.surface.Wire() == llm.OpenAICompletions {
		cached = 0 // the wire has no word for it
	}
	if u := seen.Usage; !seen.Whole || seen.Finish != want || u.Input != 7 || u.Cached != cached || u.Output != 3 {
		t.Errorf("%+v of\n%s", seen, text)
	}
	if name == "text" && seen.Text != "Olá mundo" {
		t.Errorf("said %q", seen.Text)
	}
	if name == "tool" && (!strings.Contains(text, `"name":"look"`) || pieces(t, text) != `{"at":"sea"}`) {
		t.Errorf("called with %s in\n%s", pieces(t, text), text)
	}
}

var piece = regexp.MustCompile(`"(?:partial_json|arguments|delta)":("(?:[^"\\]|\\.)*")`)

// pieces are the arguments of a streamed call, as they come one after the other.
func pieces(t *testing.T, stream string) (all string) {
	t.Helper()
	for line := range strings.Lines(stream) {
		if strings.Contains(line, `"type":"response.`) && !strings.Contains(line, "arguments.delta") {
			continue // these say it all again
		}
		for _, found := range piece.FindAllStringSubmatch(line, -1) {
			text := ""
			if err := json.Unmarshal([]byte(found[1]), &text); err != nil {
				t.Fatal(err)
			}
			all += text
		}
	}
	return all
}

func TestEveryProvidersErrorsAreTheSurfaces(t *testing.T) {
	t.Parallel()
	for face, f := range faces {
		for provider, p := range wires {
			t.Run(face+"/"+provider, func(t *testing.T) {
				t.Parallel()
				client, err := p.open(scripted.Serve(t, scripted.Reply(429, p.error, "Retry-After", "7")))
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = forward(t, broker.Deployment{ID: "d", Model: p.model, Client: client}, f.surface, `{"model":"m",`+f.asks["text"]+`}`)
				got := fault.From(err)
				if got == nil || got.Code != fault.RateLimited || got.RetryAfter != 7*time.Second {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}
