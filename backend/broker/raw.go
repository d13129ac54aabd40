package broker

import (
	"errors"
	"fmt"
	"io"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// raw is a streamed answer without events, as sound is: its bytes go by as they
// come, and it is whole when its connection ends as it should.
type raw struct {
	a     *attempt
	body  io.ReadCloser
	used  llm.Usage // as the client counted; zero: nobody has
	buf   *[readSize]byte
	bytes int64
	first time.Time
	whole bool
}

func rawOf(a *attempt, body io.ReadCloser, used llm.Usage) *raw {
	return &raw{a: a, body: body, used: used, buf: buffers.Get().(*[readSize]byte)}
}

func (s *raw) pull(dst []byte) ([]byte, error) {
	n, err := s.body.Read(s.buf[:])
	if n > 0 && s.first.IsZero() {
		s.first = s.a.call.b.now()
	}
	s.bytes += int64(n)
	dst = append(dst, s.buf[:n]...)
	switch {
	case s.bytes > s.a.call.b.maxAnswer:
		return dst, fault.New(fault.UpstreamFailed, "The model's answer is too large.", fmt.Errorf("an answer over %d bytes", s.a.call.b.maxAnswer))
	case errors.Is(err, io.EOF):
		s.whole = true
		return dst, errWhole
	case err != nil:
		return dst, broken(s.a.ctx, err)
	}
	return dst, nil
}

// begin reads the first bytes, or the whole of an answer that has no more.
func (s *raw) begin() (head []byte, end error, err error) {
	for len(head) == 0 && end == nil {
		head, end = s.pull(head)
	}
	switch {
	case end != nil && !errors.Is(end, errWhole):
		return nil, nil, end // nobody has heard anything of it
	case len(head) == 0:
		return nil, nil, empty("the body is empty")
	}
	s.a.content(s.first)
	return head, end, nil
}

func (s *raw) seen() Seen {
	return Seen{Bytes: int(s.bytes), FirstContent: s.first, Done: s.whole, Whole: s.whole}
}

func (s *raw) open() bool { return false }

func (s *raw) settle() {
	s.close()
	if s.bytes == 0 {
		return // attempt.owe knows whether that costs
	}
	if s.a.rec.Usage = s.used; s.used == (llm.Usage{}) {
		s.a.rec.Usage = s.a.call.estimated(int(s.bytes))
	}
}

func (s *raw) close() {
	if s.buf == nil {
		return
	}
	_ = s.body.Close() // its error says nothing: all that counts is read
	buffers.Put(s.buf)
	s.buf = nil
}
