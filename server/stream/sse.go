package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// sse writes server-sent events (WHATWG HTML §9.2). An event leaves as soon as
// it is written.
type sse struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newSSE(w http.ResponseWriter) (*sse, error) {
	s := &sse{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-transform")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would collect events
	if err := s.flush([]byte(": listening\n\n")); err != nil {
		return nil, fault.New(fault.Internal, "This connection cannot stream.", err)
	}
	return s, nil
}

func (s *sse) send(_ context.Context, e httpapi.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	var frame []byte
	if e.Run != nil {
		frame = append(frame, "id: "+e.Run.RunID+":"+strconv.FormatInt(e.Run.Seq, 10)+"\n"...)
	}
	frame = append(frame, "data: "...)
	frame = append(frame, data...) // JSON holds no line break
	return s.flush(append(frame, "\n\n"...))
}

func (s *sse) quiet(context.Context) error { return s.flush([]byte(": quiet\n\n")) }

func (s *sse) flush(frame []byte) error {
	// A writer that cannot have a deadline (a test's recorder) still writes.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.w.Write(frame); err != nil {
		return err
	}
	return s.control.Flush()
}
