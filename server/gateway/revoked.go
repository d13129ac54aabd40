package gateway

import (
	"context"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// watchAfter is how long a call runs before its caller is watched: most are
// over by then and cost no look-up. Together with the watch it stays below the
// second within which a revoked key has to end.
const watchAfter = 400 * time.Millisecond

// Revocations says when a caller's right to a call ends; *identity.Authenticator
// is one. A right that ended before Watch is noticed too.
type Revocations interface {
	Watch(c httpapi.Caller) (ended <-chan struct{}, stop func())
}

// entitled returns a context that ends with the caller's right to the call.
// done waits for nothing but its own watch.
func (g *Gateway) entitled(ctx context.Context, caller httpapi.Caller) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	timer := time.AfterFunc(watchAfter, func() {
		defer close(over)
		ended, stop := g.Revocations.Watch(caller)
		defer stop()
		select {
		case <-ended:
			cancel(fault.New(fault.Unauthenticated, "This key has ended.", nil))
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel(nil)
		if !timer.Stop() {
			<-over
		}
	}
}
