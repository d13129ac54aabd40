package openai

import (
	"context"
	"fmt"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/sse"
)

// maxAnswerText bounds the text of one streamed answer that is kept.
const maxAnswerText = 16 << 20

// Chat implements llm.Client. It always streams, also without onDelta: only a
// stream shows in time that the other side is gone.
func (c *Client) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	body, err := encodeChat(req, c.newLimit)
	if err != nil {
		return llm.Completion{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a chat: %w", err))
	}
	got, err := c.endpoint.Open(ctx, endpoint.Call{Path: "/chat/completions", Body: body, Deadlines: req.Deadlines})
	if err != nil {
		return llm.Completion{RequestID: got.RequestID}, err
	}
	defer got.Close()
	a := answer{onDelta: onDelta, began: got.Began}
	if got.JSON() {
		err = a.whole(got)
	} else {
		err = a.read(got)
	}
	done := a.completion(len(body))
	if got.RequestID != "" {
		done.RequestID = got.RequestID
	}
	if err != nil {
		return done, c.endpoint.Clean(err)
	}
	return done, nil
}

// answer gathers one completion from its stream.
type answer struct {
	tally     tally
	onDelta   func(llm.Delta) error
	began     func() // content has come
	text      strings.Builder
	reasoning strings.Builder
	calls     []llm.ToolCall
}

// read takes the stream to its end marker. Bytes after the marker are not
// waited for.
func (a *answer) read(got *endpoint.Answer) error {
	err := got.Events(func(e sse.Event) (bool, error) {
		err := a.event(e)
		return !a.tally.done && a.tally.failure == nil, err
	})
	if err != nil {
		return err
	}
	return a.verdict()
}

func (a *answer) verdict() error {
	if f := a.tally.verdict(); f != nil {
		return f
	}
	return nil
}

func (a *answer) event(e sse.Event) error {
	chunk := a.tally.event(e)
	if chunk == nil {
		return nil
	}
	for _, one := range chunk.Choices {
		if one.Index != 0 { // we asked for one answer
			continue
		}
		if err := a.add(one.delta()); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) add(d llm.Delta) error {
	if d.Text == "" && d.Reasoning == "" && len(d.ToolCalls) == 0 {
		return nil
	}
	a.began()
	if a.tally.bytes > maxAnswerText {
		return endpoint.Malformed(fmt.Errorf("the answer is over %d bytes", maxAnswerText))
	}
	a.text.WriteString(d.Text)
	a.reasoning.WriteString(d.Reasoning)
	for _, call := range d.ToolCalls {
		if call.Index < 0 || call.Index >= maxToolCalls {
			return endpoint.Malformed(fmt.Errorf("tool call index %d", call.Index))
		}
		for len(a.calls) <= call.Index {
			a.calls = append(a.calls, llm.ToolCall{})
		}
		kept := &a.calls[call.Index]
		kept.ID += call.ID
		kept.Name += call.Name
		kept.Arguments += call.Arguments
	}
	if a.onDelta == nil {
		return nil
	}
	return a.onDelta(d)
}

// whole reads an answer from an endpoint that does not stream although asked.
func (a *answer) whole(got *endpoint.Answer) error {
	data, err := got.Whole()
	if err != nil {
		return err
	}
	if err := a.event(sse.Event{Data: data}); err != nil {
		return got.Stopped(err)
	}
	a.tally.settle()
	return a.verdict()
}

// completion is what has come so far; usage is estimated when the provider
// counted nothing.
func (a *answer) completion(requestBytes int) llm.Completion {
	t := &a.tally
	out := llm.Completion{
		Model: t.model, RequestID: t.id, Text: a.text.String(),
		ToolCalls: a.calls, Finish: t.finish, Usage: t.usage,
	}
	if a.reasoning.Len() > 0 {
		out.Reasoning = []llm.Reasoning{{Text: a.reasoning.String(), Wire: llm.OpenAIChat}}
	}
	if !t.hasUsage {
		out.Usage = Estimate(requestBytes, t.bytes)
	}
	return out
}
