package openai_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

func weak(t *testing.T, u *up.Upstream) *openai.Client {
	t.Helper()
	c, err := openai.New(openai.Config{
		BaseURL: u.URL, Dialect: openai.LlamaCPP(), HTTP: u.Client, Log: slog.New(slog.DiscardHandler),
		ForceTools: func(model string) bool { return model == "m" }, NewID: func() string { return "1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withTools() llm.ChatRequest {
	req := hello()
	req.Tools = []llm.ToolSpec{
		{Name: "see", Description: "looks", Parameters: json.RawMessage(`{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"]}`)},
		{Name: "now"},
	}
	return req
}

// piecemeal streams a reply in pieces of three bytes.
func piecemeal(text, finish string) []up.Act {
	script := []up.Act{up.Head()}
	for runes := []rune(text); len(runes) > 0; {
		n := min(3, len(runes))
		script = append(script, up.Say(string(runes[:n])))
		runes = runes[n:]
	}
	return append(script, up.Finish(finish), up.Usage(9, 9), up.Done())
}

func TestAForcedCall(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, piecemeal(`{"tool":"see","arguments":{"x":7}}`, "stop"))
	var deltas []llm.Delta
	got, err := weak(t, u).Chat(t.Context(), withTools(), func(d llm.Delta) error {
		deltas = append(deltas, d)
		return nil
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	want := llm.ToolCall{ID: "call_1", Name: "see", Arguments: `{"x":7}`}
	if len(got.ToolCalls) != 1 || got.ToolCalls[0] != want || got.Text != "" || got.Finish != llm.FinishTools || got.Usage.Input != 9 {
		t.Errorf("got %+v", got)
	}
	if len(deltas) != 1 || len(deltas[0].ToolCalls) != 1 || deltas[0].ToolCalls[0].ID != "call_1" {
		t.Errorf("heard %+v", deltas)
	}
	golden(t, "forced", indented(t, u.Requests()[0].Body))
}

func TestAForcedAnswerComesAsItIsWritten(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, piecemeal(`{"answer": "Olá \"mundo\" 🌍\n"}`, "stop"))
	var heard []string
	got, err := weak(t, u).Chat(t.Context(), withTools(), func(d llm.Delta) error {
		heard = append(heard, d.Text)
		return nil
	})
	if want := "Olá \"mundo\" 🌍\n"; err != nil || got.Text != want || strings.Join(heard, "") != want || len(heard) < 4 || got.Finish != llm.FinishStop {
		t.Errorf("%v %+v, heard %q", err, got, heard)
	}
}

func TestForcedRepliesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply, finish string
		code          fault.Code
		text          string
	}{
		"prose":          {"I would look.", "stop", fault.UpstreamFailed, ""},
		"half a call":    {`{"tool":"see","argu`, "length", "", ""},
		"half an answer": {`{"answer":"Olá mun`, "length", "", "Olá mun"},
		"strange":        {`{"thing":1}`, "stop", fault.UpstreamFailed, ""},
	} {
		got, err := weak(t, up.Serve(t, piecemeal(c.reply, c.finish))).Chat(t.Context(), withTools(), nil)
		if fault.CodeOf(err) != c.code || got.Text != c.text || len(got.ToolCalls) > 0 {
			t.Errorf("%s: %v %+v", name, err, got)
		}
	}
}

func TestWhoIsForced(t *testing.T) {
	t.Parallel()
	sent := func(req llm.ChatRequest) string {
		u := up.Serve(t, piecemeal(`{"answer":"x"}`, "stop"))
		_, _ = weak(t, u).Chat(t.Context(), req, nil) // only what is sent counts
		return string(u.Requests()[0].Body)
	}
	req := withTools()
	if got := sent(req); strings.Contains(got, `"tools"`) || !strings.Contains(got, `"oneOf"`) || !strings.Contains(got, `"answer"`) {
		t.Errorf("a weak model got %s", got)
	}
	req.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: "now"}
	if got := sent(req); strings.Contains(got, `{"const":"see"}`) || strings.Contains(got, `"required":["answer"]`) {
		t.Errorf("a weak model that must call now got %s", got)
	}
	req.ToolChoice = llm.ToolChoice{Mode: llm.ToolsNone}
	if got := sent(req); strings.Contains(got, `"oneOf"`) {
		t.Errorf("a weak model that must not call got %s", got)
	}
	req = withTools()
	req.Model = "strong"
	if got := sent(req); !strings.Contains(got, `"tools"`) {
		t.Errorf("a strong model got %s", got)
	}
	req = withTools()
	req.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: "gone"}
	if _, err := weak(t, up.Serve(t, up.Answer("x"))).Chat(t.Context(), req, nil); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("a tool that is not there: %v", err)
	}
}

func TestForcedHistory(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, piecemeal(`{"answer":"7"}`, "stop"))
	req := withTools()
	req.Schema = json.RawMessage(`{"type":"integer"}`)
	req.Messages = []llm.Message{
		{Role: llm.System, Text: "be brief"}, {Role: llm.User, Text: "look"},
		{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "a", Name: "see", Arguments: `{"x":1}`}, {ID: "b", Name: "now", Arguments: `not json`}}},
		{Role: llm.Tool, ToolCallID: "a", Text: "a cat"}, {Role: llm.Tool, ToolCallID: "b", Text: "no clock", ToolFailed: true},
		{Role: llm.Assistant, Text: "A cat."}, {Role: llm.User, Text: "and?"},
	}
	if _, err := weak(t, u).Chat(t.Context(), req, nil); err != nil {
		t.Fatal(fault.Cause(err))
	}
	golden(t, "forced_history", indented(t, u.Requests()[0].Body))
}
