package openai

import (
	"context"
	"net/http"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// forwarded are the caller's headers that may reach a provider.
var forwarded = []string{
	"Accept", "Accept-Language", "Content-Type", "Idempotency-Key", "Openai-Beta", "User-Agent", "X-Client-Request-Id",
}

// paths are where the wires are below BaseURL.
var paths = map[llm.Wire]string{
	llm.OpenAIChat: "/chat/completions", llm.OpenAIEmbeddings: "/embeddings",
}

var _ llm.Forwarder = (*Client)(nil)

// Speaks implements llm.Forwarder.
func (c *Client) Speaks(w llm.Wire) bool { return paths[w] != "" }

// Send implements llm.Forwarder as endpoint.Forward does.
func (c *Client) Send(ctx context.Context, f llm.Forward) (*http.Response, error) {
	path := paths[f.Wire]
	if path == "" {
		return nil, endpoint.Refuses(f.Wire)
	}
	return c.endpoint.Forward(ctx, path, f, forwarded)
}
