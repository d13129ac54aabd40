package completions

import (
	"bytes"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/sse"
)

// Watcher follows a stream of this wire and leaves the usage chunk out that the
// caller did not ask for. Not for concurrent use.
type Watcher struct {
	decoder   sse.Decoder
	inspector *openai.Inspector
	usage     bool // the usage chunk may pass
	keep      bool // text, to go on from
	part      bool // of an event too large to be held was passed on
	text      []byte
	tooLong   bool
	other     bool
}

var _ broker.Watcher = (*Watcher)(nil)

// NewWatcher makes a Watcher of the answer to r; nil now means time.Now.
func NewWatcher(r Request, now func() time.Time) *Watcher {
	return &Watcher{inspector: openai.NewInspector(now), usage: r.IncludeUsage, keep: r.Plain}
}

// Feed implements broker.Watcher.
func (w *Watcher) Feed(dst, p []byte) []byte {
	_ = w.decoder.Feed(p, func(e sse.Event) error { // the callback returns no error
		dst = w.event(dst, e)
		return nil
	})
	return dst
}

// Flush implements broker.Watcher.
func (w *Watcher) Flush(dst []byte) []byte {
	_ = w.decoder.Flush(func(e sse.Event) error {
		dst = w.event(dst, e)
		return nil
	})
	return dst
}

func (w *Watcher) event(dst []byte, e sse.Event) []byte {
	w.inspector.See(e, w.see)
	if w.inspector.Seen().Failure != nil {
		return dst // the broker says what failed, or goes on elsewhere
	}
	if !e.Cut { // the end of the stream ends no event
		w.part = e.More
	}
	raw := e.Raw
	if !w.usage && openai.UsageOnly(e) {
		// A line feed in front ends the line of the event before.
		raw = raw[:len(raw)-len(bytes.TrimPrefix(raw, []byte("\n")))]
	}
	return append(dst, raw...)
}

func (w *Watcher) see(d llm.Delta) {
	if d.Choice != 0 {
		w.other = true
		return
	}
	switch {
	case !w.keep, w.tooLong:
	case len(w.text)+len(d.Text) > broker.MaxRescue:
		w.tooLong = true
	default:
		w.text = append(w.text, d.Text...)
	}
}

// Open implements broker.Watcher.
func (w *Watcher) Open() bool { return w.part }

// End implements broker.Watcher.
func (w *Watcher) End() *fault.Fault { return w.inspector.Verdict() }

// Seen implements broker.Watcher.
func (w *Watcher) Seen() broker.Seen {
	seen := from(w.inspector.Seen())
	seen.Text, seen.TooLong, seen.Other = string(w.text), w.tooLong, w.other
	return seen
}

// Inspect reads an answer that was not streamed. The fault says why it is no
// answer, or is nil.
func Inspect(body []byte) (broker.Seen, *fault.Fault) {
	seen, f := openai.Inspect(body)
	return from(seen), f
}

func from(s openai.Seen) broker.Seen {
	return broker.Seen{
		ID: s.ID, Model: s.Model, Usage: s.Usage, HasUsage: s.HasUsage, Finish: s.Finish,
		FirstContent: s.FirstContent, Bytes: s.Bytes, Done: s.Done, Whole: s.Whole, Failure: s.Failure,
	}
}

// Failure reads an error answer, which has the form of the chat wire's.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return openai.Failure(status, header, body, now)
}
