package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"nexusai/backend/fault"
)

const (
	maxChat  = 16 << 20  // bytes of a request in JSON; pictures are the largest thing in one
	maxSound = 26 << 20  // OpenAI's 25 MB, and the form around
	maxSmall = 1 << 20   // bytes of a request that may always be held
	maxHeld  = 128 << 20 // bytes of larger ones that are held at once
	atFirst  = 64 << 10  // memory for a request of which nothing has come yet
)

// held is how many bytes of large requests are in memory. The zero value is
// ready; it is safe for concurrent use.
type held struct{ bytes atomic.Int64 }

func (h *held) take(n int64) bool {
	if h.bytes.Add(n) <= maxHeld {
		return true
	}
	h.bytes.Add(-n)
	return false
}

func (h *held) give(n int64) { h.bytes.Add(-n) }

// read takes the request whole: a body that is passed on while it is being read
// lets Go cut streams (golang/go#40747). A larger one is refused with no more
// than the limit in memory. How long it may take to come is the edge's to say. done gives up the place of a large one; it may be
// called when the body is not needed any more.
func (g *Gateway) read(w http.ResponseWriter, r *http.Request, most int64) (body []byte, done func(), err error) {
	done = func() {}
	tooLarge := fault.New(fault.TooLarge, fmt.Sprintf("The request is larger than %d MB.", most>>20), nil)
	if r.ContentLength > most {
		return nil, done, tooLarge
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, done, fault.New(fault.BadRequest, "A request cannot be compressed.", nil)
	}
	if size := r.ContentLength; size < 0 || size > maxSmall {
		if size < 0 {
			size = most
		}
		if !g.large.take(size) {
			busy := fault.New(fault.Unavailable, "There are too many large requests at the moment.", nil)
			busy.RetryAfter = time.Second
			return nil, done, busy
		}
		done = sync.OnceFunc(func() { g.large.give(size) })
	}
	if body, err = whole(http.MaxBytesReader(w, r.Body, most), r.ContentLength, most); err == nil {
		return body, done, nil
	}
	done()
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, func() {}, tooLarge
	}
	return nil, func() {}, fault.New(fault.BadRequest, "The request could not be read to its end.", err)
}

// whole reads to the end into memory that begins small, whatever size was
// announced, and doubles up to most.
func whole(r io.Reader, size, most int64) ([]byte, error) {
	body := make([]byte, 0, min(max(size, 0)+bytes.MinRead, atFirst))
	for {
		if len(body) == cap(body) {
			larger := make([]byte, len(body), min(2*int64(cap(body)), max(most, int64(cap(body)))+bytes.MinRead))
			copy(larger, body)
			body = larger
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
