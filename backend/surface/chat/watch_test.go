package chat_test

import (
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/chat"
)

const (
	hello  = ": ping\n\ndata: {\"id\":\"c1\",\"model\":\"up\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\r\n\r\n"
	lo     = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"vendor\":1}]}\n\n"
	ended  = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	counts = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n"
	done   = "data: [DONE]\n\n"
)

func watch(t *testing.T, body string) broker.Watcher {
	t.Helper()
	return chat.Surface{}.Watch(read(t, body), time.Now)
}

func TestWatchKeepsWhatTheCallerMayHave(t *testing.T) {
	t.Parallel()
	for body, kept := range map[string]string{
		`{"model":"m","stream":true,` + said + `}`:                                         "",
		`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + said + `}`: counts,
	} {
		w := watch(t, body)
		got := w.Flush(w.Feed(nil, []byte(hello+lo+ended+counts+done)))
		if string(got) != hello+lo+ended+kept+done {
			t.Errorf("got %q", got)
		}
		s := w.Seen()
		if f := w.End(); f != nil || s.Text != "Hello" || !s.Whole || s.Usage != (llm.Usage{Input: 3, Output: 2}) || s.ID != "c1" || s.Model != "up" || s.Finish != llm.FinishStop || s.FirstContent.IsZero() || w.Open() {
			t.Errorf("%+v %v", s, f)
		}
	}
}

func TestWatchTellsWhatCannotBeRescued(t *testing.T) {
	t.Parallel()
	w := watch(t, `{"model":"m","stream":true,`+said+`}`)
	w.Feed(nil, []byte(hello+`data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}`+"\n\n"))
	if s := w.Seen(); !s.Other || s.Text != "Hel" {
		t.Errorf("%+v", s)
	}
	long := watch(t, `{"model":"m","stream":true,`+said+`}`)
	for range 10 {
		long.Feed(nil, []byte(`data: {"choices":[{"index":0,"delta":{"content":"`+strings.Repeat("x", 64<<10)+`"}}]}`+"\n\n"))
	}
	if s := long.Seen(); !s.TooLong || len(s.Text) > broker.MaxRescue {
		t.Errorf("%d bytes of text, too long: %v", len(s.Text), s.TooLong)
	}
}

func TestWatchKnowsWhereAnEventIsOpen(t *testing.T) {
	t.Parallel()
	w := watch(t, `{"model":"m","stream":true,`+said+`}`)
	if got := w.Feed(nil, []byte(lo+"data: {\"cho")); string(got) != lo || w.Open() {
		t.Errorf("got %q, open: %v", got, w.Open())
	}
	if got := w.Flush(nil); string(got) != "data: {\"cho" {
		t.Errorf("flushed %q, open: %v", got, w.Open())
	}
	if f := w.End(); code(f) != fault.UpstreamFailed {
		t.Errorf("a cut is %v", f)
	}
	large := watch(t, `{"model":"m","stream":true,`+said+`}`)
	if large.Feed(nil, append([]byte("data: "), make([]byte, 9<<20)...)); !large.Open() {
		t.Error("half of a large event was passed on, and nobody knows")
	}
	if large.Feed(nil, []byte("\n\n")); large.Open() {
		t.Error("a large event does not end")
	}
	cut := watch(t, `{"model":"m","stream":true,`+said+`}`)
	cut.Feed(nil, append([]byte("data: "), make([]byte, 9<<20)...))
	if cut.Flush(nil); !cut.Open() {
		t.Error("the end of the stream ended a large event")
	}
}

func code(f *fault.Fault) fault.Code {
	if f == nil {
		return ""
	}
	return f.Code
}

// FuzzWatch: what passes and what is seen must not depend on how the bytes were
// cut, and nothing but usage chunks may be left out.
func FuzzWatch(f *testing.F) {
	f.Add([]byte(hello+lo+ended+counts+done), uint8(3))
	f.Add([]byte("data: {\"error\":{\"message\":\"x\"}}\n\n\r\n\rdata: x"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		body := `{"model":"m","stream":true,` + said + `}`
		one, many, all := watch(t, body), watch(t, body), watch(t, `{"model":"m","stream":true,"stream_options":{"include_usage":true},`+said+`}`)
		want := one.Flush(one.Feed(nil, in))
		var got []byte
		for rest := in; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			got = many.Feed(got, rest[:n])
			rest = rest[n:]
		}
		got = many.Flush(got)
		a, b := one.Seen(), many.Seen()
		a.FirstContent, b.FirstContent, a.Failure, b.Failure = time.Time{}, time.Time{}, nil, nil
		if string(got) != string(want) || a != b || code(one.Seen().Failure) != code(many.Seen().Failure) {
			t.Errorf("%q depends on the cut: %+v %+v", in, a, b)
		}
		whole := all.Flush(all.Feed(nil, in))
		if all.Seen().Failure != nil && strings.HasPrefix(string(in), string(whole)) {
			return // from the event that fails on nothing passes
		}
		if string(whole) != string(in) {
			t.Errorf("%q became %q", in, whole)
		}
	})
}
