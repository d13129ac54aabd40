package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

const key = "sk-test-hunter2"

// quick are deadlines that a test can wait for.
var quick = openai.Deadlines{Connect: 2 * time.Second, FirstToken: 300 * time.Millisecond, BetweenTokens: 300 * time.Millisecond, Answer: 2 * time.Second}

func newClient(t *testing.T, u *up.Upstream, limits openai.Deadlines) *openai.Client {
	t.Helper()
	c, err := openai.New(openai.Config{
		BaseURL: u.URL, APIKey: key, HTTP: u.Client, Deadlines: limits, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func hello() llm.ChatRequest {
	return llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "hello"}}}
}

func TestChatReadsAWholeAnswer(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, []up.Act{
		up.Head(), up.Ping(),
		up.Raw(`data: {"id":"c1","model":"up","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"}}]}` + "\n\n"),
		up.Say("Olá"), up.Say(", mundo"), up.Finish("length"),
		up.Raw(`data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":1}}}` + "\n\n"),
		up.Done(),
	})
	var deltas []string
	got, err := newClient(t, u, quick).Chat(t.Context(), hello(), func(d llm.Delta) error {
		deltas = append(deltas, d.Reasoning+"|"+d.Text)
		return nil
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if got.Text != "Olá, mundo" || got.Thought() != "hm" || got.Finish != llm.FinishLength || got.Model != "up" || got.RequestID != "c1" {
		t.Errorf("got %+v", got)
	}
	if want := (llm.Usage{Input: 9, Cached: 5, Output: 4, Reasoning: 1}); got.Usage != want {
		t.Errorf("usage %+v", got.Usage)
	}
	if strings.Join(deltas, " ") != "hm| |Olá |, mundo" {
		t.Errorf("deltas %q", deltas)
	}
	asked := u.Requests()[0]
	if asked.Path != "/v1/chat/completions" || asked.Header.Get("Authorization") != "Bearer "+key || asked.Header.Get("Accept-Encoding") != "identity" {
		t.Errorf("asked %+v", asked)
	}
}

func TestContentInParts(t *testing.T) {
	t.Parallel()
	part := `data: {"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"a"}]}}]}` + "\n\n"
	u := up.Serve(t, []up.Act{up.Head(), up.Raw(part), up.Say("b"), up.Finish("stop"), up.Done()})
	if got, err := newClient(t, u, quick).Chat(t.Context(), hello(), nil); err != nil || got.Text != "ab" {
		t.Errorf("%q %v", got.Text, err)
	}
}

func TestChatJoinsToolCalls(t *testing.T) {
	t.Parallel()
	call := func(s string) up.Act {
		return up.Raw(`data: {"choices":[{"index":0,"delta":{"tool_calls":[` + s + `]}}]}` + "\n\n")
	}
	u := up.Serve(t, []up.Act{
		up.Head(),
		call(`{"index":0,"id":"a","type":"function","function":{"name":"add","arguments":"{\"x\""}}`),
		call(`{"index":1,"id":"b","function":{"name":"now","arguments":"{}"}}`),
		call(`{"index":0,"function":{"arguments":":1}"}}`),
		up.Finish("tool_calls"), up.Done(),
	})
	got, err := newClient(t, u, quick).Chat(t.Context(), hello(), nil)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	want := []llm.ToolCall{{ID: "a", Name: "add", Arguments: `{"x":1}`}, {ID: "b", Name: "now", Arguments: "{}"}}
	if len(got.ToolCalls) != 2 || got.ToolCalls[0] != want[0] || got.ToolCalls[1] != want[1] || got.Finish != llm.FinishTools {
		t.Errorf("got %+v", got)
	}
	if !got.Usage.Estimated || got.Usage.Input == 0 {
		t.Errorf("usage %+v is not marked as estimated", got.Usage)
	}
}

func TestChatCallsNoCutASuccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script []up.Act
		code   fault.Code
		text   string // what had come must not be lost
	}{
		"connection breaks":       {[]up.Act{up.Head(), up.Say("a"), up.Say("b"), up.Cut()}, fault.UpstreamFailed, "ab"},
		"ends without finish":     {[]up.Act{up.Head(), up.Say("a"), up.Done()}, fault.UpstreamFailed, "a"},
		"ends without marker":     {[]up.Act{up.Head(), up.Say("a"), up.Finish("stop")}, fault.UpstreamFailed, "a"},
		"ends in half a chunk":    {[]up.Act{up.Head(), up.Say("a"), up.Raw(`data: {"choi`)}, fault.UpstreamFailed, "a"},
		"no bytes at all":         {[]up.Act{up.Head()}, fault.UpstreamFailed, ""},
		"only the marker":         {[]up.Act{up.Head(), up.Done()}, fault.UpstreamFailed, ""},
		"garbage chunk":           {[]up.Act{up.Head(), up.Say("a"), up.Raw("data: <html>\n\n"), up.Finish("stop"), up.Done()}, fault.UpstreamFailed, "a"},
		"error inside the stream": {[]up.Act{up.Head(), up.Say("a"), up.Raw(`data: {"error":{"message":"overloaded","code":503}}` + "\n\n")}, fault.UpstreamFailed, "a"},
		"limit inside the stream": {[]up.Act{up.Head(), up.Raw(`data: {"error":{"message":"slow down","code":429}}` + "\n\n")}, fault.RateLimited, ""},
		"named error event":       {[]up.Act{up.Head(), up.Raw("event: error\ndata: {\"message\":\"boom\"}\n\n")}, fault.UpstreamFailed, ""},
		"finish reason error":     {[]up.Act{up.Head(), up.Say("a"), up.Finish("error"), up.Done()}, fault.UpstreamFailed, "a"},
		"stalls at the start":     {[]up.Act{up.Head(), up.Wait(5 * time.Second)}, fault.Timeout, ""},
		"stalls in the middle":    {[]up.Act{up.Head(), up.Say("a"), up.Wait(5 * time.Second)}, fault.Timeout, "a"},
		"wild tool index":         {[]up.Act{up.Head(), up.Raw(`data: {"choices":[{"delta":{"tool_calls":[{"index":99999999}]}}]}` + "\n\n")}, fault.UpstreamFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := up.Serve(t, c.script)
			got, err := newClient(t, u, quick).Chat(t.Context(), hello(), nil)
			if fault.CodeOf(err) != c.code {
				t.Errorf("code %q, want %q", fault.CodeOf(err), c.code)
			}
			if got.Text != c.text {
				t.Errorf("text %q, want %q", got.Text, c.text)
			}
		})
	}
}

