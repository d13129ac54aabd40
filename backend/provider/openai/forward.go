package openai

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// forwarded are the caller's headers that may reach a provider. A list of what
// may pass: cookies, keys and addresses of people have too many names to list.
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

// Send sends the body as it is and returns the answer whatever its status; only authentication is ours. Of
// header only harmless names are passed on. Up to the response headers Connect
// and then FirstToken (a stream) or Answer hold; while the body is read,
// silence longer than BetweenTokens (a stream) or Answer ends it with a
// fault.Timeout. The caller closes the body; closing it or cancelling ctx
// frees the provider at once. Our key is not in the answer, whatever the
// provider wrote.
func (c *Client) Send(ctx context.Context, f llm.Forward) (*http.Response, error) {
	path := paths[f.Wire]
	if path == "" {
		return nil, fault.New(fault.BadRequest, "This provider does not speak this interface.", fmt.Errorf("send %s", f.Wire))
	}
	name, limit, silence := "the answer", c.limits.Answer, c.limits.Answer
	if f.Stream {
		name, limit, silence = "the first byte", c.limits.FirstToken, c.limits.BetweenTokens
	}
	ctx, phase := withPhases(ctx, c.limits.Connect, name, limit)
	kept := http.Header{}
	for _, name := range forwarded {
		if values := f.Header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	resp, err := c.do(ctx, http.MethodPost, path, kept, f.Body)
	if err != nil {
		phase.stop()
		return nil, err
	}
	phase.enter("the next byte", silence)
	phase.rests() // until somebody reads
	resp.Body = c.key.withoutKey(&liveBody{ctx: ctx, body: resp.Body, phase: phase})
	resp.ContentLength = -1 // it may be another one now
	return resp, nil
}

// liveBody ends a body that has fallen silent, and explains its errors.
type liveBody struct {
	ctx   context.Context // of this one call; http.Response keeps its own alike
	body  io.ReadCloser
	phase *phases
}

func (b *liveBody) Read(p []byte) (int, error) {
	b.phase.waits()
	n, err := b.body.Read(p)
	b.phase.rests()
	if err != nil && err != io.EOF {
		return n, transportFault(b.ctx, fmt.Errorf("read the body: %w", err), safeCut)
	}
	return n, err
}

func (b *liveBody) Close() error {
	b.phase.stop()
	return b.body.Close()
}
