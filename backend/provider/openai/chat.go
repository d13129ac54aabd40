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
	path := c.dialect.path(llm.OpenAIChat, req.Model)
	if path == "" {
		return llm.Completion{}, endpoint.Refuses(llm.OpenAIChat)
	}
	var err error
	if req.Messages, err = c.Shown(ctx, req.Messages); err != nil {
		return llm.Completion{}, fault.From(err)
	}
	asked := req
	force := c.forces(req)
	if force {
		if asked, err = forced(req); err != nil {
			return llm.Completion{}, fault.New(fault.BadRequest, "The tools of the request cannot be offered.", err).At("tools")
		}
	}
	body, err := c.dialect.encodeChat(asked)
	if err != nil {
		return llm.Completion{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a chat: %w", err))
	}
	got, err := c.endpoint.Open(ctx, endpoint.Call{Path: path, Body: body, Deadlines: req.Deadlines})
	if err != nil {
		return llm.Completion{RequestID: got.RequestID}, err
	}
	defer got.Close()
	a := answer{onDelta: onDelta, began: got.Began, newID: c.newID, force: force, echo: c.dialect.echo(asked)}
	if got.JSON() {
		err = a.whole(got)
	} else {
		err = a.read(got)
	}
	done := a.completion(len(body))
	if got.RequestID != "" {
		done.RequestID = got.RequestID
	}
	return done, err
}

// answer gathers one completion from its stream.
type answer struct {
	tally   tally
	onDelta func(llm.Delta) error
	began   func() // content has come
	newID   func() string
	choices []spoken // by index
	force   bool     // text is to be unwrapped
	echo    string   // what the answer may say again before it goes on
}

// spoken is what one choice has said so far.
type spoken struct {
	text, thought strings.Builder
	calls         []llm.ToolCall
	finish        llm.Finish
	stop          string
	wrapped       unwrap
	echoed        echo
}

// forces says that the tools of req are to be forced by a schema.
func (c *Client) forces(req llm.ChatRequest) bool {
	return len(req.Tools) > 0 && req.ToolChoice.Mode != llm.ToolsNone && c.forceTools != nil && c.forceTools(req.Model)
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

// verdict is nil for a whole answer. What forced replies hold back is handed out
// then.
func (a *answer) verdict() error {
	if f := a.tally.verdict(); f != nil {
		return f
	}
	for i := range a.choices {
		if err := a.open(i, &a.choices[i]); err != nil {
			return err
		}
	}
	return nil
}

// open hands out the call in a forced reply.
func (a *answer) open(index int, s *spoken) error {
	if !a.force {
		return nil
	}
	call, rest, err := s.wrapped.end(s.finish)
	switch {
	case err != nil:
		return endpoint.Malformed(err)
	case call != nil:
		s.finish = llm.FinishTools
		return a.hand(s, llm.Delta{Choice: index, ToolCalls: []llm.ToolCallDelta{{Name: call.Name, Arguments: call.Arguments}}})
	case rest != "":
		return a.hand(s, llm.Delta{Choice: index, Text: rest})
	}
	return nil
}

func (a *answer) event(e sse.Event) error {
	chunk := a.tally.event(e)
	if chunk == nil {
		return nil
	}
	for i := range chunk.Choices {
		if err := a.choice(&chunk.Choices[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) choice(one *choice) error {
	for len(a.choices) <= one.Index { // tally has checked it
		a.choices = append(a.choices, spoken{echoed: echo{rest: a.echo}})
	}
	s := &a.choices[one.Index]
	if one.FinishReason != "" {
		s.finish = finishOf(one.FinishReason)
	}
	if stop, ok := one.StopReason.(string); ok {
		s.stop = stop
	}
	return a.add(s, one.delta())
}

func (a *answer) add(s *spoken, d llm.Delta) error {
	if d.Text == "" && d.Reasoning == "" && len(d.ToolCalls) == 0 {
		return nil
	}
	a.began()
	if d.Text = s.echoed.strip(d.Text); d.Text == "" && d.Reasoning == "" && len(d.ToolCalls) == 0 {
		return nil
	}
	if a.force {
		if d.Text = s.wrapped.feed(d.Text); d.Text == "" && d.Reasoning == "" {
			return nil
		}
	}
	if a.tally.bytes > maxAnswerText {
		return endpoint.Malformed(fmt.Errorf("the answer is over %d bytes", maxAnswerText))
	}
	return a.hand(s, d)
}

// hand gives a piece to whoever listens, and keeps it.
func (a *answer) hand(s *spoken, d llm.Delta) error {
	s.text.WriteString(d.Text)
	s.thought.WriteString(d.Reasoning)
	for i := range d.ToolCalls {
		if err := a.call(s, &d.ToolCalls[i]); err != nil {
			return err
		}
	}
	if a.onDelta == nil {
		return nil
	}
	return a.onDelta(d)
}

// call adds to a tool call. One without an id gets one, because answers to it
// must name it.
func (a *answer) call(s *spoken, call *llm.ToolCallDelta) error {
	if call.Index < 0 || call.Index >= maxToolCalls {
		return endpoint.Malformed(fmt.Errorf("tool call index %d", call.Index))
	}
	for len(s.calls) <= call.Index {
		s.calls = append(s.calls, llm.ToolCall{})
	}
	kept := &s.calls[call.Index]
	if kept.ID == "" && call.ID == "" && call.Name != "" {
		call.ID = "call_" + a.newID()
	}
	kept.ID += call.ID
	kept.Name += call.Name
	kept.Arguments += call.Arguments
	return nil
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
	for i := range a.choices { // a whole answer needs no reason to be whole
		if a.choices[i].finish == "" && a.tally.finished[i] {
			a.choices[i].finish = llm.FinishStop
		}
	}
	return a.verdict()
}

// completion is what has come so far; usage is estimated when the provider
// counted nothing.
func (a *answer) completion(requestBytes int) llm.Completion {
	t := &a.tally
	out := llm.Completion{Model: t.model, RequestID: t.id, Usage: t.usage}
	if !t.hasUsage {
		out.Usage = Estimate(requestBytes, t.bytes)
	}
	if len(a.choices) == 0 {
		return out
	}
	first := a.choices[0].choice()
	out.Text, out.Reasoning, out.ToolCalls, out.Finish = first.Text, first.Reasoning, first.ToolCalls, first.Finish
	out.StopSequence = a.choices[0].stop
	for i := range a.choices[1:] {
		out.More = append(out.More, a.choices[i+1].choice())
	}
	return out
}

// choice is what was said. Some servers say "stop" where they call tools.
func (s *spoken) choice() llm.Choice {
	out := llm.Choice{Text: s.text.String(), ToolCalls: s.calls, Finish: s.finish}
	if out.Finish == llm.FinishStop && len(s.calls) > 0 {
		out.Finish = llm.FinishTools
	}
	if s.thought.Len() > 0 {
		out.Reasoning = []llm.Reasoning{{Text: s.thought.String(), Wire: llm.OpenAIChat}}
	}
	return out
}
