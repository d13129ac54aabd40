package completions_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/completions"
)

var fixed = completions.Surface{Now: func() time.Time { return time.Unix(1700000000, 0) }, NewID: func() string { return "id" }}

func read(t *testing.T, body string) broker.Request {
	t.Helper()
	r, err := fixed.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return r
}

func TestTranslates(t *testing.T) {
	t.Parallel()
	got, err := read(t, `{"model":"m","prompt":["once upon"],"n":2,"best_of":3,"stop":["."],"temperature":0,"logprobs":2,"echo":false,"suffix":"","user":"u"}`).Chat()
	zero := 0.0
	want := llm.ChatRequest{
		Model: "m", MaxTokens: 16, Choices: 2, Stop: []string{"."}, Temperature: &zero, User: "u",
		Messages: []llm.Message{{Role: llm.User, Text: "once upon"}}, Unknown: []string{"best_of", "logprobs"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v %v", got, want, err)
	}
	for _, bad := range []string{`{"model":"m","prompt":["a","b"]}`, `{"model":"m","prompt":[1,2]}`, `{"model":"m","prompt":[]}`} {
		if _, err := read(t, bad).Chat(); fault.From(err).Field != "prompt" {
			t.Errorf("%s is %v", bad, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]string{"model": `{"prompt":"a"}`, "prompt": `{"model":"m","prompt":7}`, "MODEL": `{"MODEL":"m"}`, "best_of": `{"model":"m","prompt":"a","best_of":999}`, "n": `{"model":"m","n":"x"}`} {
		_, err := fixed.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != field {
			t.Errorf("%s is %+v", bad, f)
		}
	}
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	r := read(t, `{"model":"m","prompt":"a","n":2,"stream":true,"stream_options":{"include_usage":true}}`)
	e := fixed.Write(r, broker.Seen{})
	done := llm.Completion{Text: "x", Finish: llm.FinishLength, More: []llm.Choice{{Text: "y", Finish: llm.FinishStop}}, Usage: llm.Usage{Input: 3, Output: 2}}
	out := e.End(e.Delta(e.Delta(nil, llm.Delta{Text: "x", Reasoning: "r"}), llm.Delta{Choice: 1, Text: "y"}), done)
	w := fixed.Watch(r, time.Now)
	if got := w.Flush(w.Feed(nil, out)); string(got) != string(out) {
		t.Errorf("%s passes as %s", out, got)
	}
	if s, f := w.Seen(), w.End(); f != nil || !s.Whole || s.Usage != done.Usage {
		t.Errorf("%+v %v", s, f)
	}
	body, err := e.Whole(done)
	want := `{"id":"cmpl-id","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":"x","index":0,"logprobs":null,"finish_reason":"length"},{"text":"y","index":1,"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`
	if err != nil || string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if got := string(e.Fail(nil, fault.New(fault.UpstreamFailed, "It failed.", nil))); !strings.HasPrefix(got, `data: {"error":{`) || !strings.HasSuffix(got, "\n\n") {
		t.Errorf("got %q", got)
	}
}

func FuzzReadAndChat(f *testing.F) {
	for _, seed := range []string{`{"model":"m","prompt":["a"],"stop":"x"}`, `{"model":"m","prompt":[[1]]}`, `[`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := fixed.Read(body)
		if err != nil {
			return
		}
		if _, err := r.Chat(); err != nil && fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%q is %v", body, err)
		}
		if again, err := fixed.Read(r.Rewrite("another", 7)); err != nil || again.Model() != "another" {
			t.Errorf("%q became %q: %v", body, r.Rewrite("another", 7), err)
		}
	})
}
