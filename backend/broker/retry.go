package broker

import (
	"time"

	"nexusai/backend/fault"
)

const (
	// maxTries before content, for one model.
	maxTries = 3
	// backoff is the longest wait by chance before the first retry, doubled for
	// each further one: all who failed at one moment must not come back at one
	// moment.
	backoff = 250 * time.Millisecond
	// maxRetryAfter is the longest that we wait because a provider asked for
	// it and there is no other. A longer wait is the caller's to decide.
	maxRetryAfter = 5 * time.Second
)

// again decides after a failure before any content: nil to try once more, after
// the wait, or the error that is the answer.
func (c *call) again(a *attempt, f *fault.Fault) error {
	c.tries++
	if c.ctx.Err() != nil {
		return explain(c.ctx, f)
	}
	if f.Code == fault.ContextTooLong && c.enlarge(c.ctx) {
		return nil
	}
	other, ok := c.canRetry(f)
	if !ok || c.tries >= maxTries {
		return f
	}
	now := c.b.now()
	if !a.one.node.load.budget.spend(now) {
		c.b.log.WarnContext(c.ctx, "attempt failed, and the budget of retries is used up", "model", a.rec.Model, "deployment", a.rec.Deployment, "code", string(f.Code))
		return f
	}
	wait := c.b.jitter(backoff << (c.tries - 1))
	if !other {
		wait += max(f.RetryAfter, a.one.node.benchedFor(now))
	}
	c.b.log.WarnContext(c.ctx, "attempt failed, trying once more", "model", a.rec.Model, "deployment", a.rec.Deployment,
		"attempt", a.rec.N, "code", string(f.Code), "err", fault.Cause(f))
	if err := pause(c.ctx, wait); err != nil {
		return explain(c.ctx, err)
	}
	return nil
}

// canRetry says whether a further attempt can help, and whether it would go to
// somebody who was not asked yet.
func (c *call) canRetry(f *fault.Fault) (other, ok bool) {
	if final(f.Code) {
		return false, false
	}
	now := c.b.now()
	if len(c.b.group(c.all, true, now)) > 0 {
		return true, true
	}
	switch f.Code {
	case fault.UpstreamFailed, fault.RateLimited, fault.ModelUnready, fault.Unavailable:
		rest := c.soonest(now)
		soon := len(c.b.group(c.all, false, now)) > 0 || (rest > 0 && rest <= maxRetryAfter)
		return false, soon && f.RetryAfter <= maxRetryAfter
	}
	return false, false // refused, unknown there, too slow: the same one would do it again
}

// final says that it is the request itself that fails: everywhere, or nowhere
// else if it is refused here.
func final(code fault.Code) bool {
	switch code {
	case fault.BadRequest, fault.ContextTooLong, fault.TooLarge, fault.Canceled, fault.Lossy, fault.Internal:
		return true
	}
	return false
}

// jitter is a wait by chance, from 0 to most.
func (b *Broker) jitter(most time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Duration(b.rand.Float64() * float64(most))
}