func TestKeepAliveCommentsCountAsAlive(t *testing.T) {
	t.Parallel()
	script := []up.Act{up.Head(), up.Say("a")}
	for range 200 { // go-openai gives up after 150 of them
		script = append(script, up.Ping())
	}
	for range 8 { // longer than BetweenTokens, which a busy machine reaches with no single one
		script = append(script, up.Wait(250*time.Millisecond), up.Ping())
	}
	u := up.Serve(t, append(script, up.Say("b"), up.Finish("stop"), up.Done()))
	patient := openai.Deadlines{BetweenTokens: 1500 * time.Millisecond}
	got, err := newClient(t, u, patient).Chat(t.Context(), hello(), nil)
	if err != nil || got.Text != "ab" {
		t.Errorf("%q %v", got.Text, err)
	}
}

func TestASlowReaderIsNotASilentProvider(t *testing.T) {
	t.Parallel()
	pause := up.Wait(20 * time.Millisecond) // so that each part is a read of its own
	u := up.Serve(t, []up.Act{up.Head(), up.Say("a"), pause, up.Say("b"), up.Wait(1200 * time.Millisecond), up.Finish("stop"), up.Done()})
	limits := openai.Deadlines{BetweenTokens: 600 * time.Millisecond}
	c := newClient(t, u, limits)
	_, err := c.Chat(t.Context(), hello(), func(llm.Delta) error {
		<-time.After(2 * limits.BetweenTokens) // the clock must stand while we work
		return nil
	})
	if err != nil {
		t.Error(fault.Cause(err))
	}
	steady := up.Serve(t, []up.Act{up.Head(), up.Say("a"), up.Wait(900 * time.Millisecond), up.Say("b"), up.Finish("stop"), up.Done()})
	resp, err := newClient(t, steady, limits).Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: []byte(`{"stream":true}`), Stream: true})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	defer resp.Body.Close()
	for n := 1; n > 0; {
		<-time.After(2 * limits.BetweenTokens)
		n, err = resp.Body.Read(make([]byte, 4<<10))
	}
	if !errors.Is(err, io.EOF) {
		t.Error(fault.Cause(err))
	}
}

