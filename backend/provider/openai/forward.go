package openai

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"nexusai/backend/fault"
)

// forwarded are the caller's headers that may reach a provider. A list of what
// may pass: cookies, keys and addresses of people have too many names to list.
var forwarded = []string{
	"Accept", "Accept-Language", "Content-Type", "Idempotency-Key", "Openai-Beta", "User-Agent", "X-Client-Request-Id",
}

// Forward sends body as it is to path below BaseURL ("/chat/completions") and
// returns the answer whatever its status; only authentication is ours. Of
// header only harmless names are passed on. Up to the response headers Connect
// and then FirstToken (a stream) or Answer hold; while the body is read,
// silence longer than BetweenTokens (a stream) or Answer ends it with a
// fault.Timeout. The caller closes the body; closing it or cancelling ctx
// frees the provider at once. Our key is not in the answer, whatever the
// provider wrote.
func (c *Client) Forward(ctx context.Context, path string, header http.Header, body []byte) (*http.Response, error) {
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "..") || strings.ContainsAny(path, "?#%\\") {
		return nil, fault.New(fault.BadRequest, "There is no such path.", fmt.Errorf("forward to %q", path))
	}
	name, limit, silence := "the answer", c.limits.Answer, c.limits.Answer
	if request, err := ReadRequest(body); err == nil && request.Stream {
		name, limit, silence = "the first byte", c.limits.FirstToken, c.limits.BetweenTokens
	}
	ctx, phase := withPhases(ctx, c.limits.Connect, name, limit)
	kept := http.Header{}
	for _, name := range forwarded {
		if values := header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	resp, err := c.do(ctx, http.MethodPost, path, kept, body)
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
