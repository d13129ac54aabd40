// Package watch follows a stream that is passed on in bytes, event by event, as
// its wire understands it.
package watch

import (
	"strings"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/sse"
)

// Tally is what a wire makes of a stream.
type Tally interface {
	// Event takes the next event and returns what it adds to the answer.
	Event(e sse.Event) llm.Delta
	// Seen is what is known so far, save for the text and the first content's
	// time. Other need only say what deltas do not show.
	Seen() broker.Seen
	// Failed says that the stream reported a failure or was garbage. What follows
	// is not passed on.
	Failed() bool
	// Verdict is nil for a whole answer, otherwise what was wrong.
	Verdict() *fault.Fault
}

// Watcher passes a stream on, whole events only. Not for concurrent use.
type Watcher struct {
	decoder sse.Decoder
	tally   Tally
	now     func() time.Time
	first   time.Time
	text    strings.Builder
	keep    bool // text, to go on from
	tooLong bool
	other   bool
	part    bool // of an event too large to be held was passed on
}

var _ broker.Watcher = (*Watcher)(nil)

// New makes a Watcher; nil now means time.Now. plain says that the answer is one
// text, so that it is kept to go on from if the stream is cut.
func New(t Tally, plain bool, now func() time.Time) *Watcher {
	if now == nil {
		now = time.Now
	}
	return &Watcher{tally: t, keep: plain, now: now}
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
	w.see(w.tally.Event(e))
	if w.tally.Failed() {
		return dst // the broker says what failed, or goes on elsewhere
	}
	if !e.Cut { // the end of the stream ends no event
		w.part = e.More
	}
	return append(dst, e.Raw...)
}

func (w *Watcher) see(d llm.Delta) {
	if w.first.IsZero() && w.tally.Seen().Bytes > 0 {
		w.first = w.now()
	}
	if d.Reasoning != "" || d.Sealed != "" || len(d.ToolCalls) > 0 {
		w.other = true
	}
	switch {
	case !w.keep || d.Text == "":
	case w.text.Len()+len(d.Text) > broker.MaxRescue:
		w.tooLong = true
	default:
		w.text.WriteString(d.Text)
	}
}

// Open implements broker.Watcher.
func (w *Watcher) Open() bool { return w.part }

// End implements broker.Watcher.
func (w *Watcher) End() *fault.Fault { return w.tally.Verdict() }

// Seen implements broker.Watcher.
func (w *Watcher) Seen() broker.Seen {
	seen := w.tally.Seen()
	seen.FirstContent, seen.Text, seen.TooLong = w.first, w.text.String(), w.tooLong
	seen.Other = seen.Other || w.other
	return seen
}
