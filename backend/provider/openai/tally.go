package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/sse"
)

// MaxChoices bounds the answers to one request: what OpenAI itself allows.
const MaxChoices = 128

// maxToolCalls bounds the index of a tool call, which a provider sends.
const maxToolCalls = 256

var endMarker = []byte("[DONE]")

// tally is what a stream has said so far. Chat and Inspector share it, so they
// cannot disagree about what a whole answer is.
type tally struct {
	id       string
	model    string
	usage    llm.Usage // the last one said: some providers repeat a running total
	hasUsage bool
	finished map[int]bool // per choice that was seen: has its finish reason come
	finish   llm.Finish
	bytes    int // of text, reasoning and tool arguments
	done     bool
	failure  *fault.Fault
	usual    chunk // the last one that quick took, to be used again
}

// event takes the next event. It returns the chunk it held, or nil; the chunk is
// valid until the next event.
func (t *tally) event(e sse.Event) *chunk {
	if e.Data == nil || t.done || t.failure != nil {
		return nil
	}
	data := bytes.TrimSpace(e.Data)
	if bytes.Equal(data, endMarker) {
		t.done = true
		return nil
	}
	if len(data) == 0 {
		return nil
	}
	if q := (quick{data: data, id: t.id, mod: t.model}); e.Name == "" && !e.Cut && q.chunk(&t.usual) {
		t.chunk(&t.usual)
		if t.failure != nil {
			return nil
		}
		return &t.usual
	}
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		if e.Name == "error" {
			t.failure = providerError(0, data)
		} else if !e.Cut { // half a chunk is a cut, and a cut shows at the end
			t.failure = endpoint.Malformed(fmt.Errorf("decode a chunk of %d bytes: %w", len(data), err))
		}
		return nil
	}
	if e.Name == "error" && len(c.Error) == 0 {
		c.Error = data
	}
	t.chunk(&c)
	if t.failure != nil {
		return nil
	}
	return &c
}

func (t *tally) chunk(c *chunk) {
	if len(c.Error) > 0 && !bytes.Equal(c.Error, []byte("null")) {
		t.failure = providerError(0, c.Error)
		return
	}
	if c.ID != "" {
		t.id = c.ID
	}
	if c.Model != "" {
		t.model = c.Model
	}
	if c.Usage != nil {
		t.usage, t.hasUsage = c.Usage.tokens(), true
	}
	for _, one := range c.Choices {
		t.choice(one)
	}
}

func (t *tally) choice(c choice) {
	if c.Index < 0 || c.Index >= MaxChoices {
		t.failure = endpoint.Malformed(fmt.Errorf("choice index %d", c.Index))
		return
	}
	for _, call := range c.said().ToolCalls {
		if call.Index != nil && (*call.Index < 0 || *call.Index >= maxToolCalls) {
			t.failure = endpoint.Malformed(fmt.Errorf("tool call index %d", *call.Index))
			return
		}
	}
	if t.finished == nil {
		t.finished = map[int]bool{}
	}
	t.bytes += size(c.delta())
	if c.FinishReason == "" {
		if !t.finished[c.Index] {
			t.finished[c.Index] = false // seen: from now on it must finish
		}
		return
	}
	if c.FinishReason == "error" { // OpenRouter: the provider behind it broke off
		t.failure = endpoint.Malformed(errors.New("finish reason is error"))
		return
	}
	t.finished[c.Index] = true
	t.finish = finishOf(c.FinishReason)
}

// whole says whether the stream may be called a success.
func (t *tally) whole() bool {
	if !t.done || t.failure != nil {
		return false
	}
	return t.allFinished()
}

// settle takes a missing finish reason for given: in an answer that came in one
// piece the end of the JSON is the proof that nothing was cut.
func (t *tally) settle() {
	t.done = true
	if t.bytes == 0 {
		return
	}
	for index, finished := range t.finished {
		if !finished {
			t.finished[index], t.finish = true, llm.FinishStop
		}
	}
}

func (t *tally) allFinished() bool {
	for _, finished := range t.finished {
		if !finished {
			return false
		}
	}
	return len(t.finished) > 0
}

// verdict is nil for a whole stream, and otherwise says what is missing.
func (t *tally) verdict() *fault.Fault {
	switch {
	case t.failure != nil:
		return t.failure
	case t.whole():
		return nil
	case len(t.finished) == 0:
		return endpoint.Empty(errors.New("the stream ended without an answer"))
	case !t.allFinished():
		return endpoint.Cut(errors.New("the stream ended without a finish reason"))
	}
	return endpoint.Cut(errors.New("the stream ended without its end marker"))
}
