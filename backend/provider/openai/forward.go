package openai

import (
	"context"
	"net/http"

	"nexusai/backend/llm"
	"nexusai/backend/provider/audio"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/picture"
)

// forwarded are the caller's headers that may reach a provider.
var forwarded = []string{
	"Accept", "Accept-Language", "Content-Type", "Idempotency-Key", "Openai-Beta", "User-Agent", "X-Client-Request-Id",
}

var _ llm.Forwarder = (*Client)(nil)

// Speaks implements llm.Forwarder.
func (c *Client) Speaks(w llm.Wire) bool { return !c.dialect.OneCall && c.dialect.Wires[w] != "" }

var _ llm.Addressed = (*Client)(nil)

// TakesAddresses implements llm.Addressed.
func (c *Client) TakesAddresses() bool {
	return c.dialect.Takes.has(TakesImageURLs) && (c.inside == nil || !c.inside())
}

// Shown is messages with the pictures that they hold by address, as the endpoint
// may be shown them.
func (c *Client) Shown(ctx context.Context, messages []llm.Message) ([]llm.Message, error) {
	if !picture.ByAddress(messages) || c.TakesAddresses() {
		return messages, nil
	}
	return picture.Inline(ctx, c.pictures, messages)
}

// Send implements llm.Forwarder as endpoint.Forward does.
func (c *Client) Send(ctx context.Context, f llm.Forward) (*http.Response, error) {
	if !c.Speaks(f.Wire) {
		return nil, endpoint.Refuses(f.Wire)
	}
	model := ""
	if c.dialect.PerDeployment {
		var err error
		if model, err = modelOf(f); err != nil {
			return nil, err
		}
	}
	return c.endpoint.Forward(ctx, c.dialect.path(f.Wire, model), f, forwarded)
}

// modelOf finds the model in the bytes of a request.
func modelOf(f llm.Forward) (string, error) {
	if f.Wire == llm.OpenAITranscribe || f.Wire == llm.OpenAITranscribeEvents {
		return audio.FormModel(f.Body)
	}
	r, err := ReadRequest(f.Body)
	return r.Model, err
}
