package anthropic

import (
	"context"
	"encoding/json"
	"fmt"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gather"
	"nexusai/backend/provider/sse"
)

// Chat implements llm.Client. It always streams, also without onDelta: only a
// stream shows in time that the other side is gone.
func (c *Client) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	p, err := c.encode(ctx, req)
	if err != nil {
		return llm.Completion{}, err
	}
	body, err := json.Marshal(p.body)
	if err != nil {
		return llm.Completion{}, unencodable(err)
	}
	return gather.Chat(ctx, c.endpoint, endpoint.Call{Path: "/messages", Body: body, Deadlines: req.Deadlines},
		&gather.Answer{Wire: llm.AnthropicMessages, OnDelta: onDelta}, &answer{only: only{tool: p.answerTool}})
}

// answer reads one completion.
type answer struct {
	tally
	only only
}

var _ gather.Reader = (*answer)(nil)

// Event implements gather.Reader.
func (a *answer) Event(e sse.Event) llm.Delta { return a.only.see(a.tally.Event(e)) }

// Whole implements gather.Reader.
func (a *answer) Whole(data []byte) ([]llm.Delta, error) {
	var m message
	if err := endpoint.Decode("an answer", data, &m); err != nil {
		return nil, err
	}
	pieces := a.message(&m)
	for i, d := range pieces {
		pieces[i] = a.only.see(d)
	}
	return pieces, nil
}

// Verdict implements gather.Reader.
func (a *answer) Verdict() *fault.Fault {
	if f := a.tally.Verdict(); f != nil {
		return f
	}
	if a.only.tool != "" && !a.only.called && a.tools == 0 && finishOf(a.stop) == llm.FinishStop {
		return endpoint.Malformed(fmt.Errorf("no call of %s, which was asked for", a.only.tool))
	}
	return nil
}

// Tell implements gather.Reader.
func (a *answer) Tell(done *llm.Completion, requestBytes int) {
	done.Model, done.RequestID, done.StopSequence = a.model, a.id, a.stopSequence
	if a.stop != "" {
		done.Finish = finishOf(a.stop)
	}
	if done.Finish == llm.FinishTools && len(done.ToolCalls) == 0 {
		done.Finish = llm.FinishStop // the call was the answer
	}
	done.Usage = a.usage.tokens()
	if !a.hasUsage {
		done.Usage = llm.Estimate(requestBytes, a.bytes)
	}
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
