package cache

import (
	"context"
	"sync/atomic"
)

// State is what the cache had to do with an answer.
type State string

// The states.
const (
	Off  State = "off" // it was not asked, or cannot keep such answers
	Miss State = "miss"
	Hit  State = "hit"
)

type noteKey struct{}

// Noted lets whoever answers a caller learn the State: of the call that was
// made with the returned context, once Forward has returned.
func Noted(ctx context.Context) (_ context.Context, state func() State) {
	var note atomic.Value
	ctx = context.WithValue(ctx, noteKey{}, &note)
	return ctx, func() State {
		if s, ok := note.Load().(State); ok {
			return s
		}
		return Off
	}
}

func noted(ctx context.Context) func(State) {
	note, ok := ctx.Value(noteKey{}).(*atomic.Value)
	if !ok {
		return func(State) {}
	}
	return func(s State) { note.Store(s) }
}
