package limit

import (
	"context"
	"sync"
	"time"
)

type notedKey struct{}

// notes are the states that the newest attempt of a call found.
type notes struct {
	mu     sync.Mutex // guards states
	states []State
}

// Noted lets whoever answers a caller learn what is left of its limits: after
// an attempt with the returned context, states are those that it found.
func Noted(ctx context.Context) (_ context.Context, states func() []State) {
	n := &notes{}
	return context.WithValue(ctx, notedKey{}, n), func() []State {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.states
	}
}

func noteStates(ctx context.Context, states []State) {
	n, ok := ctx.Value(notedKey{}).(*notes)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.states = states
}

// refused is the state of a limit that keeps an attempt out.
func refused(c claim, wait time.Duration) []State {
	if c.rule.Measure == Concurrent {
		return nil
	}
	return []State{{Measure: c.rule.Measure, Limit: c.rule.Amount, Reset: wait}}
}
