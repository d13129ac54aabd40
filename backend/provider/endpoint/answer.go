package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/provider/sse"
)

// Answer is an answer that has begun to come. Not for concurrent use.
type Answer struct {
	Status    int
	Header    http.Header // nil when none came
	RequestID string      // the provider's own; may be empty

	ctx     context.Context // of this one call
	body    io.ReadCloser
	phase   *phases
	between time.Duration
	limit   int64
	began   bool
}

// Close frees the provider at once.
func (a *Answer) Close() {
	a.phase.stop()
	_ = a.body.Close() // all that counts has been read
}

// JSON says that the answer is no stream although one was asked for.
func (a *Answer) JSON() bool {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return kind == "application/json"
}

// Began says that content has come: from now on silence is bounded by
// BetweenTokens, and only while Events waits for the provider.
func (a *Answer) Began() {
	if a.began {
		return
	}
	a.began = true
	a.phase.enterAtRest("the next token", a.between)
}

// Events calls on for each event until it wants no more or the stream ends. on
// judges whether that end was a proper one. Its errors are faults; one of on is
// returned as fault.From makes it, unless the call was cancelled.
func (a *Answer) Events(on func(sse.Event) (more bool, err error)) error {
	var decoder sse.Decoder
	more := true
	each := func(e sse.Event) (err error) {
		if !more {
			return nil
		}
		if e.Large {
			return Malformed(fmt.Errorf("an event is over %d bytes", sse.DefaultMax))
		}
		more, err = on(e)
		return err
	}
	buf := make([]byte, 16<<10)
	for more {
		n, err := a.read(buf)
		if feedErr := decoder.Feed(buf[:n], each); feedErr != nil {
			return a.Stopped(feedErr)
		}
		if errors.Is(err, io.EOF) {
			return a.Stopped(decoder.Flush(each))
		}
		if err != nil && more {
			return transportFault(a.ctx, fmt.Errorf("read the stream: %w", err), safeCut)
		}
	}
	return nil
}

func (a *Answer) read(buf []byte) (int, error) {
	if !a.began {
		return a.body.Read(buf) // FirstToken runs
	}
	a.phase.waits()
	defer a.phase.rests()
	return a.body.Read(buf)
}

// Stopped explains an end that did not come from the provider: the Fault that on
// returned, its wish to follow a cancelled ctx, or another error.
func (a *Answer) Stopped(err error) error {
	if err == nil {
		return nil
	}
	if a.ctx.Err() != nil {
		return transportFault(a.ctx, err, safeCut)
	}
	return fault.From(err)
}

// Whole reads an answer that is not streamed, at most MaxAnswer bytes of it.
func (a *Answer) Whole() ([]byte, error) {
	data, err := readUpTo(a.body, a.limit+1)
	if err != nil {
		return nil, transportFault(a.ctx, fmt.Errorf("read the answer: %w", err), safeCut)
	}
	if int64(len(data)) > a.limit {
		return nil, Malformed(fmt.Errorf("the answer is over %d bytes", a.limit))
	}
	return data, nil
}

func readUpTo(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit))
}

// Decode reads JSON that a provider sent; what says of what.
func Decode(what string, data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return Malformed(fmt.Errorf("decode %s of %d bytes: %w", what, len(data), err))
	}
	return nil
}
