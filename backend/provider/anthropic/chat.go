package anthropic

import (
	"context"
	"encoding/json"
	"fmt"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gather"
	"nexusai/backend/provider/sse"
)

// Chat implements llm.Client. It always streams, also without onDelta: only a
// stream shows in time that the other side is gone.
func (c *Client) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	p, err := encode(req)
	if err != nil {
		return llm.Completion{}, err
	}
	body, err := json.Marshal(p.body)
	if err != nil {
		return llm.Completion{}, unencodable(err)
	}
	got, err := c.endpoint.Open(ctx, endpoint.Call{Path: "/messages", Body: body, Deadlines: req.Deadlines})
	if err != nil {
		return llm.Completion{RequestID: got.RequestID}, err
	}
	defer got.Close()
	a := answer{
		Answer: gather.Answer{Wire: llm.AnthropicMessages, OnDelta: onDelta, Began: got.Began},
		only:   only{tool: p.answerTool},
	}
	if got.JSON() {
		err = a.whole(got)
	} else {
		err = a.stream(got)
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

// answer gathers one completion.
type answer struct {
	gather.Answer
	only  only
	tally tally
}

func (a *answer) stream(got *endpoint.Answer) error {
	err := got.Events(func(e sse.Event) (bool, error) {
		err := a.Add(a.only.see(a.tally.event(e)))
		return !a.tally.done && a.tally.failure == nil, err
	})
	if err != nil {
		return err
	}
	return a.verdict()
}

// whole reads an answer from an endpoint that does not stream although asked.
func (a *answer) whole(got *endpoint.Answer) error {
	data, err := got.Whole()
	if err != nil {
		return err
	}
	var m message
	if err := endpoint.Decode("an answer", data, &m); err != nil {
		return err
	}
	for _, d := range a.tally.message(&m) {
		if err := a.Add(a.only.see(d)); err != nil {
			return got.Stopped(err)
		}
	}
	return a.verdict()
}

func (a *answer) verdict() error {
	if f := a.tally.verdict(); f != nil {
		return f
	}
	if a.only.tool != "" && !a.only.called && a.tally.tools == 0 && finishOf(a.tally.stop) == llm.FinishStop {
		return endpoint.Malformed(fmt.Errorf("no call of %s, which was asked for", a.only.tool))
	}
	return nil
}

// completion is what has come so far; usage is estimated when the provider
// counted nothing.
func (a *answer) completion(requestBytes int) llm.Completion {
	t := &a.tally
	out := a.Completion()
	out.Model, out.RequestID, out.StopSequence = t.model, t.id, t.stopSequence
	if t.stop != "" {
		out.Finish = finishOf(t.stop)
	}
	if out.Finish == llm.FinishTools && len(out.ToolCalls) == 0 {
		out.Finish = llm.FinishStop // the call was the answer
	}
	out.Usage = t.usage.tokens()
	if !t.hasUsage {
		out.Usage = llm.Estimate(requestBytes, t.bytes)
	}
	return out
}

// only turns the calls of one tool into the text of the answer. What the model
// says beside them is no part of the JSON that was asked for.
type only struct {
	tool   string // empty: nothing is turned
	called bool
	number map[int]int // of the other calls, as the caller knows them
	mine   map[int]bool
}

func (o *only) see(d llm.Delta) llm.Delta {
	if o.tool == "" {
		return d
	}
	out := llm.Delta{Reasoning: d.Reasoning, Sealed: d.Sealed}
	for _, call := range d.ToolCalls {
		if call.Name == o.tool {
			if o.mine == nil {
				o.mine = map[int]bool{}
			}
			o.mine[call.Index] = !o.called // a second one would be a second answer
			o.called = true
		}
		if mine, known := o.mine[call.Index]; known {
			if mine {
				out.Text += call.Arguments
			}
			continue
		}
		call.Index = o.renumber(call.Index)
		out.ToolCalls = append(out.ToolCalls, call)
	}
	return out
}

func (o *only) renumber(index int) int {
	n, known := o.number[index]
	if known {
		return n
	}
	if o.number == nil {
		o.number = map[int]int{}
	}
	n = len(o.number)
	o.number[index] = n
	return n
}
