package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/sse"
)

// Seen is what an Inspector learned.
type Seen struct {
	ID, Model    string // as the provider named them
	Usage        llm.Usage
	HasUsage     bool         // the provider counted; otherwise Usage is zero
	Finish       llm.Finish   // of the last choice that ended
	FirstContent time.Time    // zero until text, reasoning or a tool call came
	Bytes        int          // of text, reasoning and tool arguments, to estimate with
	Done         bool         // the end marker came
	Whole        bool         // end marker and a finish reason for every choice
	Failure      *fault.Fault // what the stream itself reported, or garbage in it
}

// Inspector watches the bytes of a streamed answer pass by and alters none. An
// event over the bound is not read. The zero value is not usable; it is not
// safe for concurrent use.
type Inspector struct {
	decoder sse.Decoder
	tally   tally
	now     func() time.Time
	first   time.Time
}

// NewInspector makes an Inspector; nil now means time.Now.
func NewInspector(now func() time.Time) *Inspector {
	if now == nil {
		now = time.Now
	}
	return &Inspector{now: now}
}

// Write looks at the next bytes. It never fails and always takes all of p.
func (i *Inspector) Write(p []byte) (int, error) {
	_ = i.decoder.Feed(p, i.event) // event returns no error
	return len(p), nil
}

// End tells the Inspector that the stream is over, and returns nil for a whole
// answer or what was wrong with it. Call it once.
func (i *Inspector) End() *fault.Fault {
	_ = i.decoder.Flush(i.event)
	return i.tally.verdict()
}

// Seen is what is known now.
func (i *Inspector) Seen() Seen {
	t := &i.tally
	return Seen{
		ID: t.id, Model: t.model, Usage: t.usage, HasUsage: t.hasUsage, Finish: t.finish,
		FirstContent: i.first, Bytes: t.bytes, Done: t.done, Whole: t.whole(), Failure: t.failure,
	}
}

func (i *Inspector) event(e sse.Event) error {
	i.See(e, nil)
	return nil
}

// See is Write for who decodes the stream anyway: it looks at the next event.
// each, if not nil, is called for what every choice adds. Verdict then is End.
func (i *Inspector) See(e sse.Event, each func(llm.Delta)) {
	c := i.tally.event(e)
	if i.first.IsZero() && i.tally.bytes > 0 {
		i.first = i.now()
	}
	if c == nil || each == nil {
		return
	}
	for _, one := range c.Choices {
		d := one.delta()
		d.Choice = one.Index
		each(d)
	}
}

// Verdict is nil for a whole answer, otherwise what was wrong with it.
func (i *Inspector) Verdict() *fault.Fault { return i.tally.verdict() }

// Inspect reads an answer that was not streamed: a completion, embeddings or a
// list. The second value says why it is no answer, or is nil.
func Inspect(body []byte) (Seen, *fault.Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return Seen{}, endpoint.Empty(errors.New("the body is empty"))
	}
	var c chunk
	if !(&quick{data: body}).chunk(&c) {
		c = chunk{} // of which some may have been read
		if err := json.Unmarshal(body, &c); err != nil {
			return Seen{}, endpoint.Malformed(err)
		}
	}
	var t tally
	t.chunk(&c)
	t.settle()
	seen := Seen{
		ID: t.id, Model: t.model, Usage: t.usage, HasUsage: t.hasUsage, Finish: t.finish,
		Bytes: t.bytes, Done: true, Failure: t.failure,
	}
	seen.Whole = t.failure == nil && (t.allFinished() || len(c.Data) > 0)
	if !seen.Whole {
		return seen, t.verdict()
	}
	return seen, nil
}

// UsageFilter passes a stream on and leaves out the usage chunk (no choices,
// only usage) that the provider sent because we asked and the caller did not.
// Every other byte passes unchanged; an event is held until it is complete.
type UsageFilter struct {
	decoder sse.Decoder
}

// Feed appends to dst what may go on of p, and returns the extended slice.
func (f *UsageFilter) Feed(dst, p []byte) []byte {
	_ = f.decoder.Feed(p, func(e sse.Event) error {
		if !UsageOnly(e) {
			dst = append(dst, e.Raw...)
		}
		return nil
	})
	return dst
}

// Flush appends what was held when the stream ended.
func (f *UsageFilter) Flush(dst []byte) []byte {
	_ = f.decoder.Flush(func(e sse.Event) error {
		dst = append(dst, e.Raw...)
		return nil
	})
	return dst
}

// UsageOnly says that an event is a usage chunk: no choices, only usage.
func UsageOnly(e sse.Event) bool {
	if e.Data == nil || !bytes.Contains(e.Data, []byte(`"prompt_tokens"`)) {
		return false // most chunks: they say "usage":null or nothing
	}
	var c struct {
		Choices []json.RawMessage `json:"choices"`
		Usage   *usage            `json:"usage"`
	}
	return json.Unmarshal(e.Data, &c) == nil && c.Choices != nil && len(c.Choices) == 0 && c.Usage != nil
}
