package anthropic_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
)

// watch passes pieces by; whatever is passed on must end with an event.
func watch(t *testing.T, pieces ...[]byte) (broker.Seen, fault.Code, string) {
	t.Helper()
	clock := time.Unix(100, 0)
	w := anthropic.NewWatcher(true, func() time.Time { return clock })
	var out []byte
	for _, p := range pieces {
		out = w.Feed(out, p)
	}
	out = w.Flush(out)
	f := w.End()
	seen := w.Seen()
	if seen.Failure != nil { // causes differ in identity only
		seen.Failure = fault.New(seen.Failure.Code, fault.Cause(seen.Failure), nil)
	}
	if f == nil {
		return seen, "", string(out)
	}
	return seen, f.Code, string(out)
}

func TestWatcherLearnsWithoutTouching(t *testing.T) {
	t.Parallel()
	chat := text()
	seen, code, passed := watch(t, []byte(chat.Stream))
	if code != "" || passed != chat.Stream {
		t.Fatalf("%s, passed %q", code, passed)
	}
	want := broker.Seen{
		ID: "msg_1", Model: chat.Want.Model, Text: chat.Want.Text, Usage: chat.Want.Usage, HasUsage: true, Finish: llm.FinishStop,
		FirstContent: time.Unix(100, 0), Bytes: len(chat.Want.Text), Done: true, Whole: true,
	}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("seen %+v\nwant %+v", seen, want)
	}
	for _, chat := range adapter().Chats {
		seen, code, passed := watch(t, []byte(chat.Stream))
		other := len(chat.Want.Reasoning) > 0 || strings.Contains(chat.Stream, "tool_use")
		if code != "" || passed != chat.Stream || seen.Usage != chat.Want.Usage || seen.Other != other {
			t.Errorf("%s: %s %+v", chat.Name, code, seen)
		}
	}
}

func TestWatcherHoldsHalfAnEvent(t *testing.T) {
	t.Parallel()
	stream := text().Stream
	w := anthropic.NewWatcher(false, nil)
	for i := range len(stream) {
		out := w.Feed(nil, []byte(stream[i:i+1]))
		if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n\n")) || w.Open() {
			t.Fatalf("passed on %q", out)
		}
	}
	if f := w.End(); f != nil || w.Seen().Text != "" {
		t.Errorf("%v %+v", f, w.Seen())
	}
	big := anthropic.NewWatcher(false, nil)
	big.Feed(nil, bytes.Repeat([]byte("x"), 9<<20))
	if !big.Open() {
		t.Error("a huge event that goes on is taken for a whole one")
	}
	if big.Feed(nil, []byte("\n\n")); big.Open() {
		t.Error("a huge event never ends")
	}
	cut := anthropic.NewWatcher(false, nil)
	cut.Feed(nil, bytes.Repeat([]byte("x"), 9<<20))
	if cut.Flush(nil); !cut.Open() {
		t.Error("the end of the stream ended a huge event")
	}
}

func TestWatcherKeepsTextWithinBounds(t *testing.T) {
	t.Parallel()
	w := anthropic.NewWatcher(true, nil)
	piece := `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + strings.Repeat("a", 200<<10) + `"}}`
	w.Feed(nil, []byte(stream(`{"type":"content_block_start","index":0,"content_block":{"type":"text"}}`, piece, piece)))
	if s := w.Seen(); len(s.Text) != 200<<10 || !s.TooLong || s.Bytes != 400<<10 {
		t.Errorf("kept %d of %d bytes, too long: %v", len(s.Text), s.Bytes, s.TooLong)
	}
}

func TestInspectWholeBodies(t *testing.T) {
	t.Parallel()
	for _, chat := range adapter().Chats {
		if chat.JSON == "" {
			continue
		}
		seen, f := anthropic.Inspect([]byte(chat.JSON))
		if f != nil || !seen.Whole || seen.Usage != chat.Want.Usage || seen.Finish != chat.Want.Finish {
			t.Errorf("%s: %v %+v", chat.Name, f, seen)
		}
	}
	if seen, f := anthropic.Inspect([]byte(`{"input_tokens":7}`)); f != nil || seen.HasUsage || !seen.Whole {
		t.Errorf("a count of tokens is %v %+v", f, seen)
	}
	for _, bad := range []string{``, ` `, `{`, `{}`, `[]`, `{"type":"error","error":{"type":"api_error"}}`, `{"type":"message","content":[{"type":"text","text":"a"}]}`, `{"type":"error","input_tokens":1}`} {
		if _, f := anthropic.Inspect([]byte(bad)); f == nil || f.Code != fault.UpstreamFailed {
			t.Errorf("%q is %v", bad, f)
		}
	}
}

func FuzzWatcherDoesNotDependOnCuts(f *testing.F) {
	for _, chat := range adapter().Chats {
		f.Add([]byte(chat.Stream), byte(7))
		f.Add([]byte(strings.ReplaceAll(chat.Stream, "\n", "\r\n")), byte(1))
	}
	f.Fuzz(func(t *testing.T, in []byte, size byte) {
		want, wantCode, passed := watch(t, in)
		var pieces [][]byte
		for rest := in; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		got, code, cutPassed := watch(t, pieces...)
		if !reflect.DeepEqual(got, want) || code != wantCode {
			t.Errorf("cut: %+v %s\nwhole: %+v %s", got, code, want, wantCode)
		}
		// What is garbage is not passed on, nor is what follows it.
		if passed != cutPassed || !strings.HasPrefix(string(in), passed) || want.Whole && passed != string(in) {
			t.Errorf("passed on %q, cut %q, of %q", passed, cutPassed, in)
		}
		if want.Whole != (wantCode == "") {
			t.Errorf("impossible: %+v %s", want, wantCode)
		}
	})
}
