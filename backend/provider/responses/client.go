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
	var err error
	if req.Messages, err = c.Shown(ctx, req.Messages); err != nil {
		return llm.Completion{}, fault.From(err)
	}
	body, err := json.Marshal(encode(req))
	if err != nil {
		return llm.Completion{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a chat: %w", err))
	}
	return gather.Chat(ctx, at, endpoint.Call{Path: path, Body: body, Deadlines: req.Deadlines},
		&gather.Answer{Wire: llm.OpenAIResponses, OnDelta: onDelta}, &tally{})
}

var _ gather.Reader = (*tally)(nil)

// Whole implements gather.Reader.
func (t *tally) Whole(data []byte) ([]llm.Delta, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, endpoint.Empty(errors.New("the body is empty"))
	}
	var r response
	if err := endpoint.Decode("a response", data, &r); err != nil {
		return nil, err
	}
	if r.Status == "" {
		return nil, openai.BrokenOff(r.Error)
	}
	if t.end(&r); t.failure != nil {
		return nil, t.failure
	}
	var pieces []llm.Delta
	calls := 0
	for _, i := range r.Output {
		d := i.delta(calls)
		calls += len(d.ToolCalls)
		t.bytes += d.Size()
		pieces = append(pieces, d)
	}
	return pieces, nil
}

// Tell implements gather.Reader.
func (t *tally) Tell(done *llm.Completion, requestBytes int) {
	done.Model, done.RequestID, done.Finish, done.Usage = t.model, t.id, t.finish, t.usage
	if !t.hasUsage {
		done.Usage = llm.Estimate(requestBytes, t.bytes)
	}
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
