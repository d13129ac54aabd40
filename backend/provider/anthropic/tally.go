package anthropic

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

const (
	maxBlocks    = 10000 // index of a block, which a provider sends
	maxOpen      = 64    // blocks that are open at once
	maxToolCalls = 256
)

// tally is what a stream has said so far. Chat and Watcher share it, so they
// cannot disagree about what a whole answer is.
type tally struct {
	id, model    string
	usage        usage
	hasUsage     bool
	stop         string
	stopSequence string
	open         map[int]*openBlock
	tools        int // calls seen
	bytes        int // of text, reasoning and tool arguments
	begun        bool
	done         bool
	failure      *fault.Fault
}

// openBlock is a block between its start and its stop.
type openBlock struct {
	kind      string
	tool      int // its call's number
	hasInput  bool
	input     json.RawMessage // all at once at the start, as some servers send it
	signature string
}

// Event takes the next event and returns what it adds to the answer.
func (t *tally) Event(e sse.Event) llm.Delta {
	if e.Data == nil || t.done || t.failure != nil {
		return llm.Delta{}
	}
	var got event
	data := bytes.TrimSpace(e.Data)
	if len(data) == 0 {
		return llm.Delta{}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		if e.Name == "error" {
			t.failure = providerError(0, data)
		} else if !e.Cut { // half an event is a cut, and a cut shows at the end
			t.failure = endpoint.Malformed(fmt.Errorf("decode an event of %d bytes: %w", len(data), err))
		}
		return llm.Delta{}
	}
	d := t.take(&got, e.Name, data)
	if t.failure != nil {
		return llm.Delta{}
	}
	t.bytes += d.Size()
	return d
}

func (t *tally) take(got *event, name string, data []byte) llm.Delta {
	switch got.Type {
	case "message_start":
		t.start(got.Message)
	case "content_block_start":
		return t.openUp(got.Index, got.ContentBlock)
	case "content_block_delta":
		return t.extend(got.Index, got.Delta)
	case "content_block_stop":
		return t.close(got.Index)
	case "message_delta":
		t.begun = true
		if got.Delta.StopReason != "" {
			t.stop, t.stopSequence = got.Delta.StopReason, got.Delta.StopSequence
		}
		t.count(got.Usage)
	case "message_stop":
		t.done = true
	case "error":
		t.failure = providerError(0, data)
	case "":
		if name == "error" || len(got.Error) > 0 {
			t.failure = providerError(0, data)
			break
		}
		t.failure = endpoint.Malformed(fmt.Errorf("an event of %d bytes has no type", len(data)))
	} // others, such as ping, are for whoever knows them
	return llm.Delta{}
}

func (t *tally) start(m *message) {
	t.begun = true
	if m == nil {
		return
	}
	t.id, t.model = m.ID, m.Model
	t.count(m.Usage)
}

func (t *tally) count(u *usage) {
	if u != nil {
		t.usage.merge(u)
		t.hasUsage = true
	}
}

func (t *tally) openUp(index int, b answerBlock) llm.Delta {
	t.begun = true
	if index < 0 || index >= maxBlocks || len(t.open) >= maxOpen {
		t.failure = endpoint.Malformed(fmt.Errorf("block index %d with %d open", index, len(t.open)))
		return llm.Delta{}
	}
	if t.open == nil {
		t.open = map[int]*openBlock{}
	}
	one := &openBlock{kind: b.Type, signature: b.Signature}
	t.open[index] = one
	switch b.Type {
	case "text":
		return llm.Delta{Text: b.Text}
	case "thinking":
		return llm.Delta{Reasoning: b.Thinking}
	case "redacted_thinking":
		one.signature = SealRedacted(b.Data)
	case "tool_use":
		if t.tools >= maxToolCalls {
			t.failure = endpoint.Malformed(fmt.Errorf("over %d tool calls", maxToolCalls))
			return llm.Delta{}
		}
		one.tool, one.input = t.tools, b.Input
		t.tools++
		return llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: one.tool, ID: b.ID, Name: b.Name}}}
	}
	return llm.Delta{}
}

func (t *tally) extend(index int, d blockDelta) llm.Delta {
	one := t.open[index]
	if one == nil {
		t.failure = endpoint.Malformed(fmt.Errorf("a piece of block %d, which is not open", index))
		return llm.Delta{}
	}
	switch d.Type {
	case "text_delta":
		return llm.Delta{Text: d.Text}
	case "thinking_delta":
		return llm.Delta{Reasoning: d.Thinking}
	case "signature_delta":
		one.signature += d.Signature
	case "input_json_delta":
		if one.kind != "tool_use" || d.PartialJSON == "" { // a tool of the provider's own
			return llm.Delta{}
		}
		one.hasInput = true
		return llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: one.tool, Arguments: d.PartialJSON}}}
	}
	return llm.Delta{}
}

func (t *tally) close(index int) llm.Delta {
	one := t.open[index]
	if one == nil {
		t.failure = endpoint.Malformed(fmt.Errorf("the end of block %d, which is not open", index))
		return llm.Delta{}
	}
	delete(t.open, index)
	switch {
	case one.kind == "thinking", one.kind == "redacted_thinking":
		return llm.Delta{Sealed: one.signature}
	case one.kind == "tool_use" && !one.hasInput:
		return llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: one.tool, Arguments: arguments(one.input)}}}
	}
	return llm.Delta{}
}

// arguments of a call are an object, also when there are none.
func arguments(input json.RawMessage) string {
	if len(input) == 0 || string(input) == "null" {
		return "{}"
	}
	return string(input)
}

func (t *tally) whole() bool { return t.done && t.stop != "" && t.failure == nil }

// Failed says that the stream reported a failure, or was garbage.
func (t *tally) Failed() bool { return t.failure != nil }

// Over says that nothing that follows counts.
func (t *tally) Over() bool { return t.done || t.failure != nil }

// Verdict is nil for a whole stream, and otherwise says what is missing.
func (t *tally) Verdict() *fault.Fault {
	switch {
	case t.failure != nil:
		return t.failure
	case t.whole():
		return nil
	case !t.begun:
		return endpoint.Empty(errors.New("the stream ended without an answer"))
	case t.stop == "":
		return endpoint.Cut(errors.New("the stream ended without a stop reason"))
	}
	return endpoint.Cut(errors.New("the stream ended without message_stop"))
}

// message takes an answer that came in one piece as the stream that it could
// have been.
func (t *tally) message(m *message) []llm.Delta {
	if m.Type == "error" || len(m.Error) > 0 {
		t.failure = providerError(0, m.Error)
		return nil
	}
	if m.Type != "message" && len(m.Content) == 0 {
		return nil // the verdict: no answer
	}
	t.start(m)
	var out []llm.Delta
	for i, b := range m.Content {
		for _, d := range []llm.Delta{t.openUp(i, b), t.close(i)} {
			t.bytes += d.Size()
			out = append(out, d)
		}
		if t.failure != nil {
			return nil
		}
	}
	t.stop, t.stopSequence, t.done = m.StopReason, m.StopSequence, true
	return out
}
