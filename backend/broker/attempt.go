package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nexusai/backend/fault"
)

const (
	maxAttempts = 2
	// backoff is the longest wait by chance before a retry: all who failed at
	// one moment must not come back at one moment.
	backoff = 250 * time.Millisecond
	// maxRetryAfter is the longest that we wait because the only deployment
	// asked for it. A longer wait is the caller's to decide.
	maxRetryAfter = 5 * time.Second
)

// outcome of one try.
type outcome struct {
	begun bool // content has reached the caller: no second try
	err   error
}

// attempts makes one try and, where that can help, a second. A try that
// succeeds releases its deployment itself, at once or when its stream has ended.
func (b *Broker) attempts(ctx context.Context, all []Deployment, report *Report, try func(context.Context, Deployment, *Attempt) outcome) error {
	left := all
	for n := 1; ; n++ {
		d := b.pick(left)
		report.Attempts = append(report.Attempts, Attempt{N: n, Deployment: d.ID, Name: d.Name, Provider: d.Provider, Model: d.Model, Key: d.Key, Region: d.Region, Started: b.now()})
		result := try(ctx, d, &report.Attempts[n-1])
		if result.err == nil {
			return nil
		}
		f := b.failed(ctx, d, &report.Attempts[n-1], result.err)
		if n == maxAttempts || result.begun || ctx.Err() != nil {
			return f
		}
		others := without(all, d.ID)
		wait, again := b.retry(f, len(others) > 0)
		if !again {
			return f
		}
		b.log.WarnContext(ctx, "attempt failed, trying once more", "model", d.Model, "deployment", d.ID,
			"attempt", n, "code", string(f.Code), "err", fault.Cause(f))
		if err := pause(ctx, wait); err != nil {
			return explain(ctx, err)
		}
		if left = others; len(left) == 0 {
			left = all
		}
	}
}

// failed ends an attempt. The request's own end outranks what the provider made
// of it.
func (b *Broker) failed(ctx context.Context, d Deployment, a *Attempt, err error) *fault.Fault {
	b.release(d.ID)
	f := explain(ctx, err)
	a.Ended, a.Code = b.now(), f.Code
	return f
}

func explain(ctx context.Context, err error) *fault.Fault {
	cause := context.Cause(ctx)
	if cause == nil {
		return fault.From(err)
	}
	if f, ok := errors.AsType[*fault.Fault](cause); ok {
		return f
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.New(fault.Timeout, "The model did not answer in time.", err)
	}
	return fault.New(fault.Canceled, "The request was cancelled.", err)
}

// retry says whether a second try can help, and how long to wait before it.
func (b *Broker) retry(f *fault.Fault, other bool) (time.Duration, bool) {
	b.mu.Lock()
	wait := time.Duration(b.rand.Float64() * float64(backoff))
	b.mu.Unlock()
	switch f.Code {
	case fault.BadRequest, fault.ContextTooLong, fault.TooLarge, fault.Canceled:
		return 0, false // the request itself: it fails everywhere
	case fault.UpstreamFailed, fault.RateLimited, fault.ModelUnready, fault.Unavailable:
		if other {
			return wait, true
		}
		return f.RetryAfter + wait, f.RetryAfter <= maxRetryAfter
	}
	// Refused, unknown there, too slow: the same deployment would do it again.
	return wait, other
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// firstToken cancels the returned context with a fault.Timeout unless content
// is called in time. stop must be called when the attempt is over.
func (d Deployment) firstToken(ctx context.Context) (_ context.Context, content, stop func()) {
	limit := d.Deadlines.Connect + d.Deadlines.FirstToken
	switch {
	case limit > 0:
	case d.Local:
		limit = 125 * time.Second
	default:
		limit = 15 * time.Second
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() {
		cancel(fault.New(fault.Timeout, "The model did not begin to answer in time.", fmt.Errorf("no content after %v", limit)))
	})
	content = func() { timer.Stop() }
	return ctx, content, func() { content(); cancel(nil) }
}
