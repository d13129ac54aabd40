package broker

import (
	"context"
	"errors"
	"io"
	"time"

	"nexusai/backend/fault"
)

const (
	safeSlow  = "The model did not answer in time."
	safeCut   = "The answer was cut off by the model's provider."
	safeEmpty = "The model's provider sent no answer."
	safeAway  = "The model's provider has failed several times and is left alone for a moment."
	safeLimit = "The model's provider is limiting requests."
)

var errTimeout = errors.New("the whole request took too long")

// bounded gives a request its whole time.
func (b *Broker) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, b.timeout, fault.New(fault.Timeout, safeSlow, errTimeout))
}

// explain tells what ended something: the end of its ctx outranks what the
// provider made of that. The fault never is an io.EOF, which readers take for a
// good end.
func explain(ctx context.Context, err error) *fault.Fault {
	cause := context.Cause(ctx)
	if cause == nil {
		return noEOF(fault.From(err))
	}
	if f, ok := errors.AsType[*fault.Fault](cause); ok {
		return f
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.New(fault.Timeout, safeSlow, err)
	}
	return fault.New(fault.Canceled, "The request was cancelled.", err)
}

// outranked is f, or the end of the whole request if that has come.
func (c *call) outranked(f *fault.Fault) *fault.Fault {
	if c.ctx.Err() == nil {
		return f
	}
	return explain(c.ctx, f)
}

func noEOF(f *fault.Fault) *fault.Fault {
	if !errors.Is(f, io.EOF) {
		return f
	}
	copied := *f
	copied.Err = errors.New(fault.Cause(f.Err))
	return &copied
}

// broken explains a body that ended too early, also one whose errors are not
// faults.
func broken(ctx context.Context, err error) *fault.Fault {
	if _, ok := errors.AsType[*fault.Fault](err); !ok {
		err = fault.New(fault.UpstreamFailed, safeCut, err)
	}
	return explain(ctx, err)
}

// empty is an answer without a word.
func empty(what string) *fault.Fault {
	return fault.New(fault.UpstreamFailed, safeEmpty, errors.New(what))
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
