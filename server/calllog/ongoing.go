package calllog

import (
	"sync"
	"sync/atomic"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// Ongoing is a call in flight. Its methods are safe for concurrent use.
type Ongoing struct {
	book  *Book
	began time.Time
	once  sync.Once

	mu       sync.Mutex // guards what follows
	call     Call       // the book shows a copy of its own
	received []*receipt

	limit atomic.Int64 // see Limit
}

// ID is the call's id, which its log row and its ledger entries share.
func (o *Ongoing) ID() string { return o.call.ID }

// Call is what was known when the call began.
func (o *Ongoing) Call() Call {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.call
	c.Tries = nil
	return c
}

// Limit is the limit of output tokens that was set because the request had
// none; 0: none was.
func (o *Ongoing) Limit() int { return int(o.limit.Load()) }

// receipt counts what came for an attempt.
type receipt struct {
	n     int
	bytes int
	told  int // of them in the journal
}

// Try records an attempt before it is sent, with what is held back for it. An
// error means that the journal does not have it, or that it lacks others.
func (o *Ongoing) Try(a Attempt) error {
	if err := o.book.journal.drain(); err != nil {
		return err
	}
	a.Name = storable(a.Name)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.book.journal.append(line{Tried: &tried{CallID: o.call.ID, Attempt: a}}); err != nil {
		return err
	}
	o.call.Tries = append(o.call.Tries, a)
	o.received = append(o.received, &receipt{n: a.N})
	if a.Limit > 0 {
		o.limit.Store(int64(a.Limit))
	}
	return nil
}

// Received says how many bytes of text have come for attempt n so far; cheap
// enough for every piece of a stream. The journal hears of it about once a
// second.
func (o *Ongoing) Received(n, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.received {
		if r.n == n {
			r.bytes = bytes
		}
	}
}

// got is how many bytes came for attempt n; mu is held.
func (o *Ongoing) got(n int) int {
	for _, r := range o.received {
		if r.n == n {
			return r.bytes
		}
	}
	return 0
}

// Contents notes what became of the call's contents, before its End.
func (o *Ongoing) Contents(state string, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.call.Contents, o.call.ContentsUntil = state, until
}

// progress are the journal's lines of what came since it heard last.
func (o *Ongoing) progress() []line {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []line
	for _, r := range o.received {
		if r.bytes != r.told {
			r.told = r.bytes
			out = append(out, line{Got: &got{CallID: o.call.ID, N: r.n, Bytes: r.bytes}})
		}
	}
	return out
}

// Tried ends an attempt and returns what it cost, in nano US dollars. The first
// time counts.
func (o *Ongoing) Tried(n int, from broker.Attempt, name string, price ledger.Price) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := o.find(n)
	if a == nil || !a.Ended.IsZero() {
		return 0
	}
	o.over(a, from, name, price)
	if a.Code != "" { // another may follow; otherwise the call's end says it all
		o.report(o.book.journal.append(line{Tried: &tried{CallID: o.call.ID, Attempt: *a}}))
	}
	return a.Cost
}

// over fills in how an attempt ended; mu is held.
func (o *Ongoing) over(a *Attempt, from broker.Attempt, name string, price ledger.Price) {
	a.tell(from)
	if a.Ended.IsZero() {
		a.Ended = o.book.now()
	}
	a.Name = storable(name)
	a.charge(price)
}

// find is the try with that number, or nil; mu is held.
func (o *Ongoing) find(n int) *Attempt {
	for i := range o.call.Tries {
		if o.call.Tries[i].N == n {
			return &o.call.Tries[i]
		}
	}
	return nil
}

func (o *Ongoing) report(err error) {
	if err != nil {
		o.book.log.Error("call not journalled", "call_id", o.call.ID, "tenant_id", o.call.TenantID, "err", err)
	}
}

// Outcome is what is known when a call ends.
type Outcome struct {
	State      State
	ErrorCode  fault.Code
	Deployment string
	Attempts   int
	Usage      llm.Usage // of the answer that the caller got
	FirstToken time.Time // zero: none came
	Price      ledger.Price
	// Tries are the attempts as the broker reports them; without them one that
	// had Usage at Price is assumed.
	Tries []Tried
}

// Tried is an attempt with the name and the price of who made it.
type Tried struct {
	broker.Attempt
	Name  string
	Price ledger.Price
}

// End records how the call ended and returns what it cost in nano US dollars.
// Only the first End counts.
func (o *Ongoing) End(out Outcome) int64 {
	o.once.Do(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		c := &o.call
		c.State, c.ErrorCode, c.Deployment, c.Attempts = out.State, storable(string(out.ErrorCode)), storable(out.Deployment), out.Attempts
		c.Usage = out.Usage
		c.Latency = o.book.now().Sub(o.began)
		if !out.FirstToken.IsZero() {
			c.First = max(out.FirstToken.Sub(o.began), time.Millisecond)
		}
		o.settle(out)
		c.sum()
		o.book.end(o)
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.call.Cost
}

// settle brings the tries together with what the broker reports; mu is held.
func (o *Ongoing) settle(out Outcome) {
	if len(out.Tries) == 0 && len(o.call.Tries) == 0 && (out.Attempts > 0 || out.Usage != (llm.Usage{})) {
		out.Tries = []Tried{{Attempt: broker.Attempt{
			Deployment: out.Deployment, Started: o.began, FirstToken: out.FirstToken, Ended: o.book.now(), Code: out.ErrorCode, Usage: out.Usage,
		}, Name: out.Deployment, Price: out.Price}}
	}
	for i, t := range out.Tries {
		n := t.N
		if n == 0 {
			n = i + 1
		}
		a := o.find(n)
		if a == nil {
			o.call.Tries = append(o.call.Tries, Attempt{N: n})
			a = &o.call.Tries[len(o.call.Tries)-1]
		}
		if a.Ended.IsZero() {
			o.over(a, t.Attempt, t.Name, t.Price)
		}
	}
	for i := range o.call.Tries { // admitted, but never heard of again
		if a := &o.call.Tries[i]; a.Ended.IsZero() {
			a.cut(o.got(a.N), o.book.now())
		}
	}
}

// OutcomeOf reads how a call ended out of the broker's report; err is what the
// caller was told, nil for a whole answer, and settle gives the name and the
// price of who answered.
func OutcomeOf(report broker.Report, err error, settle func(broker.Attempt) (string, ledger.Price)) Outcome {
	out := Outcome{State: OK, Attempts: len(report.Attempts), ErrorCode: fault.CodeOf(err)}
	for _, a := range report.Attempts {
		name, price := settle(a)
		out.Tries = append(out.Tries, Tried{a, name, price})
	}
	if last, ok := report.Last(); ok {
		out.Usage, out.FirstToken = last.Usage, last.FirstToken
		if report.Delivered != (llm.Usage{}) {
			out.Usage = report.Delivered
		}
		if out.Deployment, out.Price = out.Tries[0].Name, out.Tries[0].Price; len(out.Tries) > 1 {
			out.Deployment, out.Price = settle(last)
		}
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
