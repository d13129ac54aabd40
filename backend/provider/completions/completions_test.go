package completions_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/completions"
)

func TestReadAndRewrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, want string
		max        int
		choices    int
		plain      bool
	}{
		"plain":         {`{"prompt":"a","model":"x"}`, `{"prompt":"a","model":"m"}`, 0, 1, true},
		"limit":         {`{"prompt":"a","model":"x"}`, `{"prompt":"a","model":"m","max_tokens":16}`, 900, 1, true},
		"smaller limit": {`{"prompt":"a","model":"x","max_tokens":null}`, `{"prompt":"a","model":"m","max_tokens":5}`, 5, 1, true},
		"own limit":     {`{"prompt":"a","model":"x","max_tokens":7}`, `{"prompt":"a","model":"m","max_tokens":7}`, 5, 1, true},
		"stream":        {`{"model":"x","stream":true,"prompt":"a"}`, `{"model":"m","stream":true,"prompt":"a","stream_options":{"include_usage":true}}`, 0, 1, true},
		"stream, limit": {`{"model":"x","stream":true}`, `{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":4}`, 4, 1, true},
		"several":       {`{"model":"x","prompt":["a","b"],"n":2,"best_of":3}`, `{"model":"m","prompt":["a","b"],"n":2,"best_of":3}`, 0, 6, false},
		"tokens":        {`{"model":"x","prompt":[1,2,3]}`, `{"model":"m","prompt":[1,2,3]}`, 0, 1, true},
		"token lists":   {`{"model":"x","prompt":[[1],[2]]}`, `{"model":"m","prompt":[[1],[2]]}`, 0, 2, false},
		"logprobs":      {`{"model":"x","logprobs":0}`, `{"model":"m","logprobs":0}`, 0, 1, false},
		"echo":          {`{"model":"x","echo":true}`, `{"model":"m","echo":true}`, 0, 1, false},
		"suffix":        {`{"model":"x","suffix":"z"}`, `{"model":"m","suffix":"z"}`, 0, 1, false},
		"no suffix":     {`{"model":"x","suffix":null,"echo":false,"logprobs":null}`, `{"model":"m","suffix":null,"echo":false,"logprobs":null}`, 0, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := completions.ReadRequest([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Rewrite("m", c.max); string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if r.Choices != c.choices || r.Plain != c.plain || r.Model != "x" {
				t.Errorf("%+v", r)
			}
		})
	}
	for _, bad := range []string{``, `[]`, `{"n":0}`, `{"best_of":"a"}`, `{"best_of":1000}`, `{"n":100,"prompt":["a","b"]}`, `{"max_tokens":-1}`, `{"model":1}`} {
		if _, err := completions.ReadRequest([]byte(bad)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", bad, err)
		}
	}
}

const recorded = `data: {"id":"cmpl-1","object":"text_completion","model":"up","choices":[{"index":0,"text":"Olá","logprobs":null,"finish_reason":null}]}

data: {"id":"cmpl-1","choices":[{"index":0,"text":" mundo","finish_reason":"length"}]}

data: {"id":"cmpl-1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}

data: [DONE]

`

func watch(pieces [][]byte, usage bool) (string, broker.Seen, fault.Code) {
	body := `{"model":"m","stream":true}`
	if usage {
		body = `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`
	}
	r, err := completions.ReadRequest([]byte(body))
	if err != nil {
		panic(err)
	}
	w := completions.NewWatcher(r, func() time.Time { return time.Unix(9, 0) })
	var out []byte
	for _, p := range pieces {
		out = w.Feed(out, p)
	}
	out = w.Flush(out)
	f := w.End()
	seen := w.Seen()
	seen.Failure = nil
	if f == nil {
		return string(out), seen, ""
	}
	return string(out), seen, f.Code
}

func TestWatcher(t *testing.T) {
	t.Parallel()
	out, seen, code := watch([][]byte{[]byte(recorded)}, true)
	if out != recorded || code != "" || seen.Text != "Olá mundo" || seen.Finish != "length" || seen.Usage.Input != 7 || !seen.Whole || seen.FirstContent.IsZero() || seen.ID != "cmpl-1" {
		t.Errorf("%s %+v in %q", code, seen, out)
	}
	out, seen, _ = watch([][]byte{[]byte(recorded)}, false)
	events := strings.SplitAfter(recorded, "\n\n")
	if out != events[0]+events[1]+events[3] || seen.Usage.Output != 2 {
		t.Errorf("%q", out)
	}
	if _, seen, code := watch([][]byte{[]byte(events[0])}, false); code != fault.UpstreamFailed || seen.Text != "Olá" || seen.Whole {
		t.Errorf("a cut is %q, %+v", code, seen)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	seen, f := completions.Inspect([]byte(`{"id":"c","object":"text_completion","choices":[{"index":0,"text":"a","finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`))
	if f != nil || seen.Usage.Output != 1 || !seen.Whole {
		t.Errorf("%v %+v", f, seen)
	}
	if _, f := completions.Inspect([]byte(`{"error":{"message":"no","code":"context_length_exceeded"}}`)); f == nil || f.Code != fault.ContextTooLong {
		t.Errorf("an error is %v", f)
	}
	if _, f := completions.Inspect(nil); f == nil || f.Code != fault.UpstreamFailed {
		t.Errorf("nothing is %v", f)
	}
}

// FuzzRequest: whatever is accepted keeps its other bytes, and stays JSON.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{`{"prompt":"a","model":"x"}`, `{"max_tokens":null,"max_tokens":3,"stream":true}`, ` {"stream_options":{},"stream":true,"prompt":[[1],["a"]]} `, `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := completions.ReadRequest(body)
		if err != nil {
			return
		}
		if out := r.Rewrite("m", 3); !json.Valid(out) {
			t.Errorf("%q became %q", body, out)
		}
		if r.Choices < 1 || r.MaxOutput() < 1 {
			t.Errorf("%+v", r)
		}
	})
}

func FuzzWatcherDoesNotDependOnCuts(f *testing.F) {
	f.Add([]byte(recorded), uint8(3))
	f.Add([]byte(strings.ReplaceAll(recorded, "\n", "\r\n")), uint8(1))
	f.Add([]byte(recorded[:200]), uint8(7))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		var pieces [][]byte
		for rest := in; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		out, seen, code := watch(pieces, true)
		want, wantSeen, wantCode := watch([][]byte{in}, true)
		if out != want || code != wantCode || !reflect.DeepEqual(seen, wantSeen) {
			t.Errorf("in pieces: %q %+v %s\nwhole: %q %+v %s", out, seen, code, want, wantSeen, wantCode)
		}
		// What is garbage is not passed on, nor is what follows it.
		if !strings.HasPrefix(string(in), out) || seen.Whole && out != string(in) {
			t.Errorf("passed on %q of %q", out, in)
		}
	})
}
