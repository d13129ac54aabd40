package broker

import (
	"bytes"
	"errors"
	"io"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// held is an answer in memory; closing it ends the call.
func (j *surfaceJob) held(a *attempt, body []byte) {
	a.answer.Body = &heldBody{Reader: bytes.NewReader(body), a: a}
}

type heldBody struct {
	*bytes.Reader
	a    *attempt
	over bool
}

func (h *heldBody) Close() error {
	if !h.over {
		h.over = true
		h.a.call.end()
	}
	return nil
}

// stream is a streamed answer as its caller reads it, over rescues.
type stream struct {
	call    *call
	job     *surfaceJob
	a       *attempt // who answers now
	source  source
	encoder Encoder // once something is written by us
	said    Seen    // of the attempts before this one
	ready   []byte  // what may be read; a part of store
	store   []byte
	err     error // comes after ready
	over    bool
}

// Read implements io.Reader; see Forwarded.Body for its errors.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.ready) == 0 && s.err == nil {
		s.ready, s.err = s.source.pull(s.store[:0])
		s.store = s.ready[:0]
		if s.err != nil && !errors.Is(s.err, errWhole) {
			s.ready, s.err = s.broke(s.ready, fault.From(s.err))
			s.store = s.ready[:0]
		}
	}
	if len(s.ready) > 0 {
		n := copy(p, s.ready)
		s.ready = s.ready[n:]
		return n, nil
	}
	s.finish()
	if errors.Is(s.err, errWhole) {
		return 0, io.EOF
	}
	return 0, s.err
}

// broke goes on elsewhere, or says in the stream that it has broken off.
func (s *stream) broke(ready []byte, f *fault.Fault) ([]byte, error) {
	if s.rescue(f) {
		return ready, nil
	}
	f = s.call.outranked(f)
	if f.Code == fault.Canceled {
		return ready, f // nobody is there to read it
	}
	if s.source.open() {
		ready = append(ready, "\n\n"...)
	}
	if w := s.writer(); w != nil {
		ready = w.Fail(ready, f)
	}
	return ready, f
}

// writer is what goes on with the stream; nil where nothing can be said in it.
func (s *stream) writer() Encoder {
	if s.encoder == nil {
		if translated, ok := s.source.(*encoded); ok {
			s.encoder = translated.encoder
		} else {
			s.encoder = s.job.surface.Write(s.job.request, s.source.seen())
		}
	}
	return s.encoder
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
	s.retire(s.verdict())
	s.call.end()
}

// verdict on what the caller got; a caller that leaves early has cancelled,
// unless all had come.
func (s *stream) verdict() *fault.Fault {
	switch {
	case errors.Is(s.err, errWhole):
		return nil
	case s.err != nil:
		return fault.From(s.err)
	}
	if s.source.seen().Whole {
		s.err = errWhole
		return nil
	}
	f := explain(s.call.ctx, fault.New(fault.Canceled, "The request was cancelled.", nil))
	s.err = f
	return f
}

// retire settles the attempt that answers now.
func (s *stream) retire(f *fault.Fault) {
	if s.a.over {
		return
	}
	s.a.rec.Delivered = true
	s.source.settle()
	s.call.deliver(s.a.rec.Usage)
	s.a.end(f)
}

// deliver adds what one attempt gave the caller.
func (c *call) deliver(u llm.Usage) { c.report.Delivered = c.sumWith(u) }

// sumWith is what the caller got with u of a further attempt: the input counts
// once, as the first attempt had it.
func (c *call) sumWith(u llm.Usage) llm.Usage {
	sum := c.report.Delivered
	if sum == (llm.Usage{}) {
		return u
	}
	sum.Output += u.Output
	sum.Reasoning += u.Reasoning
	sum.AudioOut += u.AudioOut
	sum.Estimated = sum.Estimated || u.Estimated
	return sum
}
