package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"nexusai/backend/fault"
)

const (
	// drainWithin is how long running answers get to end.
	drainWithin = 60 * time.Second
	// comeBack is when somebody else will answer who was turned away.
	comeBack = 2 * time.Second
)

var errDraining = errors.New("the server is shutting down")

// drain counts calls, to know when the last one has ended.
type drain struct {
	mu      sync.Mutex // guards what follows
	running int
	begun   bool          // no more are let in
	empty   chan struct{} // closed when begun and none is running
}

// enter counts a call; every one that was let in must leave.
func (b *Broker) enter() error {
	b.drain.mu.Lock()
	defer b.drain.mu.Unlock()
	if b.drain.begun {
		f := fault.New(fault.Unavailable, "The server is restarting. Try again in a moment.", errDraining)
		f.RetryAfter = comeBack
		return f
	}
	b.drain.running++
	return nil
}

func (b *Broker) leave() {
	b.drain.mu.Lock()
	defer b.drain.mu.Unlock()
	if b.drain.running--; b.drain.begun && b.drain.running == 0 {
		close(b.drain.empty)
	}
}

// Drain refuses new calls from now on with fault.Unavailable and RetryAfter,
// and blocks until those that run have ended: at most a minute, or until ctx
// ends. It returns how many are left, which the caller may cut. Calling it
// again waits again.
func (b *Broker) Drain(ctx context.Context) int {
	b.drain.mu.Lock()
	if !b.drain.begun {
		b.drain.begun, b.drain.empty = true, make(chan struct{})
		if b.drain.running == 0 {
			close(b.drain.empty)
		}
	}
	b.drain.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	select {
	case <-b.drain.empty:
	case <-ctx.Done():
	}
	b.drain.mu.Lock()
	defer b.drain.mu.Unlock()
	return b.drain.running
}
