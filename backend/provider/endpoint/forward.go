package endpoint

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Refuses is the answer of a Forwarder that does not speak a wire.
func Refuses(w llm.Wire) error {
	return fault.New(fault.BadRequest, "This provider does not speak this interface.", fmt.Errorf("send %s", w))
}

// Forward sends a body as it is and returns the answer whatever its status;
// only authentication is ours. Of the caller's header the names in pass go
// with it: cookies, keys and addresses of people have too many names to list.
// Up to the response headers Connect and then FirstToken (a stream) or that and
// Answer hold; while the body is read, silence longer than BetweenTokens (a stream) or
// Answer ends it with a fault.Timeout. The caller closes the body; closing it
// or cancelling ctx frees the provider at once. Our key is not in the answer,
// whatever the provider wrote; its request id is in X-Request-Id.
func (e *Endpoint) Forward(ctx context.Context, path string, f llm.Forward, pass []string) (*http.Response, error) {
	d := e.cfg.Deadlines.with(f.Deadlines)
	name, limit, silence := "the answer", d.FirstToken+d.Answer, d.Answer // a model that thinks does so first
	if f.Stream {
		name, limit, silence = "the first byte", d.FirstToken, d.BetweenTokens
	}
	ctx, phase := withPhases(ctx, d.Connect, name, limit)
	kept := http.Header{}
	for _, name := range pass {
		if values := f.Header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	resp, err := e.do(ctx, Call{Path: path, Header: kept, Body: f.Body})
	if err != nil {
		phase.stop()
		return nil, err
	}
	phase.enterAtRest("the next byte", silence) // until somebody reads
	if id := resp.Header.Get(e.cfg.RequestID); id != "" {
		resp.Header.Set("X-Request-Id", id)
	}
	resp.Body = e.cfg.Key.withoutKey(&liveBody{ctx: ctx, body: resp.Body, phase: phase})
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
