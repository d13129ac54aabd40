package calllog

import (
	"sync"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// Ongoing is a call in flight.
type Ongoing struct {
	book  *Book
	began time.Time
	once  sync.Once
	call  Call // written by one goroutine; the book shows a copy of its own
}

// ID is the call's id, which its log row and its ledger entry share.
func (o *Ongoing) ID() string { return o.call.ID }

// Outcome is what is known when a call ends.
type Outcome struct {
	State      State
	ErrorCode  fault.Code
	Deployment string
	Attempts   int
	Usage      llm.Usage
	FirstToken time.Time // zero: none came
	Price      ledger.Price
}

// End records how the call ended and returns what it cost in nano US dollars.
// Only the first End counts.
func (o *Ongoing) End(out Outcome) int64 {
	o.once.Do(func() {
		c := &o.call
		c.State, c.ErrorCode, c.Deployment, c.Attempts = out.State, storable(string(out.ErrorCode)), storable(out.Deployment), out.Attempts
		c.Usage, c.Price, c.Cost = out.Usage, out.Price, out.Price.Cost(out.Usage)
		c.Latency = o.book.now().Sub(o.began)
		if !out.FirstToken.IsZero() {
			c.First = max(out.FirstToken.Sub(o.began), time.Millisecond)
		}
		o.book.end(c)
	})
	return o.call.Cost
}

// OutcomeOf reads how a call ended out of the broker's report; err is what the
// caller was told, nil for a whole answer, and settle gives the name and the
// price of who answered.
func OutcomeOf(report broker.Report, err error, settle func(broker.Attempt) (string, ledger.Price)) Outcome {
	out := Outcome{State: OK, Attempts: len(report.Attempts), ErrorCode: fault.CodeOf(err)}
	if last, ok := report.Last(); ok {
		out.Usage, out.FirstToken = last.Usage, last.FirstToken
		out.Deployment, out.Price = settle(last)
		if err == nil { // the provider's own words on a bad request were passed on
			out.ErrorCode = last.Code
		}
	}
	switch out.ErrorCode {
	case "":
	case fault.Canceled:
		out.State = Stopped
	default:
		out.State = Failed
	}
	return out
}
