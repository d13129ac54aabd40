package openai

import (
	"context"
	"fmt"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
)

// maxWaiting bounds who waits for an engine that does one thing at a time.
const maxWaiting = 16

// queue lets one at a time through, in no order.
type queue struct {
	seats chan struct{} // who waits or is through
	turn  chan struct{}
}

func newQueue() *queue {
	return &queue{seats: make(chan struct{}, maxWaiting+1), turn: make(chan struct{}, 1)}
}

// enter waits for its turn; leave must be called if there is no error. Too many
// waiting is a fault.RateLimited. A nil queue lets everybody through.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
	if q == nil {
		return func() {}, nil
	}
	select {
	case q.seats <- struct{}{}:
	default:
		f := endpoint.Fault(fault.RateLimited, fmt.Errorf("%d calls wait for an engine that does one at a time", maxWaiting))
		f.RetryAfter = time.Second
		return nil, f
	}
	select {
	case q.turn <- struct{}{}:
		return func() { <-q.turn; <-q.seats }, nil
	case <-ctx.Done():
		<-q.seats
		return nil, endpoint.Gone(ctx)
	}
}
