package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
)

const (
	// maxHeld bounds what a stream may send before its first content.
	maxHeld = 1 << 20
	// maxErrorBody bounds a provider's error that is passed on.
	maxErrorBody = 64 << 10
)

// ForwardRequest is a request of a surface.
type ForwardRequest struct {
	// Surface reads and writes what callers send; its wire says what a
	// deployment must be able to do.
	Surface Surface
	Request Request     // what Surface.Read made of Body; nil: Forward reads it
	Model   string      // as asked for; empty: what Body says
	Need    Capability  // default CanChat
	Wire    llm.Wire    // what Body is, without a Surface; default llm.OpenAIChat
	Header  http.Header // of the caller; only harmless names are passed on
	Body    []byte      // whole; not changed
	Options Options
	// Done is called exactly once, when all is over: after the last byte, on
	// Close, or before Forward returns an error. It must not block. May be nil.
	Done func(Report)
}

// Forwarded is an answer that began well, or the provider's own words on what
// is wrong with the request (Status 400, 413 or 422).
type Forwarded struct {
	Status      int
	ContentType string
	// Body is what the caller may have. A stream that breaks off after its first
	// content and cannot be rescued ends with the surface's error event, and then
	// Read returns a *fault.Fault, never io.EOF. The gateway must close it, which
	// frees the provider. Not for concurrent use.
	Body       io.ReadCloser
	Stream     bool
	UsageAsked bool // the caller asked for the usage chunk, so it is in Body
	Deployment string
	Provider   string
	Losses     []string // what translation left out, for x-nexus-loss
	MaxOutput  int      // the limit of output tokens that was set because the request sets none; 0: none
}

// call is a ForwardRequest on its way.
type call struct {
	b       *Broker
	req     ForwardRequest
	request openai.Request
	report  Report
	cancel  context.CancelFunc // ends the whole request
	answer  *Forwarded
}

// Forward passes a request on and returns once the answer has begun: for a
// stream with its first content, until when a second deployment may be tried.
// Only the model's name and stream_options.include_usage are changed in the
// body. Errors are faults; then no part of an answer exists.
func (b *Broker) Forward(ctx context.Context, req ForwardRequest) (*Forwarded, error) {
	c := &call{b: b, req: req}
	answer, err := c.send(ctx)
	if err == nil {
		return answer, nil
	}
	if c.cancel != nil {
		c.cancel()
	}
	if req.Done != nil {
		req.Done(c.report)
	}
	return nil, err
}

func (c *call) send(ctx context.Context) (*Forwarded, error) {
	var err error
	if c.request, err = openai.ReadRequest(c.req.Body); err != nil {
		return nil, err
	}
	if c.req.Model == "" {
		c.req.Model = c.request.Model
	}
	if c.req.Model == "" {
		return nil, fault.New(fault.BadRequest, "The request names no model.", nil).At("model")
	}
	if c.req.Wire == "" {
		c.req.Wire = llm.OpenAIChat
	}
	if c.req.Need == "" {
		c.req.Need = CanChat
	}
	c.report.Model = c.req.Model
	all, err := c.b.candidates(ctx, c.req.Model, c.req.Need)
	if err != nil {
		return nil, err
	}
	able := make([]Deployment, 0, len(all))
	for _, d := range all {
		if d.Forwarder != nil && d.Forwarder.Speaks(c.req.Wire) {
			able = append(able, d)
		}
	}
	if len(able) == 0 {
		return nil, fault.New(fault.BadRequest, "This model cannot be used through this interface.", nil).At("model")
	}
	ctx, c.cancel = c.b.bounded(ctx)
	if err := c.b.attempts(ctx, able, &c.report, c.try); err != nil {
		return nil, err
	}
	return c.answer, nil
}

// try is one attempt; on success c.answer holds what it got.
func (c *call) try(ctx context.Context, d Deployment, a *Attempt) outcome {
	attempt, content, stop := ctx, func() {}, func() {}
	if c.request.Stream {
		attempt, content, stop = d.firstToken(ctx)
	}
	body := c.request.Rewrite(d.Model, true)
	resp, err := d.Forwarder.Send(attempt, llm.Forward{Wire: c.req.Wire, Header: c.req.Header, Body: body, Stream: c.request.Stream})
	if err != nil {
		err = explain(attempt, err)
		stop()
		return outcome{err: err}
	}
	a.RequestID = resp.Header.Get("X-Request-Id")
	kind := resp.Header.Get("Content-Type")
	c.answer = &Forwarded{Status: resp.StatusCode, ContentType: kind, UsageAsked: c.request.IncludeUsage, Deployment: d.ID, Provider: d.Provider}
	end := func() { stop(); _ = resp.Body.Close() } // its error says nothing: all that counts is read
	switch {
	case resp.StatusCode/100 != 2:
		err = c.refusal(resp, a)
	case c.request.Stream && !isJSON(kind):
		err = c.begin(attempt, resp, d, a, content, end, len(body))
		if err == nil {
			return outcome{} // the stream keeps the deployment until it has ended
		}
	default:
		err = c.whole(attempt, resp, a, isJSON(kind), len(body))
	}
	if err != nil {
		err = explain(attempt, err)
	}
	end()
	if err != nil {
		return outcome{err: err}
	}
	a.Ended = c.b.now()
	c.b.release(d.ID)
	return outcome{}
}

func isJSON(kind string) bool {
	media, _, _ := mime.ParseMediaType(kind)
	return media == "application/json"
}

// refusal is an error to try again elsewhere, or nil when the provider's words
// on a bad request are the answer.
func (c *call) refusal(resp *http.Response, a *Attempt) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a message still says something
	f := openai.Failure(resp.StatusCode, resp.Header, body, c.b.now())
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		if f.Code == fault.UpstreamRefused {
			return f
		}
		a.Code = f.Code
		c.answer.Body = c.held(body)
		return nil
	}
	return f
}

// whole reads an answer that is not streamed to its end, so that one that is
// cut or empty can still be had elsewhere.
func (c *call) whole(ctx context.Context, resp *http.Response, a *Attempt, json bool, sent int) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.b.maxAnswer+1))
	if err != nil {
		return broken(ctx, err)
	}
	if int64(len(body)) > c.b.maxAnswer {
		return fault.New(fault.UpstreamFailed, "The model's answer is too large.", fmt.Errorf("an answer over %d bytes", c.b.maxAnswer))
	}
	if !json && len(body) > 0 {
		a.Usage = openai.Estimate(sent, len(body))
		c.answer.Body = c.held(body)
		return nil
	}
	seen, f := openai.Inspect(body)
	if f != nil {
		return f
	}
	a.Finish, a.Usage = seen.Finish, usageOf(seen, sent)
	c.answer.Body = c.held(body)
	return nil
}

func usageOf(seen openai.Seen, sent int) llm.Usage {
	if seen.HasUsage {
		return seen.Usage
	}
	return openai.Estimate(sent, seen.Bytes)
}

var errTooMuch = errors.New("too many bytes before the first content")
