// Package entitlement ends a call to a model when its caller may no longer make
// it.
package entitlement

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

// While returns a context that ends with the caller's right to the call. done
// waits for nothing but its own watch.
func While(ctx context.Context, r Revocations, caller httpapi.Caller) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	timer := time.AfterFunc(watchAfter, func() {
		defer close(over)
		ended, stop := r.Watch(caller)
		defer stop()
		select {
		case <-ended:
			cancel(fault.New(fault.Unauthenticated, ending(caller), nil))
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

func ending(c httpapi.Caller) string {
	if c.KeyID != "" {
		return "This key has ended."
	}
	return "This session has ended."
}
