package audio

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/audio"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/sse"
)

// watcher follows a stream of events, of a transcript or of sound, and passes
// all of it on. Not for concurrent use.
type watcher struct {
	decoder sse.Decoder
	now     func() time.Time
	seen    broker.Seen
	part    bool // of an event too large to be held
}

var _ broker.Watcher = (*watcher)(nil)

func newWatcher(now func() time.Time) *watcher {
	if now == nil {
		now = time.Now
	}
	return &watcher{now: now}
}

// Feed implements broker.Watcher.
func (w *watcher) Feed(dst, p []byte) []byte {
	_ = w.decoder.Feed(p, func(e sse.Event) error { // the callback returns no error
		dst = w.pass(dst, e)
		return nil
	})
	return dst
}

// Flush implements broker.Watcher.
func (w *watcher) Flush(dst []byte) []byte {
	_ = w.decoder.Flush(func(e sse.Event) error {
		dst = w.pass(dst, e)
		return nil
	})
	return dst
}

func (w *watcher) pass(dst []byte, e sse.Event) []byte {
	w.see(e)
	if w.seen.Failure != nil { // the broker says what failed, or goes on elsewhere
		return dst
	}
	w.part = e.More
	return append(dst, e.Raw...)
}

// message is what an event may hold.
type message struct {
	Type  string          `json:"type"`
	Delta string          `json:"delta"`
	Text  string          `json:"text"`
	Usage *audio.Usage    `json:"usage"`
	Error json.RawMessage `json:"error"`
}

func (w *watcher) see(e sse.Event) {
	if e.Large {
		w.content(len(e.Raw))
		return
	}
	data := bytes.TrimSpace(e.Data)
	if w.seen.Done || len(data) == 0 || string(data) == "[DONE]" {
		return
	}
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		w.seen.Failure = endpoint.Malformed(err)
		return
	}
	if m.Type == "error" || (len(m.Error) > 0 && string(m.Error) != "null") {
		w.seen.Failure = openai.BrokenOff(data)
		return
	}
	switch m.Type {
	case heardMore, saidMore:
		w.content(len(m.Delta)) // sound is counted by the text
	case heardSpan:
		w.content(0) // its text is in deltas, too
	case heardAll, saidAll:
		w.end(m)
	}
}

func (w *watcher) content(bytes int) {
	w.seen.Bytes += bytes
	if w.seen.FirstContent.IsZero() {
		w.seen.FirstContent = w.now()
	}
}

func (w *watcher) end(m message) {
	w.seen.Done, w.seen.Whole = true, true
	w.seen.Bytes = max(w.seen.Bytes, len(m.Text))
	if m.Usage == nil {
		return
	}
	w.seen.Usage, w.seen.HasUsage = m.Usage.Counted(), true
	if m.Type == saidAll {
		w.seen.Usage.AudioOut = w.seen.Usage.Output // a model that speaks puts out nothing else
	}
}

// Open implements broker.Watcher.
func (w *watcher) Open() bool { return w.part }

var (
	errNothing = errors.New("a stream without an event")
	errNoEnd   = errors.New("the stream has no last event")
)

// End implements broker.Watcher.
func (w *watcher) End() *fault.Fault {
	switch {
	case w.seen.Failure != nil:
		return w.seen.Failure
	case w.seen.Done:
		return nil
	case w.seen.FirstContent.IsZero():
		return endpoint.Empty(errNothing)
	}
	return endpoint.Cut(errNoEnd)
}

// Seen implements broker.Watcher.
func (w *watcher) Seen() broker.Seen { return w.seen }
