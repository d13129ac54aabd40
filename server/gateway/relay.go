package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
)

// writeWithin bounds each piece of an answer; then the client counts as gone.
const writeWithin = 30 * time.Second

const bufferSize = 16 << 10

// buffers are for passing answers on; nothing in them outlives a write.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// relay copies the answer to the client as it comes, and has it kept before its
// end is told. What breaks off after the
// first byte says so in the stream itself: the status has been sent.
func (g *Gateway) relay(ctx context.Context, w http.ResponseWriter, answer *broker.Forwarded, keep *keeping) error {
	h := w.Header()
	h.Set("Content-Type", answer.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	if len(answer.Losses) > 0 {
		h.Set("X-Nexus-Loss", strings.Join(answer.Losses, ", "))
	}
	if answer.MaxOutput > 0 {
		h.Set("X-Nexus-Max-Output", strconv.Itoa(answer.MaxOutput))
	}
	if answer.Stream {
		h.Set("Cache-Control", "no-store, no-transform")
		h.Set("X-Accel-Buffering", "no") // nginx would collect events
	}
	w.WriteHeader(answer.Status)
	control := http.NewResponseController(w)
	held := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(held)
	buf := held[:]
	for {
		n, err := answer.Body.Read(buf)
		if n > 0 {
			keep.see(ctx, buf[:n], answer)
			_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // a recorder in a test has none
			if _, failed := w.Write(buf[:n]); failed != nil {
				return fault.New(fault.Canceled, "The caller has left.", failed)
			}
			if answer.Stream {
				_ = control.Flush() // a client that has left shows at the next write
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
