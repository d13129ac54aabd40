package providertest

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/scripted"
)

// requestID is the provider's id of every scripted answer.
const requestID = "req_0001"

// usual are deadlines that no test waits for.
var usual = endpoint.Deadlines{Connect: time.Hour, FirstToken: time.Hour, BetweenTokens: time.Hour, Answer: time.Hour}

// open makes a client of a scripted provider, whose log is kept.
func (a Adapter) open(t *testing.T, d endpoint.Deadlines, scripts ...[]scripted.Act) (llm.Client, *scripted.Upstream, *log) {
	t.Helper()
	kept := &log{}
	u := scripted.Serve(t, scripts...)
	c := a.Open(t, Place{
		BaseURL: u.URL, Key: Key, HTTP: u.Client, Deadlines: d,
		Log: slog.New(slog.NewTextHandler(kept, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return c, u, kept
}

// log is a buffer that several goroutines may write to.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// begin is the head of a stream.
func (a Adapter) begin() scripted.Act {
	if a.RequestID == "" {
		return scripted.Head()
	}
	return scripted.Head(a.RequestID, requestID)
}

// reply is an answer in one piece.
func (a Adapter) reply(status int, body string, header ...string) []scripted.Act {
	if a.RequestID != "" {
		header = append([]string{a.RequestID, requestID}, header...)
	}
	return scripted.Reply(status, body, header...)
}

// play streams pieces, each flushed.
func (a Adapter) play(pieces ...string) []scripted.Act {
	script := []scripted.Act{a.begin()}
	for _, p := range pieces {
		script = append(script, scripted.Raw(p))
	}
	return script
}

// events splits a transcript behind its blank lines.
func events(stream string) []string {
	all := strings.SplitAfter(stream, "\n\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// hear is a chat whose deltas are put together again.
func hear(t *testing.T, c llm.Client, req llm.ChatRequest) (done, heard llm.Completion, err error) {
	t.Helper()
	var calls []llm.ToolCall
	thought := ""
	done, err = c.Chat(t.Context(), req, func(d llm.Delta) error {
		heard.Text += d.Text
		thought += d.Reasoning
		if d.Sealed != "" {
			heard.Reasoning = append(heard.Reasoning, llm.Reasoning{Text: thought, Sealed: d.Sealed, Wire: d.Wire})
			thought = ""
		}
		for _, call := range d.ToolCalls {
			for len(calls) <= call.Index {
				calls = append(calls, llm.ToolCall{})
			}
			one := &calls[call.Index]
			one.ID, one.Name, one.Arguments, one.Sealed = one.ID+call.ID, one.Name+call.Name, one.Arguments+call.Arguments, one.Sealed+call.Sealed
			if call.Sealed != "" {
				one.Wire = d.Wire
			}
		}
		return nil
	})
	if thought != "" {
		heard.Reasoning = append(heard.Reasoning, llm.Reasoning{Text: thought})
	}
	heard.ToolCalls = calls
	return done, heard, err
}

// sameContent compares what can be heard. Only a seal must say whose it is.
func sameContent(a, b llm.Completion) bool {
	bare := func(c llm.Completion) llm.Completion {
		out := llm.Completion{Text: c.Text}
		for _, r := range c.Reasoning {
			if r.Sealed == "" {
				r.Wire = ""
			}
			out.Reasoning = append(out.Reasoning, r)
		}
		out.ToolCalls = append(out.ToolCalls, c.ToolCalls...)
		return out
	}
	return reflect.DeepEqual(bare(a), bare(b))
}

// want is a chat's completion as this server sends it.
func (a Adapter) want(chat Chat) llm.Completion {
	want := chat.Want
	if a.RequestID != "" {
		want.RequestID = requestID
	}
	return want
}

// same compares all of two completions.
func same(t *testing.T, got, want llm.Completion) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// sameJSON compares two documents without regard to order and spacing.
func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := decode(got, &g); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	if err := decode([]byte(want), &w); err != nil {
		t.Fatalf("%q: %v", want, err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

// decode keeps numbers as they are written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// must fails the test with the cause of err, which its text does not show.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
}

func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != code {
		cause := "no error"
		if err != nil {
			cause = fault.Cause(err)
		}
		t.Errorf("got %s, want %s", cause, code)
	}
}
