package replica

import (
	"time"

	"nexusai/sync/journal"
	"nexusai/sync/wire"
)

// Event is something that happened to a replica.
type Event interface{ event() }

// Started is the first event after opening the database.
type Started struct{}

// Bound ties the database to the scope of the user who signed in.
type Bound struct{ Scope string }

// Wrote is a change made on this device. When Step returns nil for it, it is
// durable.
type Wrote struct{ Ops []wire.Op }

// Flushed asks to push what waits; it follows a Wrote.
type Flushed struct{}

// Pushed answers SendPush N. Failed is nil when Resp counts.
type Pushed struct {
	N      int
	Resp   wire.PushResponse
	Failed *Failure
}

// Pulled answers SendPull N. Failed is nil when Page counts.
type Pulled struct {
	N      int
	Page   wire.Page
	Failed *Failure
}

// Hinted says that the log may have grown.
type Hinted struct{ Hint wire.Hint }

// Connected says that hints arrive again; some may have been missed.
type Connected struct{}

// Kicked asks to try everything now: a new token, a wake-up, a click.
type Kicked struct{}

// Fired is a timer set by SetTimer.
type Fired struct{ Key string }

// Retried queues a parked operation again; Discarded gives it up.
type Retried struct{ OpID string }

// Discarded is the user's decision to give a parked operation up.
type Discarded struct{ OpID string }

func (Started) event()   {}
func (Bound) event()     {}
func (Wrote) event()     {}
func (Flushed) event()   {}
func (Pushed) event()    {}
func (Pulled) event()    {}
func (Hinted) event()    {}
func (Connected) event() {}
func (Kicked) event()    {}
func (Fired) event()     {}
func (Retried) event()   {}
func (Discarded) event() {}

// Failure is why a request got no answer that counts.
type Failure struct {
	Kind  FailureKind
	Want  int64         // of Gap: the next mid
	After time.Duration // of Transient: not sooner than this; 0 when not said
}

// FailureKind decides what happens next; none of them drops anything.
type FailureKind int

const (
	Transient    FailureKind = iota // no network, 5xx, 429: later again
	Unauthorized                    // 401, 403: wait for a Kicked
	Gap                             // 409: the lane's numbering starts over
	Invalid                         // 400, 413: the request itself is refused
)

// Effect is what the owner of a replica must do after a Step.
type Effect interface{ effect() }

// SendPush and SendPull are answered by Pushed and Pulled with the same N, at
// the latest when the request has timed out.
type SendPush struct {
	N   int
	Req wire.PushRequest
}

// SendPull asks for the next page.
type SendPull struct {
	N   int
	Req wire.PullRequest
}

// SetTimer asks for Fired after a while; it replaces a timer of the same key.
type SetTimer struct {
	Key   string
	After time.Duration
}

// Changed tells which views changed.
type Changed struct {
	Rows   []journal.RowID
	Status bool // the queue or the phase changed
}

func (SendPush) effect() {}
func (SendPull) effect() {}
func (SetTimer) effect() {}
func (Changed) effect()  {}
