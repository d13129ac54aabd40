package responses

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/sse"
)

const (
	maxItems = 10000 // index of an item of the output, which a provider sends
	maxCalls = 256
)

// tally is what a stream has said so far.
type tally struct {
	id, model string
	usage     llm.Usage
	hasUsage  bool
	finish    llm.Finish
	bytes     int // of text, reasoning and tool arguments
	searches  int
	calls     map[int]*call // by output_index
	place     Place
	begun     bool
	done      bool
	failure   *fault.Fault
}

// call is a tool call that is being written.
type call struct {
	number int
	begun  bool // arguments have come in pieces
}

// Place is where in the answer a stream is, for whoever goes on with it.
type Place struct {
	Sequence     int    // of the last event
	ItemID       string // of the message that is being written; empty: none is
	OutputIndex  int
	ContentIndex int
}

// Event takes the next event and returns what it adds to the answer.
func (t *tally) Event(e sse.Event) llm.Delta {
	data := bytes.TrimSpace(e.Data)
	if len(data) == 0 || t.done || t.failure != nil || bytes.Equal(data, []byte("[DONE]")) {
		return llm.Delta{} // the marker is of another wire: some servers send it here too
	}
	var got event
	if err := json.Unmarshal(data, &got); err != nil {
		if e.Name == "error" {
			t.failure = openai.BrokenOff(data)
		} else if !e.Cut { // half an event is a cut, and a cut shows at the end
			t.failure = endpoint.Malformed(fmt.Errorf("decode an event of %d bytes: %w", len(data), err))
		}
		return llm.Delta{}
	}
	if got.Type == "" {
		got.Type = e.Name
	}
	t.place.Sequence = max(t.place.Sequence, got.Sequence)
	d := t.take(&got, data)
	if t.failure != nil {
		return llm.Delta{}
	}
	t.bytes += d.Size()
	return d
}

func (t *tally) take(got *event, data []byte) llm.Delta {
	switch got.Type {
	case "response.created", "response.in_progress", "response.queued":
		t.state(got.Response)
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
		t.end(got.Response)
	case "error":
		t.failure = openai.BrokenOff(data)
	case "response.output_item.added":
		return t.open(got)
	case "response.output_item.done":
		return t.close(got)
	case "response.output_text.delta", "response.refusal.delta":
		t.place.ItemID, t.place.OutputIndex, t.place.ContentIndex = got.ItemID, got.OutputIndex, got.ContentIndex
		return llm.Delta{Text: t.text(got.Delta)}
	case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
		return llm.Delta{Reasoning: t.text(got.Delta)}
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		return t.argue(got)
	case "":
		if len(got.Error) > 0 {
			t.failure = openai.BrokenOff(data)
			break
		}
		t.failure = endpoint.Malformed(fmt.Errorf("an event of %d bytes has no type", len(data)))
	} // others repeat what deltas said, or are for whoever knows them
	return llm.Delta{}
}

// text is a piece of text; anything else is none.
func (t *tally) text(raw json.RawMessage) string {
	t.begun = true
	var text string
	if json.Unmarshal(raw, &text) != nil {
		t.failure = endpoint.Malformed(errors.New("a piece of text is no text"))
	}
	return text
}

func (t *tally) state(r *response) {
	t.begun = true
	if r == nil {
		return
	}
	if r.ID != "" {
		t.id = r.ID
	}
	if r.Model != "" {
		t.model = r.Model
	}
	if r.Usage != nil {
		t.usage, t.hasUsage = r.Usage.tokens(), true
	}
}

// end takes the state in which the answer ends.
func (t *tally) end(r *response) {
	t.state(r)
	if r == nil {
		t.failure = endpoint.Malformed(errors.New("the last event holds no response"))
		return
	}
	switch r.Status {
	case "completed", "incomplete":
		t.done = true
	case "failed":
		t.failure = openai.BrokenOff(r.Error)
		return
	default:
		t.failure = endpoint.Malformed(fmt.Errorf("the answer ended as %.20q", r.Status))
		return
	}
	t.finish = r.finish()
	t.searches = r.searches(t.searches)
	t.usage.Searches = t.searches
}

func (r *response) finish() llm.Finish {
	if r.Status == "incomplete" {
		if r.Incomplete != nil && r.Incomplete.Reason == "content_filter" {
			return llm.FinishRefusal
		}
		return llm.FinishLength
	}
	for _, i := range r.Output {
		if i.calls() {
			return llm.FinishTools
		}
	}
	return llm.FinishStop
}

// searches are billed by piece; seen is how many the stream showed.
func (r *response) searches(seen int) int {
	n := 0
	for _, i := range r.Output {
		if i.Type == "web_search_call" {
			n++
		}
	}
	return max(n, seen)
}

func (t *tally) open(got *event) llm.Delta {
	t.begun = true
	if got.Item == nil {
		return llm.Delta{}
	}
	if got.Item.Type == "web_search_call" {
		t.searches++
	}
	if !got.Item.calls() {
		return llm.Delta{}
	}
	if got.OutputIndex < 0 || got.OutputIndex >= maxItems || len(t.calls) >= maxCalls {
		t.failure = endpoint.Malformed(fmt.Errorf("item index %d after %d calls", got.OutputIndex, len(t.calls)))
		return llm.Delta{}
	}
	if t.calls == nil {
		t.calls = map[int]*call{}
	}
	one := &call{number: len(t.calls)}
	t.calls[got.OutputIndex] = one
	return llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: one.number, ID: got.Item.CallID, Name: got.Item.Name}}}
}

func (t *tally) argue(got *event) llm.Delta {
	one := t.calls[got.OutputIndex]
	if one == nil {
		t.failure = endpoint.Malformed(fmt.Errorf("arguments of item %d, which is no call", got.OutputIndex))
		return llm.Delta{}
	}
	one.begun = true
	return llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: one.number, Arguments: t.text(got.Delta)}}}
}

// close takes what an item says only at its end.
func (t *tally) close(got *event) llm.Delta {
	if got.Item == nil {
		return llm.Delta{}
	}
	if got.Item.Type == "message" {
		t.place.ItemID = ""
	}
	one := t.calls[got.OutputIndex]
	switch {
	case got.Item.Type == "reasoning":
		return llm.Delta{Sealed: got.Item.Sealed}
	case one != nil && !one.begun: // the arguments came in one piece
		one.begun = true
		return llm.Delta{ToolCalls: []llm.ToolCallDelta{{Index: one.number, Arguments: got.Item.Arguments + got.Item.Input}}}
	}
	return llm.Delta{}
}

func (t *tally) whole() bool { return t.done && t.failure == nil }

// Failed says that the stream reported a failure, or was garbage.
func (t *tally) Failed() bool { return t.failure != nil }

// Over implements gather.Reader.
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
	}
	return endpoint.Cut(errors.New("the stream ended without response.completed"))
}
