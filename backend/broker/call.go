package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"nexusai/backend/fault"
)

// call is one request on its way, whatever it is about. One goroutine uses it
// at a time: who began it, then who reads the answer.
type call struct {
	b      *Broker
	job    job
	ctx    context.Context // of the whole request, which outlives the method that began it
	cancel context.CancelFunc
	need   Capability
	ask    Capability // need, or CanCount
	opts   Options
	bound  Bound
	tie    tie
	done   func(Report) // may be nil

	all        []candidate
	larger     string
	hedgeAfter time.Duration
	earned     bool // its part of a hedge
	why        Why  // of the next choice, when it is not the choosing itself
	tries      int  // before content, of this route
	rescues    int
	refusal    *fault.Fault // the gate's, while somebody cheaper is looked for

	report   Report
	attempts []*attempt
	hedged   sync.WaitGroup // attempts in goroutines of their own
}

// job is what a call carries.
type job interface {
	// lane that d would be asked in; empty: it cannot be asked.
	lane(d *Deployment) Lane
	// losses of translating for d.
	losses(d *Deployment) []string
	// open sends the attempt and returns once it can be committed to: with the
	// first content of a stream, or with the whole answer. It keeps what it got
	// in a. Errors are faults.
	open(a *attempt) error
	// late is after how long a is late, where a first token would be after token;
	// 0: it never is.
	late(a *attempt, token time.Duration) time.Duration
}

// begin admits the call itself.
func (b *Broker) begin(ctx context.Context, c *call) error {
	if err := b.enter(); err != nil {
		return err
	}
	c.prepare(b)
	c.ctx, c.cancel = b.bounded(ctx)
	return nil
}

// prepare fills in what the options say.
func (c *call) prepare(b *Broker) {
	c.b = b
	if c.ask == "" {
		c.ask = c.need
	}
	if c.opts.Bound != (Bound{}) {
		c.bound = c.opts.Bound
	}
	c.bound.Choices = max(c.bound.Choices, 1)
	if c.opts.Affinity != "" {
		c.tie.key = c.opts.Affinity
	}
	c.tie.home = c.opts.Home
}

// run finds an answer: the attempt that has begun well.
func (c *call) run() (*attempt, error) {
	route, err := c.b.candidates(c.ctx, Query{Model: c.report.Model, Need: c.need})
	if err != nil {
		return nil, err
	}
	c.report.Excluded = append(c.report.Excluded, route.Excluded...)
	c.larger, c.hedgeAfter = route.Larger, route.HedgeAfter
	c.all = c.consider(route)
	err = c.settleRoute(c.ctx)
	c.exclude(c.all)
	if err != nil {
		return nil, err
	}
	for {
		a, err := c.next()
		if err != nil {
			return nil, err
		}
		won, f := c.try(a)
		if f == nil {
			return won, nil
		}
		if err := c.again(a, f); err != nil {
			return nil, err
		}
	}
}

// next chooses who is asked now, and has the gate admit it.
func (c *call) next() (*attempt, error) {
	for {
		one, why, err := c.choose()
		if err != nil {
			return nil, err
		}
		a, refusal := c.admit(one, why)
		if refusal == nil {
			c.refusal = nil
			return a, nil
		}
		if err := c.refused(one, refusal); err != nil {
			return nil, err
		}
	}
}

// choose waits for a rest that is short and a moment by chance, for many may be
// waiting for the same one, and fails when nobody can be asked.
func (c *call) choose() (*candidate, Why, error) {
	for waited := false; ; waited = true {
		now := c.b.now()
		group := c.b.group(c.all, true, now)
		if len(group) == 0 && c.refusal == nil {
			group = c.b.group(c.all, false, now)
		}
		if one, why := c.b.pick(group, c.all, c.tie, now); one != nil {
			return one, c.because(one, why), nil
		}
		if c.refusal != nil {
			return nil, "", c.refusal
		}
		wait := c.soonest(now)
		if waited || wait <= 0 || wait > maxRetryAfter {
			return nil, "", c.nobody(now)
		}
		if err := pause(c.ctx, wait+c.b.jitter(backoff)); err != nil {
			return nil, "", explain(c.ctx, err)
		}
	}
}

// because is why one was chosen, with what happened before.
func (c *call) because(one *candidate, why Why) Why {
	said := c.why
	c.why = ""
	switch {
	case said != "":
		return said
	case why == WhyProbe:
		return why
	case one.tried:
		return WhyRetry
	case c.tries > 0:
		return WhyFallback
	}
	return why
}

func (c *call) cheaper(d, than *Deployment) bool {
	in, out := int64(c.bound.Input), int64(max(c.bound.MaxOutput, 1000))
	return in*d.InputNano+out*d.OutputNano < in*than.InputNano+out*than.OutputNano
}

// refused looks for somebody else whom the gate may allow; an error ends that.
func (c *call) refused(one *candidate, f *fault.Fault) error {
	c.tooDear(one)
	here := f.Field == OnlyHere
	if here {
		unplaced := *f
		unplaced.Field = ""
		f = &unplaced
	}
	if c.refusal == nil {
		c.refusal = f
	}
	switch {
	case here:
	case f.Code == fault.QuotaUnpriced:
		c.why = WhyCheaper
	case f.Code == fault.QuotaSpent:
		c.why = WhyCheaper
		for i := range c.all {
			if other := &c.all[i]; other.reason == "" && !c.cheaper(other.d, one.d) {
				c.tooDear(other)
			}
		}
	default:
		return f
	}
	return nil
}

func (c *call) tooDear(one *candidate) {
	one.reason = ReasonBudget
	c.report.Excluded = append(c.report.Excluded, Excluded{one.d.ID, one.d.Name, ReasonBudget})
}

// soonest is when the first of those who only rest can be asked again; 0: none.
func (c *call) soonest(now time.Time) time.Duration {
	best := time.Duration(0)
	for i := range c.all {
		one := &c.all[i]
		if one.barred(now) != ReasonBenched {
			continue
		}
		if left := one.node.benchedFor(now); best == 0 || left < best {
			best = left
		}
	}
	return best
}

// nobody is the answer when all who could serve are out of order.
func (c *call) nobody(now time.Time) *fault.Fault {
	f := fault.New(fault.Unavailable, safeAway, errors.New("every candidate is out of order"))
	for i := range c.all {
		until := time.Time{}
		switch one := &c.all[i]; one.barred(now) {
		case ReasonBenched:
			until = later(one.node.benched.Load(), now)
			f.Code, f.Safe = fault.RateLimited, safeLimit
		case ReasonOpen:
			until = later(one.node.circuit.until.Load(), now)
		case ReasonEjected:
			until = later(one.node.ejected.Load(), now)
		}
		if wait := until.Sub(now); !until.IsZero() && (f.RetryAfter == 0 || wait < f.RetryAfter) {
			f.RetryAfter = wait
		}
	}
	f.RetryAfter = max(f.RetryAfter, time.Second)
	return f
}

// end ends the request and reports it. The caller has ended every attempt but
// those that lost a race, which are waited for: they are cancelled already.
func (c *call) end() {
	c.cancel()
	c.hedged.Wait()
	c.b.leave()
	for _, a := range c.attempts {
		c.report.Attempts = append(c.report.Attempts, a.rec)
	}
	if c.done != nil {
		c.done(c.report)
	}
}
