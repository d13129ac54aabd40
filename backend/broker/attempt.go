package broker

import (
	"context"
	"sync/atomic"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// attempt is one deployment's try. One goroutine uses it at a time.
type attempt struct {
	call   *call
	one    *candidate
	rec    Attempt
	ticket Ticket
	follow Follower // ticket, if it is one; else nil
	ctx    context.Context
	cancel context.CancelCauseFunc
	limits llm.Deadlines
	watch  watch
	probe  bool
	over   bool
	sent   bool        // something went out that the provider may bill
	begun  atomic.Bool // its first content came

	// What open got; which of these is set depends on the job.
	source source // of a stream for a surface
	feed   *feed  // of a chat for a caller inside
	answer *Forwarded
	words  *fault.Fault // the provider's own words on a bad request are the answer
}

// drop frees what open got when nobody wants it, and notes what it costs.
func (a *attempt) drop() {
	switch {
	case a.source != nil:
		a.source.settle()
	case a.feed != nil:
		a.feed.settle()
	}
}

// deliver ends an attempt whose whole answer goes to the caller.
func (a *attempt) deliver() {
	a.rec.Delivered = true
	a.call.deliver(a.rec.Usage)
	a.end(a.words)
}

// admit starts an attempt, or returns the gate's refusal.
func (c *call) admit(one *candidate, why Why) (*attempt, *fault.Fault) {
	now := c.b.now()
	n := len(c.attempts) + 1
	a := &attempt{call: c, one: one, probe: one.node.circuit.probe(now)}
	ticket, err := c.b.gate.Admit(c.ctx, *one.d, Ask{CallID: c.opts.CallID, Attempt: n, Model: c.report.Model, Operation: c.ask, Bound: c.bound.At(*one.d)})
	if err != nil {
		if a.probe {
			one.node.circuit.result(neutral, true, now)
		}
		return nil, fault.From(err)
	}
	d := one.d
	one.tried = true
	one.node.begin(now)
	a.ticket = ticket
	a.follow, _ = ticket.(Follower)
	a.limits = d.deadlines(c.need, c.bound.likely())
	a.ctx, a.cancel = context.WithCancelCause(c.ctx)
	a.rec = Attempt{
		N: n, Deployment: d.ID, Name: d.Name, Provider: d.Provider, Model: d.Model, Key: d.Key, Region: d.Region,
		Lane: one.lane, Why: why, Started: now,
	}
	if c.bound.MaxOutput == 0 {
		a.rec.MaxOutput = ticket.MaxOutput()
	}
	c.attempts = append(c.attempts, a)
	return a, nil
}

// open sends it, with a watch on its first content.
func (a *attempt) open() *fault.Fault {
	a.watch = watchFirst(a.cancel, a.limits)
	err := a.call.job.open(a)
	a.watch.stop()
	if err != nil {
		return explain(a.ctx, err)
	}
	return nil
}

// content notes the moment of the first content.
func (a *attempt) content(at time.Time) {
	a.watch.stop()
	if !a.rec.FirstToken.IsZero() {
		return
	}
	a.begun.Store(true)
	a.rec.FirstToken = at
	a.one.node.load.sawFirst(at.Sub(a.rec.Started), at)
}

// came tells who follows how much there is.
func (a *attempt) came(bytes int) {
	if a.follow != nil {
		a.follow.Came(bytes)
	}
}

// end settles the attempt, once; f is nil for a whole answer. The usage is in
// rec, unless nothing is known of it and something may be owed all the same.
func (a *attempt) end(f *fault.Fault) {
	if a.over {
		return
	}
	a.over = true
	now := a.call.b.now()
	a.rec.Ended = now
	if f != nil {
		a.rec.Code = f.Code
		a.owe(f)
	}
	a.watch.stop()
	a.cancel(nil)
	if f != nil && f.Code == fault.Timeout {
		f = a.slow(f, now)
	}
	a.one.node.end(f, a.probe, now)
	a.ticket.Settle(a.rec)
}

// slow is what being out of time says of the deployment: nothing, where it is
// the caller's own time, or that of the whole request.
func (a *attempt) slow(f *fault.Fault, now time.Time) *fault.Fault {
	if a.call.ctx.Err() != nil {
		return fault.New(fault.Canceled, "", f)
	}
	if a.rec.FirstToken.IsZero() {
		a.one.node.load.sawFirst(now.Sub(a.rec.Started), now)
	}
	return f
}

// owe estimates what an attempt costs that ended without an answer: one that
// was under way when we or the caller gave up may be billed for its input.
func (a *attempt) owe(f *fault.Fault) {
	if a.rec.Usage != (llm.Usage{}) || !a.sent {
		return
	}
	if f.Code == fault.Canceled || f.Code == fault.Timeout {
		a.rec.Usage = a.call.estimated(0)
	}
}
