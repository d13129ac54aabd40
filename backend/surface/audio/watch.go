package audio

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/audio"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/sse"
	"nexusai/backend/provider/watch"
)

// tally is what a stream of events has said so far, of a transcript or of sound.
// All of it is passed on.
type tally struct{ seen broker.Seen }

var _ watch.Tally = (*tally)(nil)

func newWatcher(now func() time.Time) *watch.Watcher { return watch.New(&tally{}, false, now) }

// message is what an event may hold.
type message struct {
	Type  string          `json:"type"`
	Delta string          `json:"delta"`
	Text  string          `json:"text"`
	Usage *audio.Usage    `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// Event implements watch.Tally.
func (t *tally) Event(e sse.Event) llm.Delta {
	if e.Large {
		t.content(len(e.Raw))
		return llm.Delta{}
	}
	data := bytes.TrimSpace(e.Data)
	if t.seen.Done || len(data) == 0 || string(data) == "[DONE]" {
		return llm.Delta{}
	}
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		t.seen.Failure = endpoint.Malformed(err)
		return llm.Delta{}
	}
	if m.Type == "error" || (len(m.Error) > 0 && string(m.Error) != "null") {
		t.seen.Failure = openai.BrokenOff(data)
		return llm.Delta{}
	}
	switch m.Type {
	case heardMore, saidMore:
		t.content(len(m.Delta)) // sound is counted by the text
	case heardSpan:
		t.content(0) // its text is in deltas, too
	case heardAll, saidAll:
		t.end(m)
	}
	return llm.Delta{}
}

// content has come, if only a sign of it.
func (t *tally) content(bytes int) { t.seen.Bytes = max(t.seen.Bytes+bytes, 1) }

func (t *tally) end(m message) {
	t.seen.Done, t.seen.Whole = true, true
	t.seen.Bytes = max(t.seen.Bytes, len(m.Text))
	if m.Usage == nil {
		return
	}
	t.seen.Usage, t.seen.HasUsage = m.Usage.Counted(), true
	if m.Type == saidAll {
		t.seen.Usage.AudioOut = t.seen.Usage.Output // a model that speaks puts out nothing else
	}
}

var (
	errNothing = errors.New("a stream without an event")
	errNoEnd   = errors.New("the stream has no last event")
)

// Verdict implements watch.Tally.
func (t *tally) Verdict() *fault.Fault {
	switch {
	case t.seen.Failure != nil:
		return t.seen.Failure
	case t.seen.Done:
		return nil
	case t.seen.Bytes == 0:
		return endpoint.Empty(errNothing)
	}
	return endpoint.Cut(errNoEnd)
}

// Failed implements watch.Tally.
func (t *tally) Failed() bool { return t.seen.Failure != nil }

// Seen implements watch.Tally.
func (t *tally) Seen() broker.Seen { return t.seen }
