package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"nexusai/backend/fault"
)

// source is a streamed answer in its surface's form, as it comes.
type source interface {
	// pull blocks for the next bytes and appends what the caller may have.
	// errWhole comes with the last bytes of a whole answer, a fault with those of
	// any other.
	pull(dst []byte) ([]byte, error)
	seen() Seen
	// open says that a part of an event was passed on.
	open() bool
	// settle frees the provider and notes in the attempt what is known.
	settle()
	// close frees the provider when nobody wants the answer.
	close()
}

const readSize = 16 << 10

// buffers are for reading from providers; nothing in them outlives a read.
var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// passed is a stream in the caller's own wire: bytes go by and are looked at.
type passed struct {
	a       *attempt
	ctx     context.Context
	body    io.ReadCloser
	watcher Watcher
	buf     *[readSize]byte
	ended   bool
}

func pass(a *attempt, body io.ReadCloser, w Watcher) *passed {
	return &passed{a: a, ctx: a.ctx, body: body, watcher: w, buf: buffers.Get().(*[readSize]byte)}
}

func (s *passed) pull(dst []byte) ([]byte, error) {
	n, err := s.body.Read(s.buf[:])
	dst = s.watcher.Feed(dst, s.buf[:n])
	if err != nil {
		return s.finish(dst, err)
	}
	seen := s.watcher.Seen()
	s.a.came(seen.Bytes)
	if seen.Failure != nil { // nothing good follows
		s.ended = true
		return dst, seen.Failure
	}
	return dst, nil
}

// finish turns the end of the bytes into errWhole for a whole answer and a fault
// for any other. What follows the end marker, a broken connection too, does not
// matter.
func (s *passed) finish(dst []byte, err error) ([]byte, error) {
	s.ended = true
	whole := s.watcher.Flush(dst)
	unfinished := s.watcher.End()
	if unfinished == nil {
		return whole, errWhole
	}
	if errors.Is(err, io.EOF) || s.watcher.Seen().Failure != nil {
		return dst, explain(s.ctx, unfinished)
	}
	return dst, broken(s.ctx, err)
}

func (s *passed) seen() Seen { return s.watcher.Seen() }

func (s *passed) open() bool { return s.watcher.Open() }

func (s *passed) settle() {
	s.close()
	seen := s.watcher.Seen()
	s.a.rec.Finish, s.a.rec.Usage = seen.Finish, s.a.call.usageOf(seen)
	if s.a.rec.RequestID == "" {
		s.a.rec.RequestID = seen.ID
	}
}

func (s *passed) close() {
	if s.buf == nil {
		return
	}
	_ = s.body.Close() // its error says nothing: all that counts is read
	buffers.Put(s.buf)
	s.buf = nil
}

// begin reads until the first content, or to the end of an answer without any.
// What came until then is in the returned bytes, to be handed out first; end is
// set when the answer is over already.
func (s *passed) begin() (head []byte, end error, err error) {
	for {
		head, end = s.pull(head)
		seen := s.watcher.Seen()
		switch {
		case seen.Failure != nil:
			return nil, nil, seen.Failure
		case end != nil && !errors.Is(end, errWhole):
			return nil, nil, end // with its first content, of which nobody has seen anything
		case !seen.FirstContent.IsZero():
			s.a.content(seen.FirstContent)
			return head, end, nil
		case errors.Is(end, errWhole):
			return head, end, nil
		case len(head) > maxHeld:
			return nil, nil, fault.New(fault.UpstreamFailed, safeCut, fmt.Errorf("%w: %d", errTooMuch, len(head)))
		}
	}
}

var errTooMuch = errors.New("too many bytes before the first content")

// encoded is a translated stream.
type encoded struct {
	feed    *feed
	encoder Encoder
}

func (s *encoded) pull(dst []byte) ([]byte, error) {
	d, err := s.feed.next()
	switch {
	case err == nil:
		return s.encoder.Delta(dst, d), nil
	case errors.Is(err, errWhole):
		done := s.feed.done
		done.Usage = s.feed.usage()
		done.Usage = s.feed.a.call.sumWith(done.Usage)
		return s.encoder.End(dst, done), errWhole
	}
	return dst, err
}

func (s *encoded) seen() Seen {
	f := s.feed
	return Seen{
		Model: f.done.Model, ID: f.done.RequestID, Text: f.text.String(), TooLong: f.tooLong, Other: f.other,
		Usage: f.done.Usage, HasUsage: f.spent, FirstContent: f.first, Bytes: f.bytes, Finish: f.done.Finish,
	}
}

func (s *encoded) open() bool { return false }
func (s *encoded) settle()    { s.feed.settle() }
func (s *encoded) close()     { s.feed.close() }
