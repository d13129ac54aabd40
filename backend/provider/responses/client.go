package responses

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gather"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/sse"
)

// Client chats on this wire, with an endpoint's models that know no other one.
// Everything else is the endpoint's own client's.
type Client struct{ *openai.Client }

var (
	_ llm.Client    = Client{}
	_ llm.Forwarder = Client{}
	_ llm.Lossy     = Client{}
)

// Speaks implements llm.Forwarder: of chats, only those of this wire.
func (c Client) Speaks(w llm.Wire) bool {
	return w != llm.OpenAIChat && w != llm.OpenAICompletions && c.Client.Speaks(w)
}

// Chat implements llm.Client. It always streams, as openai.Client does. Nothing
// is kept by the provider; its reasoning comes sealed.
func (c Client) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	at, path := c.At(llm.OpenAIResponses, req.Model)
	if path == "" {
		return llm.Completion{}, endpoint.Refuses(llm.OpenAIResponses)
	}
	body, err := json.Marshal(encode(req))
	if err != nil {
		return llm.Completion{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a chat: %w", err))
	}
	got, err := at.Open(ctx, endpoint.Call{Path: path, Body: body, Deadlines: req.Deadlines})
	if err != nil {
		return llm.Completion{RequestID: got.RequestID}, err
	}
	defer got.Close()
	a := answer{Answer: gather.Answer{Wire: llm.OpenAIResponses, OnDelta: onDelta, Began: got.Began}}
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
		return done, at.Clean(err)
	}
	return done, nil
}

// answer gathers one completion.
type answer struct {
	gather.Answer
	tally tally
}

func (a *answer) read(got *endpoint.Answer) error {
	err := got.Events(func(e sse.Event) (bool, error) {
		err := a.Add(a.tally.event(e))
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

// whole reads an answer from an endpoint that does not stream although asked.
func (a *answer) whole(got *endpoint.Answer) error {
	data, err := got.Whole()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return endpoint.Empty(errors.New("the body is empty"))
	}
	var r response
	if err := endpoint.Decode("a response", data, &r); err != nil {
		return err
	}
	if r.Status == "" {
		return openai.BrokenOff(r.Error)
	}
	if a.tally.end(&r); a.tally.failure != nil {
		return a.verdict()
	}
	calls := 0
	for _, i := range r.Output {
		d := i.delta(calls)
		calls += len(d.ToolCalls)
		a.tally.bytes += d.Size()
		if err := a.Add(d); err != nil {
			return got.Stopped(err)
		}
	}
	return a.verdict()
}

// delta is a whole item; calls is how many came before it.
func (i item) delta(calls int) llm.Delta {
	var d llm.Delta
	switch {
	case i.calls():
		d.ToolCalls = []llm.ToolCallDelta{{Index: calls, ID: i.CallID, Name: i.Name, Arguments: i.Arguments + i.Input}}
	case i.Type == "reasoning":
		for _, p := range append(i.Summary, i.Content...) {
			d.Reasoning += p.Text
		}
		d.Sealed = i.Sealed
	case i.Type == "message":
		for _, p := range i.Content {
			d.Text += p.Text + p.Refusal
		}
	}
	return d
}

func (a *answer) completion(requestBytes int) llm.Completion {
	t := &a.tally
	out := a.Completion()
	out.Model, out.RequestID, out.Finish, out.Usage = t.model, t.id, t.finish, t.usage
	if !t.hasUsage {
		out.Usage = llm.Estimate(requestBytes, t.bytes)
	}
	return out
}
