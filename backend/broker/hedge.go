package broker

import (
	"errors"
	"time"

	"nexusai/backend/fault"
)

// errFaster ends the attempt that lost.
var errFaster = errors.New("another deployment was faster")

// try makes one attempt, and where the route says so a second one beside it
// when the first token is late. It returns the one that has begun well, or the
// fault of the last one that failed; whatever failed or lost is settled.
func (c *call) try(a *attempt) (*attempt, *fault.Fault) {
	if after := c.late(a); after > 0 {
		return c.race(a, after)
	}
	f := a.open()
	if f != nil {
		a.end(f)
	}
	return a, f
}

// late is how long a may take to begin before a second one is asked; 0: for
// ever. A call earns its part of a hedge once, however often it is tried.
func (c *call) late(a *attempt) time.Duration {
	if c.hedgeAfter <= 0 {
		return 0
	}
	if !c.earned {
		c.earned = true
		c.b.hedges.earn(c.b.now())
	}
	return c.job.late(a, c.hedgeAfter)
}

// opened is how the opening of an attempt went.
type opened struct {
	a *attempt
	f *fault.Fault
}

func (c *call) race(first *attempt, after time.Duration) (*attempt, *fault.Fault) {
	results := make(chan opened, 2)
	start := func(a *attempt) {
		c.hedged.Go(func() { results <- opened{a, a.open()} })
	}
	start(first)
	late := time.NewTimer(after)
	defer late.Stop()
	running := 1
	for {
		select {
		case <-late.C:
			if first.begun.Load() { // of a translated whole answer the end is waited for
				continue
			}
			if second := c.hedge(); second != nil {
				running++
				start(second)
			}
		case r := <-results:
			running--
			f := r.f
			if f == nil && r.a != first && running > 0 {
				f = r.a.words // a refusal of the second is no answer while the first may give one
			}
			if f != nil {
				r.a.end(f)
			}
			if f == nil || running == 0 || r.a == first && final(f.Code) {
				c.dismiss(results, running, first, r.a)
				return r.a, r.f
			}
		}
	}
}

// hedge is a second attempt with somebody else, or nil.
func (c *call) hedge() *attempt {
	now := c.b.now()
	group := c.b.group(c.all, true, now)
	if len(group) == 0 || !c.b.hedges.spend(now) {
		return nil
	}
	one, _ := c.b.pick(group, c.all, tie{}, now)
	if one == nil {
		return nil
	}
	a, refusal := c.admit(one, WhyHedge)
	if refusal != nil {
		return nil // the first one may still answer
	}
	return a
}

// dismiss cancels who lost; call.end waits until it is settled.
func (c *call) dismiss(results <-chan opened, running int, first, winner *attempt) {
	if running == 0 {
		return
	}
	loser := first
	if winner == first {
		loser = c.attempts[len(c.attempts)-1] // only a hedge runs beside the first
	}
	lost := fault.New(fault.Canceled, "The request was cancelled.", errFaster)
	loser.cancel(lost)
	c.hedged.Go(func() {
		r := <-results
		if r.f == nil {
			r.a.drop()
		}
		r.a.end(lost)
	})
}
