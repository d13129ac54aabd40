package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gather"
	"nexusai/backend/provider/sse"
)

// maxToolCalls bounds the calls of one answer.
const maxToolCalls = 256

// tally is what an answer has said so far.
type tally struct {
	newID     func() string
	id, model string
	usage     llm.Usage
	hasUsage  bool
	reason    string // of the end; empty: it has not come
	tools     int
	bytes     int
	failure   *fault.Fault
}

var _ gather.Reader = (*tally)(nil)

// Event implements gather.Reader.
func (t *tally) Event(e sse.Event) llm.Delta {
	if e.Data == nil || t.failure != nil {
		return llm.Delta{}
	}
	data := bytes.TrimSpace(e.Data)
	if len(data) == 0 {
		return llm.Delta{}
	}
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		if data[0] == '[' { // how a server that does not stream events says that it failed
			t.failure = providerError(0, data)
		} else if !e.Cut { // half an event is a cut, and a cut shows at the end
			t.failure = endpoint.Malformed(fmt.Errorf("decode a piece of %d bytes: %w", len(data), err))
		}
		return llm.Delta{}
	}
	return t.chunk(&c, data)
}

func (t *tally) chunk(c *chunk, data []byte) llm.Delta {
	if len(c.Error) > 0 && !bytes.Equal(c.Error, []byte("null")) {
		t.failure = providerError(0, data)
		return llm.Delta{}
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
	if c.Feedback != nil && c.Feedback.BlockReason != "" {
		t.reason = "SAFETY"
	}
	var d llm.Delta
	for _, one := range c.Candidates {
		if one.Index != 0 { // we asked for one answer
			continue
		}
		d = t.candidate(one)
		break
	}
	if t.failure != nil {
		return llm.Delta{}
	}
	t.bytes += d.Size()
	return d
}

func (t *tally) candidate(c candidate) llm.Delta {
	var d llm.Delta
	for _, p := range c.Content.Parts {
		switch {
		case p.Call != nil:
			if t.tools >= maxToolCalls {
				t.failure = endpoint.Malformed(fmt.Errorf("over %d tool calls", maxToolCalls))
				return d
			}
			call := llm.ToolCallDelta{Index: t.tools, ID: p.Call.ID, Name: p.Call.Name, Arguments: arguments(p.Call.Args), Sealed: p.Signature}
			if call.ID == "" {
				call.ID = t.newID()
			}
			t.tools++
			d.ToolCalls = append(d.ToolCalls, call)
		case p.Thought:
			d.Reasoning += p.Text
			d.Sealed += p.Signature
		default:
			d.Text += p.Text
			d.Sealed += p.Signature
		}
	}
	switch {
	case failing[c.FinishReason]:
		t.failure = endpoint.Malformed(fmt.Errorf("finish reason is %s", c.FinishReason))
	case c.FinishReason != "" && c.FinishReason != "FINISH_REASON_UNSPECIFIED":
		t.reason = c.FinishReason
	}
	return d
}

// arguments of a call are an object, also when there are none.
func arguments(args json.RawMessage) string {
	if len(args) == 0 || string(args) == "null" {
		return "{}"
	}
	return string(args)
}

// Whole implements gather.Reader: an answer is the one piece of its stream.
func (t *tally) Whole(data []byte) ([]llm.Delta, error) {
	return []llm.Delta{t.Event(sse.Event{Data: data})}, nil
}

// Over implements gather.Reader: the wire has no end marker.
func (t *tally) Over() bool { return t.failure != nil }

// Tell implements gather.Reader.
func (t *tally) Tell(done *llm.Completion, requestBytes int) {
	done.Model, done.RequestID, done.Usage = t.model, t.id, t.usage
	if t.reason != "" {
		done.Finish = finishOf(t.reason, t.tools)
	}
	if !t.hasUsage {
		done.Usage = llm.Estimate(requestBytes, t.bytes)
	}
}

// Verdict implements gather.Reader. It is nil for an answer that is whole, given
// that the connection ended properly.
func (t *tally) Verdict() *fault.Fault {
	switch {
	case t.failure != nil:
		return t.failure
	case t.reason == "OTHER" && t.bytes == 0:
		return endpoint.Empty(errors.New("the answer is empty and its finish reason OTHER"))
	case t.reason != "":
		return nil
	case t.bytes == 0:
		return endpoint.Empty(errors.New("the stream ended without an answer"))
	}
	return endpoint.Cut(errors.New("the stream ended without a finish reason"))
}
