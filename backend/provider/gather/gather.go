// Package gather puts the pieces of one streamed answer together.
package gather

import (
	"fmt"
	"strings"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

const (
	// maxText bounds what is kept of one streamed answer, in bytes.
	maxText = 16 << 20
	// maxToolCalls bounds the index of a tool call, which a provider sends.
	maxToolCalls = 256
)

// Answer is one answer on its way. Not for concurrent use.
type Answer struct {
	Wire    llm.Wire              // whose reasoning and seals it holds
	OnDelta func(llm.Delta) error // may be nil

	began     func() // called with each content, before OnDelta
	text      strings.Builder
	thought   strings.Builder // open: its seal has not come
	reasoning []llm.Reasoning
	calls     []*call
	bytes     int
}

// call is one tool call on its way.
type call struct {
	llm.ToolCall
	arguments strings.Builder
}

// add takes the next piece, unless it is empty, and hands it on. The error is
// OnDelta's, or a fault for an answer that is out of bounds.
func (a *Answer) add(d llm.Delta) error {
	if d.Text == "" && d.Reasoning == "" && d.Sealed == "" && len(d.ToolCalls) == 0 {
		return nil
	}
	a.began()
	if a.bytes += d.Size() + len(d.Sealed); a.bytes > maxText {
		return endpoint.Malformed(fmt.Errorf("the answer is over %d bytes", maxText))
	}
	a.text.WriteString(d.Text)
	a.thought.WriteString(d.Reasoning)
	if d.Sealed != "" {
		a.reasoning = append(a.reasoning, llm.Reasoning{Text: a.thought.String(), Sealed: d.Sealed, Wire: a.Wire})
		a.thought.Reset()
	}
	if d.Sealed != "" {
		d.Wire = a.Wire
	}
	for _, call := range d.ToolCalls {
		if err := a.extend(call); err != nil {
			return err
		}
		if call.Sealed != "" {
			d.Wire = a.Wire
		}
	}
	if a.OnDelta == nil {
		return nil
	}
	return a.OnDelta(d)
}

func (a *Answer) extend(d llm.ToolCallDelta) error {
	if d.Index < 0 || d.Index >= maxToolCalls {
		return endpoint.Malformed(fmt.Errorf("tool call index %d", d.Index))
	}
	for len(a.calls) <= d.Index {
		a.calls = append(a.calls, &call{})
	}
	kept := a.calls[d.Index]
	kept.ID += d.ID
	kept.Name += d.Name
	kept.arguments.WriteString(d.Arguments)
	if d.Sealed != "" {
		kept.Sealed, kept.Wire = d.Sealed, a.Wire
	}
	return nil
}

// Completion is what has come so far: text, reasoning and tool calls.
func (a *Answer) Completion() llm.Completion {
	out := llm.Completion{Text: a.text.String(), Reasoning: a.reasoning}
	for _, c := range a.calls {
		one := c.ToolCall
		one.Arguments = c.arguments.String()
		out.ToolCalls = append(out.ToolCalls, one)
	}
	if a.thought.Len() > 0 {
		out.Reasoning = append(out.Reasoning[:len(out.Reasoning):len(out.Reasoning)], llm.Reasoning{Text: a.thought.String(), Wire: a.Wire})
	}
	return out
}
