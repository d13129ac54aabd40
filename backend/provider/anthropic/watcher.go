package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/sse"
)

// Watcher follows a stream of this wire and passes all of it on, event by
// event. Not for concurrent use.
type Watcher struct {
	decoder sse.Decoder
	tally   tally
	now     func() time.Time
	first   time.Time
	text    []byte
	keep    bool // text, to go on from
	tooLong bool
	other   bool
	part    bool // of an event too large to be held
}

var _ broker.Watcher = (*Watcher)(nil)

// NewWatcher makes a Watcher; nil now means time.Now. plain says that the
// answer is one text, so that it is kept to go on from if the stream is cut.
func NewWatcher(plain bool, now func() time.Time) *Watcher {
	if now == nil {
		now = time.Now
	}
	return &Watcher{keep: plain, now: now}
}

// Feed implements broker.Watcher.
func (w *Watcher) Feed(dst, p []byte) []byte {
	_ = w.decoder.Feed(p, func(e sse.Event) error { // the callback returns no error
		w.see(w.tally.event(e))
		if w.tally.failure == nil { // the broker says what failed, or goes on elsewhere
			dst = append(dst, e.Raw...)
			w.part = e.More
		}
		return nil
	})
	return dst
}

func (w *Watcher) see(d llm.Delta) {
	if w.first.IsZero() && w.tally.bytes > 0 {
		w.first = w.now()
	}
	if d.Reasoning != "" || d.Sealed != "" || len(d.ToolCalls) > 0 {
		w.other = true
	}
	if !w.keep || d.Text == "" {
		return
	}
	if len(w.text)+len(d.Text) > broker.MaxRescue {
		w.tooLong = true
		return
	}
	w.text = append(w.text, d.Text...)
}

// Flush implements broker.Watcher.
func (w *Watcher) Flush(dst []byte) []byte {
	_ = w.decoder.Flush(func(e sse.Event) error {
		w.see(w.tally.event(e))
		if w.tally.failure == nil {
			dst = append(dst, e.Raw...)
		}
		return nil
	})
	return dst
}

// Open implements broker.Watcher.
func (w *Watcher) Open() bool { return w.part }

// End implements broker.Watcher.
func (w *Watcher) End() *fault.Fault { return w.tally.verdict() }

// Seen implements broker.Watcher.
func (w *Watcher) Seen() broker.Seen {
	seen := w.tally.seen()
	seen.FirstContent, seen.Text, seen.TooLong, seen.Other = w.first, string(w.text), w.tooLong, w.other
	return seen
}

func (t *tally) seen() broker.Seen {
	seen := broker.Seen{
		ID: t.id, Model: t.model, Usage: t.usage.tokens(), HasUsage: t.hasUsage,
		Bytes: t.bytes, Done: t.done, Whole: t.whole(), Failure: t.failure,
	}
	if t.stop != "" {
		seen.Finish = finishOf(t.stop)
	}
	return seen
}

// Inspect reads an answer that was not streamed: a message, or a count of
// tokens. The fault says why it is no answer, or is nil.
func Inspect(body []byte) (broker.Seen, *fault.Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return broker.Seen{}, endpoint.Empty(errors.New("the body is empty"))
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return broker.Seen{}, endpoint.Malformed(err)
	}
	if m.InputTokens != nil && m.Type != "error" && len(m.Error) == 0 {
		return broker.Seen{Done: true, Whole: true}, nil // counting is free of charge
	}
	var t tally
	t.message(&m)
	seen := t.seen()
	if f := t.verdict(); f != nil {
		return seen, f
	}
	return seen, nil
}