func TestCancelFreesTheProvider(t *testing.T) {
	t.Parallel()
	var u *up.Upstream
	u = up.Serve(t, []up.Act{up.Head(), up.Say("a"), func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }})
	ctx, cancel := context.WithCancel(t.Context())
	var left time.Time
	got, err := newClient(t, u, openai.Hosted()).Chat(ctx, hello(), func(llm.Delta) error {
		left = time.Now()
		cancel()
		return nil
	})
	if fault.CodeOf(err) != fault.Canceled || got.Text != "a" {
		t.Errorf("%q %v", got.Text, err)
	}
	if !u.WaitGone(time.Second) {
		t.Error("the provider still works")
	} else if took := time.Since(left); took > 100*time.Millisecond {
		t.Errorf("the provider was freed after %v", took)
	}
}

func TestAnErrorOfTheCallerStopsTheCall(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	u := up.Serve(t, up.Answer("a", "b"))
	_, err := newClient(t, u, quick).Chat(t.Context(), hello(), func(llm.Delta) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestAnEndpointThatDoesNotStream(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(200, `{"id":"x","model":"up","choices":[{"index":0,"message":{"content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`),
		up.Reply(200, ``), up.Reply(200, `{"object":"nonsense"}`))
	c := newClient(t, u, quick)
	got, err := c.Chat(t.Context(), hello(), nil)
	if err != nil || got.Text != "whole" || got.Usage.Output != 2 {
		t.Errorf("%+v %v", got, err)
	}
	for range 2 {
		if _, err := c.Chat(t.Context(), hello(), nil); fault.CodeOf(err) != fault.UpstreamFailed {
			t.Errorf("an empty answer is %v", err)
		}
	}
}

func TestRequestKeepsWhatTheLibraryWouldDrop(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Answer("a"))
	zero, seed := 0.0, int64(0)
	req := hello()
	req.Temperature, req.Seed, req.Schema = &zero, &seed, json.RawMessage(`{"type":"object","title":"T"}`)
	req.Messages = append(req.Messages,
		llm.Message{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "a", Name: "f", Arguments: "{}"}}},
		llm.Message{Role: llm.Tool, ToolCallID: "a"},
		llm.Message{Role: llm.User, Text: "see", Images: []llm.Image{{Data: []byte("x"), MIME: "image/png"}}})
	req.Tools = []llm.ToolSpec{{Name: "f", Parameters: json.RawMessage(`{"type":"object"}`)}}
	if _, err := newClient(t, u, quick).Chat(t.Context(), req, nil); err != nil {
		t.Fatal(fault.Cause(err))
	}
	body := string(u.Requests()[0].Body)
	for _, want := range []string{
		`"temperature":0`, `"seed":0`, `"include_usage":true`, `"title":"T"`, `{"role":"tool","content":"","tool_call_id":"a"}`,
		`"role":"assistant","content":"","tool_calls":[{"id":"a"`, `"url":"data:image/png;base64,eA=="`, `"stream":true`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s\nis not in %s", want, body)
		}
	}
	if strings.Contains(body, "max_") || strings.Contains(body, "top_p") || strings.Count(body, `"messages"`) != 1 {
		t.Errorf("too much in %s", body)
	}
}

func TestTheLimitIsNamedAsTheEndpointWantsIt(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"https://api.openai.com/v1": `"max_completion_tokens":7`, "https://models.example/v1": `"max_tokens":7`} {
		var body string
		catch := roundTrip(func(r *http.Request) (*http.Response, error) {
			sent, err := io.ReadAll(r.Body)
			body = string(sent)
			return nil, errors.Join(err, errors.New("caught"))
		})
		c, err := openai.New(openai.Config{BaseURL: base, HTTP: &http.Client{Transport: catch}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		req := hello()
		req.MaxTokens = 7
		_, _ = c.Chat(t.Context(), req, nil)
		if !strings.Contains(body, want) || strings.Count(body, "max_") != 1 {
			t.Errorf("%s was sent %s", base, body)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
