package chat

import (
	"bytes"
	"strings"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/sse"
)

// watcher follows a stream of chunks and leaves the usage chunk out if the
// caller did not ask for it. An event is held until it is complete.
type watcher struct {
	decoder   sse.Decoder
	inspector *openai.Inspector
	usage     bool // the usage chunk may pass
	plain     bool
	part      bool // of an event too large to be held was passed on
	text      strings.Builder
	tooLong   bool
	other     bool
	dst       []byte
}

// Watch implements broker.Surface.
func (Surface) Watch(r broker.Request, now func() time.Time) broker.Watcher {
	w := &watcher{inspector: openai.NewInspector(now), usage: true}
	if mine, ok := r.(*request); ok {
		w.usage, w.plain = mine.usage, mine.plain
	}
	return w
}

func (w *watcher) Feed(dst, p []byte) []byte {
	w.dst = dst
	_ = w.decoder.Feed(p, w.each) // it returns no error
	dst, w.dst = w.dst, nil
	return dst
}

func (w *watcher) Flush(dst []byte) []byte {
	w.dst = dst
	_ = w.decoder.Flush(w.each)
	dst, w.dst = w.dst, nil
	return dst
}

func (w *watcher) each(e sse.Event) error {
	w.event(e)
	return nil
}

func (w *watcher) event(e sse.Event) {
	var each func(llm.Delta)
	if w.plain {
		each = w.keep
	}
	w.inspector.See(e, each)
	if w.inspector.Seen().Failure != nil {
		return // the broker goes on elsewhere, or says so itself
	}
	if !e.Cut { // the end of the stream ends no event
		w.part = e.More
	}
	raw := e.Raw
	if !w.usage && openai.UsageOnly(e) {
		// A line feed in front ends the line of the event before.
		raw = raw[:len(raw)-len(bytes.TrimPrefix(raw, []byte("\n")))]
	}
	w.dst = append(w.dst, raw...)
}

// keep remembers the text, to go on with it should the stream be cut.
func (w *watcher) keep(d llm.Delta) {
	if d.Choice != 0 || len(d.ToolCalls) > 0 || d.Sealed != "" {
		w.other = true
		return
	}
	if w.text.Len()+len(d.Text) > broker.MaxRescue {
		w.tooLong = true
		return
	}
	if !w.tooLong {
		w.text.WriteString(d.Text)
	}
}

func (w *watcher) Open() bool { return w.part }

func (w *watcher) End() *fault.Fault { return w.inspector.Verdict() }

func (w *watcher) Seen() broker.Seen {
	seen := from(w.inspector.Seen())
	seen.Text, seen.TooLong, seen.Other = w.text.String(), w.tooLong, w.other
	return seen
}
