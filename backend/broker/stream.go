package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"nexusai/backend/fault"
	"nexusai/backend/provider/openai"
)

// held is an answer in memory; closing it ends the call.
func (c *call) held(body []byte) io.ReadCloser {
	return &heldBody{Reader: bytes.NewReader(body), finish: sync.OnceFunc(c.finish)}
}

type heldBody struct {
	*bytes.Reader
	finish func()
}

func (h *heldBody) Close() error {
	h.finish()
	return nil
}

// finish ends the request and reports it.
func (c *call) finish() {
	c.cancel()
	if c.req.Done != nil {
		c.req.Done(c.report)
	}
}

// stream is a streamed answer as its caller reads it.
type stream struct {
	call       *call
	ctx        context.Context // of the attempt: its cause explains an end
	deployment string
	attempt    *Attempt // of call.report, ours alone once attempts has returned
	upstream   io.Reader
	end        func() // frees the provider
	sent       int    // bytes of the request, to estimate with

	inspector *openai.Inspector
	filter    *openai.UsageFilter // nil: the caller wants the usage chunk
	buf       []byte
	ready     []byte // what may be read; a part of store
	store     []byte
	err       error // comes after ready
	over      bool
}

// begin reads a stream until its first content. An error means that nothing of
// it was shown to anyone.
func (c *call) begin(ctx context.Context, resp *http.Response, d Deployment, a *Attempt, content, end func(), sent int) error {
	s := &stream{
		call: c, ctx: ctx, deployment: d.ID, attempt: a, upstream: resp.Body, end: end, sent: sent,
		inspector: openai.NewInspector(c.b.now), buf: make([]byte, 16<<10),
	}
	if !c.request.IncludeUsage {
		s.filter = &openai.UsageFilter{}
	}
	for {
		s.pull()
		seen := s.inspector.Seen()
		switch {
		case !seen.FirstContent.IsZero(), seen.Whole:
			content()
			a.FirstToken = seen.FirstContent
			c.answer.Stream, c.answer.Body = true, s
			return nil
		case seen.Failure != nil:
			return seen.Failure
		case s.err != nil:
			return s.err
		case len(s.ready) > maxHeld:
			return fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("%w: %d", errTooMuch, len(s.ready)))
		}
	}
}

// pull takes one piece from the provider and adds what may be shown to ready.
func (s *stream) pull() {
	n, err := s.upstream.Read(s.buf)
	_, _ = s.inspector.Write(s.buf[:n]) // never fails
	if s.filter != nil {
		s.ready = s.filter.Feed(s.ready, s.buf[:n])
	} else {
		s.ready = append(s.ready, s.buf[:n]...)
	}
	if err == nil {
		return
	}
	if s.filter != nil {
		s.ready = s.filter.Flush(s.ready)
	}
	s.err = s.verdict(err)
}

// verdict turns the end of the bytes into io.EOF for a whole answer and a Fault
// for any other. What follows the end marker, a broken connection too, does not
// matter.
func (s *stream) verdict(err error) error {
	unfinished := s.inspector.End()
	if unfinished == nil {
		return io.EOF
	}
	if errors.Is(err, io.EOF) || s.inspector.Seen().Failure != nil {
		return unfinished
	}
	return broken(s.ctx, err)
}

// broken explains a body that ended too early, also one whose errors are not
// faults.
func broken(ctx context.Context, err error) *fault.Fault {
	if _, ok := errors.AsType[*fault.Fault](err); !ok {
		err = fault.New(fault.UpstreamFailed, "The answer was cut off by the model's provider.", err)
	}
	return explain(ctx, err)
}

// Read implements io.Reader; see Forwarded.Body for its errors.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.ready) == 0 && s.err == nil {
		s.ready = s.store[:0]
		s.pull()
		s.store = s.ready
	}
	if len(s.ready) > 0 {
		n := copy(p, s.ready)
		s.ready = s.ready[n:]
		return n, nil
	}
	s.finish()
	return 0, s.err
}

// Close frees the provider and reports, if Read has not come to the end.
func (s *stream) Close() error {
	s.finish()
	return nil
}

func (s *stream) finish() {
	if s.over {
		return
	}
	s.over = true
	if s.err == nil { // the caller leaves early
		s.err = fault.New(fault.Canceled, "The request was cancelled.", s.ctx.Err())
		if s.inspector.End() == nil {
			s.err = io.EOF
		}
	}
	s.end()
	s.call.b.release(s.deployment)
	seen := s.inspector.Seen()
	a := s.attempt
	a.Ended, a.Finish, a.Usage = s.call.b.now(), seen.Finish, usageOf(seen, s.sent)
	if a.RequestID == "" {
		a.RequestID = seen.ID
	}
	if !errors.Is(s.err, io.EOF) {
		a.Code = fault.CodeOf(s.err)
	}
	s.call.finish()
}
