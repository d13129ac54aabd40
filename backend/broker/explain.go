package broker

import (
	"context"
	"slices"
	"time"
)

// Explanation says where a request would go if it were sent now.
type Explanation struct {
	Model  string
	Larger string // the model that would be asked because Model's context is too short; usually empty
	// Candidates in the order in which they would be asked, then those that
	// would be passed over.
	Candidates []Candidate
}

// Candidate is a deployment as choosing sees it.
type Candidate struct {
	Deployment string
	Name       string
	Provider   string
	Model      string
	Key        string
	Region     string
	Priority   int
	Weight     int
	Lane       Lane
	Losses     []string // what translation would leave out
	Reason     Reason   // it would be passed over; empty: it qualifies
	Why        Why      // it would be chosen; empty: it would not
	// Score is what choosing compares of two: the time to first token in
	// milliseconds, times one and what is in flight and queued for its share.
	// Lower is better. 0: it was passed over before anybody looked.
	Score  float64
	Health Health
}

// Health is how a deployment with one of its keys has been doing. Load is the
// deployment's, circuit and bench are the key's.
type Health struct {
	Circuit      Circuit
	OpenUntil    time.Time     // then one request may probe; zero: not open
	BenchedUntil time.Time     // the provider limits the key until then; zero: it does not
	EjectedUntil time.Time     // fails far more than its peers; zero: it does not
	InFlight     int           // attempts now, in this process
	FirstToken   time.Duration // moving average of late; 0: not known
	Waiting      int           // requests that the engine says are queued
	Cache        float64       // how full its cache is, 0 to 1
	Succeeded    int           // attempts of the last minute
	Failed       int           // of these; limits and the caller's own mistakes do not count
	Failures     []Failure     // the last few, newest first; limits too
}

// Failure is an attempt that failed.
type Failure struct {
	At     time.Time
	Code   string
	Detail string // safe to show; English
}

// Circuit says whether a deployment may be asked.
type Circuit string

// The states.
const (
	CircuitClosed   Circuit = "closed"
	CircuitOpen     Circuit = "open"
	CircuitHalfOpen Circuit = "half_open"
)

// Explain says where a request would go, without sending it and without a
// reservation. It draws as choosing does, so that among equals the next request
// may go elsewhere. Errors are those that Forward would return before it asks
// anybody.
func (b *Broker) Explain(ctx context.Context, req ForwardRequest) (Explanation, error) {
	c, err := b.surfaceCall(req)
	if err != nil {
		return Explanation{}, err
	}
	c.prepare(b)
	c.ctx = ctx
	route, err := b.candidates(ctx, Query{Model: c.report.Model, Need: c.need})
	if err != nil {
		return Explanation{}, err
	}
	c.larger = route.Larger
	c.all = c.consider(route)
	small := c.all
	err = c.settleRoute(ctx)
	out := Explanation{Model: c.report.Model, Larger: c.report.Larger}
	if err == nil {
		out.Candidates = c.order()
	}
	if err != nil || out.Larger != "" {
		out.Candidates = append(out.Candidates, passedOver(small, b.now())...)
	}
	for _, x := range append(route.Excluded, c.report.Excluded...) {
		if !slices.ContainsFunc(out.Candidates, func(one Candidate) bool { return one.Deployment == x.Deployment }) {
			out.Candidates = append(out.Candidates, Candidate{Deployment: x.Deployment, Name: x.Name, Reason: x.Reason})
		}
	}
	return out, nil
}

// order is in what order the candidates would be asked.
func (c *call) order() []Candidate {
	now := c.b.now()
	var out []Candidate
	for {
		one, why := c.b.pick(c.b.group(c.all, true, now), c.all, c.tie, now)
		if one == nil {
			break
		}
		seen := c.describe(one, now)
		if len(out) == 0 {
			seen.Why = c.because(one, why)
		}
		one.tried = true
		c.tries++
		out = append(out, seen)
	}
	return append(out, passedOver(c.all, now)...)
}

// passedOver are those that would not be asked.
func passedOver(all []candidate, now time.Time) []Candidate {
	var out []Candidate
	for i := range all {
		if all[i].tried {
			continue
		}
		one := describe(&all[i], now)
		one.Reason = all[i].barred(now)
		out = append(out, one)
	}
	return out
}

func (c *call) describe(one *candidate, now time.Time) Candidate {
	out := describe(one, now)
	if one.lane == LaneTranslated {
		out.Losses = c.job.losses(one.d)
	}
	return out
}

func describe(one *candidate, now time.Time) Candidate {
	d := one.d
	return Candidate{
		Deployment: d.ID, Name: d.Name, Provider: d.Provider, Model: d.Model, Key: d.Key, Region: d.Region,
		Priority: d.Priority, Weight: max(d.Weight, 1), Lane: one.lane, Losses: one.losses,
		Score: busy(one, now) / float64(time.Millisecond), Health: one.node.health(d, now),
	}
}
