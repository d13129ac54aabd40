package gemini

import (
	"context"
	"encoding/json"
	"strings"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gather"
	"nexusai/backend/provider/picture"
	"nexusai/backend/provider/sse"
)

// plan encodes a request whose pictures are in bytes, after fetching those that
// are not.
func (c *Client) plan(ctx context.Context, req llm.ChatRequest) (*plan, error) {
	if byAddress(req.Messages) {
		messages, err := picture.Inline(ctx, c.pictures, req.Messages)
		if err != nil {
			return nil, err
		}
		req.Messages = messages
	}
	return encode(req)
}

func byAddress(messages []llm.Message) bool {
	for _, m := range messages {
		for _, image := range m.Images {
			if len(image.Data) == 0 && !strings.HasPrefix(image.URL, "data:") {
				return true
			}
		}
	}
	return false
}

// Chat implements llm.Client. It always streams, also without onDelta: only a
// stream shows in time that the other side is gone.
func (c *Client) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	p, err := c.plan(ctx, req)
	if err != nil {
		return llm.Completion{}, err
	}
	body, err := json.Marshal(p.body)
	if err != nil {
		return llm.Completion{}, unencodable(err)
	}
	path := place(req.Model, "streamGenerateContent") + "?alt=sse"
	got, err := c.endpoint.Open(ctx, endpoint.Call{Path: path, Body: body, Deadlines: req.Deadlines})
	if err != nil {
		return llm.Completion{RequestID: got.RequestID}, err
	}
	defer got.Close()
	a := answer{
		Answer: gather.Answer{Wire: llm.GeminiGenerate, OnDelta: onDelta, Began: got.Began},
		tally:  tally{newID: c.newID},
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
	tally tally
}

func (a *answer) stream(got *endpoint.Answer) error {
	err := got.Events(func(e sse.Event) (bool, error) {
		err := a.Add(a.tally.event(e))
		return a.tally.failure == nil, err
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
	if err := a.Add(a.tally.event(sse.Event{Data: data})); err != nil {
		return got.Stopped(err)
	}
	return a.verdict()
}

func (a *answer) verdict() error {
	if f := a.tally.verdict(); f != nil {
		return f
	}
	return nil
}

// completion is what has come so far; usage is estimated when the provider
// counted nothing.
func (a *answer) completion(requestBytes int) llm.Completion {
	t := &a.tally
	out := a.Completion()
	out.Model, out.RequestID, out.Usage = t.model, t.id, t.usage
	if t.reason != "" {
		out.Finish = finishOf(t.reason, t.tools)
	}
	if !t.hasUsage {
		out.Usage = llm.Estimate(requestBytes, t.bytes)
	}
	return out
}
