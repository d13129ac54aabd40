package gemini

import (
	"context"
	"encoding/json"
	"strings"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gather"
	"nexusai/backend/provider/picture"
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
	return gather.Chat(ctx, c.endpoint, endpoint.Call{Path: path, Body: body, Deadlines: req.Deadlines},
		&gather.Answer{Wire: llm.GeminiGenerate, OnDelta: onDelta}, &tally{newID: c.newID})
}
