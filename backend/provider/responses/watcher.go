package responses

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
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

func (w *Watcher) see(d llm.Delta) {
	if w.first.IsZero() && w.tally.bytes > 0 {
		w.first = w.now()
	}
	if d.Reasoning != "" || d.Sealed != "" || len(d.ToolCalls) > 0 || w.tally.searches > 0 {
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

// Open implements broker.Watcher.
func (w *Watcher) Open() bool { return w.part }

// End implements broker.Watcher.
func (w *Watcher) End() *fault.Fault { return w.tally.verdict() }

// Seen implements broker.Watcher. Its Place is a *Place.
func (w *Watcher) Seen() broker.Seen {
	seen := w.tally.seen()
	seen.FirstContent, seen.Text, seen.TooLong, seen.Other = w.first, string(w.text), w.tooLong, w.other
	seen.Place = &w.tally.place
	return seen
}

func (t *tally) seen() broker.Seen {
	return broker.Seen{
		ID: t.id, Model: t.model, Usage: t.usage, HasUsage: t.hasUsage, Finish: t.finish,
		Bytes: t.bytes, Done: t.done, Whole: t.whole(), Failure: t.failure,
	}
}

// Inspect reads an answer that was not streamed. The fault says why it is no
// answer, or is nil. One that is still being made (background) counts as whole.
func Inspect(body []byte) (broker.Seen, *fault.Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return broker.Seen{}, endpoint.Empty(errors.New("the body is empty"))
	}
	var r response
	if err := json.Unmarshal(body, &r); err != nil {
		return broker.Seen{}, endpoint.Malformed(err)
	}
	var t tally
	switch {
	case r.Status == "" && len(r.Error) > 0 && string(r.Error) != "null":
		t.failure = openai.BrokenOff(r.Error)
	case r.Status == "queued", r.Status == "in_progress":
		t.state(&r)
		t.done = true
	case r.Status == "":
		t.failure = endpoint.Empty(errors.New("the answer has no status"))
	default:
		t.end(&r)
	}
	for _, i := range r.Output {
		t.bytes += i.size()
	}
	return t.seen(), t.verdict()
}

func (i item) size() int {
	n := len(i.Arguments) + len(i.Input)
	for _, list := range [][]part{i.Content, i.Summary} {
		for _, p := range list {
			n += len(p.Text) + len(p.Refusal)
		}
	}
	return n
}

// Failure reads an error answer, which has the form of the chat wire's.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return openai.Failure(status, header, body, now)
}
