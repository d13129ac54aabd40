package gather

import (
	"context"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/sse"
)

// Reader is how a wire reads one answer.
type Reader interface {
	// Event takes the next event of a stream and returns what it adds.
	Event(e sse.Event) llm.Delta
	// Whole takes an answer of an endpoint that does not stream although asked.
	// The error says that it is none.
	Whole(data []byte) ([]llm.Delta, error)
	// Over says that what follows in the stream does not count.
	Over() bool
	// Verdict is nil for a whole answer, otherwise what is missing.
	Verdict() *fault.Fault
	// Tell adds to what was gathered what the wire says beside it. Usage is
	// estimated by the request's bytes when the provider counted nothing.
	Tell(done *llm.Completion, requestBytes int)
}

// Chat sends a call and gathers its answer as r reads it. With an error the
// completion is what came until then.
func Chat(ctx context.Context, e *endpoint.Endpoint, call endpoint.Call, a *Answer, r Reader) (llm.Completion, error) {
	got, err := e.Open(ctx, call)
	if err != nil {
		return llm.Completion{RequestID: got.RequestID}, err
	}
	defer got.Close()
	a.began = got.Began
	if got.JSON() {
		err = a.whole(got, r)
	} else {
		err = a.stream(got, r)
	}
	if f := r.Verdict(); err == nil && f != nil {
		err = f
	}
	done := a.Completion()
	r.Tell(&done, len(call.Body))
	if got.RequestID != "" {
		done.RequestID = got.RequestID
	}
	return done, err
}

func (a *Answer) stream(got *endpoint.Answer, r Reader) error {
	return got.Events(func(e sse.Event) (bool, error) {
		err := a.add(r.Event(e))
		return !r.Over(), err
	})
}

func (a *Answer) whole(got *endpoint.Answer, r Reader) error {
	data, err := got.Whole()
	if err != nil {
		return err
	}
	pieces, err := r.Whole(data)
	if err != nil {
		return err
	}
	for _, d := range pieces {
		if err := a.add(d); err != nil {
			return got.Stopped(err)
		}
	}
	return nil
}
