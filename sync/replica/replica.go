// Package replica is the device's half of the protocol as a state machine:
// events go in, effects come out.
//
// It never blocks on the network, reads no clock and invents no ids: all of
// that is injected, so that one seed of the simulation is one history. What
// must survive is in the Store; a Replica made anew on the same Store carries
// on. It is not safe for concurrent use.
package replica

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/journal"
	"nexusai/sync/wire"
)

// Config is what New needs. All of it is required.
type Config struct {
	Store Store
	Rand  *rand.Rand    // jitter only
	NewID func() string // UUIDv7
}

// ErrOtherUser answers a Bound to another scope than the database has.
var ErrOtherUser = errors.New("the database belongs to another scope")

// Replica is one device's copy of one scope.
type Replica struct {
	cfg    Config
	n      int  // last request number
	awake  bool // Started was seen: before it nothing is sent
	scope  string
	cursor int64
	paused bool
	behind bool // the server's log is shorter than what we have pulled
	lanes  map[string]*lane
	pulls  pulls
}

type lane struct {
	inflight int // number of the request under way; 0 for none
	sent     int // operations in it
	attempt  int // failures in a row
	limit    int // operations per batch, lowered to find a bad one
}

type pulls struct {
	inflight int
	again    bool // asked for while one was under way
	attempt  int
	repair   *repair
	done     int // how often a pull has reached the head since the start
}

// New returns a replica that has seen nothing; send it Started first.
func New(cfg Config) (*Replica, error) {
	if cfg.Store == nil || cfg.Rand == nil || cfg.NewID == nil {
		return nil, errors.New("replica.Config needs Store, Rand and NewID")
	}
	r := &Replica{cfg: cfg, lanes: map[string]*lane{}}
	for _, name := range entity.Lanes() {
		r.lanes[name] = &lane{limit: wire.MaxOps}
	}
	return r, nil
}

// Step takes one event at a moment and returns what to do. An error comes from
// the Store or, for Wrote and Bound, from what was asked; then nothing of the
// event is stored, and what Step had under way is tried again by a timer.
func (r *Replica) Step(ctx context.Context, at time.Time, ev Event) ([]Effect, error) {
	switch ev := ev.(type) {
	case Started:
		return r.start(ctx)
	case Bound:
		return r.bind(ctx, ev.Scope)
	case Wrote:
		return r.write(ctx, at, ev.Ops)
	case Flushed:
		return r.flushAll(ctx)
	case Pushed:
		return r.pushed(ctx, ev)
	case Pulled:
		return r.pulled(ctx, ev)
	case Hinted:
		if ev.Hint.Scope != r.scope || ev.Hint.Head <= r.cursor {
			return nil, nil
		}
		return r.pull(ctx)
	case Connected:
		return r.everything(ctx)
	case Kicked:
		r.paused = false
		return r.everything(ctx)
	case Fired:
		return r.fired(ctx, ev.Key)
	case Retried:
		return r.retry(ctx, ev.OpID)
	case Discarded:
		return r.discard(ctx, ev.OpID)
	}
	return nil, fmt.Errorf("unknown event %T", ev)
}

// State is what the status bar shows of the machine.
type State struct {
	Scope   string
	Bound   bool
	Paused  bool // the token was refused
	Behind  bool // the server has lost what it had told us
	Failing bool // the last try of something failed
	Busy    bool // a request is under way
	Pulls   int  // how often a pull has reached the head since the start
}

// State is a snapshot.
func (r *Replica) State() State {
	s := State{Scope: r.scope, Bound: r.scope != "", Paused: r.paused, Behind: r.behind, Pulls: r.pulls.done}
	s.Failing, s.Busy = r.pulls.attempt > 0, r.pulls.inflight > 0
	for _, l := range r.lanes {
		s.Failing = s.Failing || l.attempt > 0
		s.Busy = s.Busy || l.inflight > 0
	}
	return s
}

func (r *Replica) start(ctx context.Context) ([]Effect, error) {
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		m, err := tx.Meta(ctx)
		if err != nil {
			return err
		}
		if m.ClientID == "" {
			m.ClientID = r.cfg.NewID()
			if err := tx.PutMeta(ctx, m); err != nil {
				return err
			}
		}
		r.scope, r.cursor = m.Scope, m.Cursor
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open replica: %w", err)
	}
	r.awake = true
	return r.everything(ctx)
}

func (r *Replica) bind(ctx context.Context, scope string) ([]Effect, error) {
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		m, err := tx.Meta(ctx)
		if err != nil || m.Scope == scope {
			return err
		}
		if m.Scope != "" {
			return ErrOtherUser
		}
		m.Scope = scope
		if err := tx.Rescope(ctx, scope); err != nil {
			return err
		}
		return tx.PutMeta(ctx, m)
	})
	if err != nil {
		return nil, fmt.Errorf("bind replica: %w", err)
	}
	r.scope, r.paused = scope, false
	return r.everything(ctx)
}

// everything tries all that could be done now, as after a fresh start.
func (r *Replica) everything(ctx context.Context) ([]Effect, error) {
	for _, l := range r.lanes {
		l.attempt = 0
	}
	r.pulls.attempt = 0
	effects, err := r.flushAll(ctx)
	if err != nil {
		return effects, err
	}
	more, err := r.pull(ctx)
	return append(append(effects, more...), Changed{Status: true}), err
}

func (r *Replica) ready() bool { return r.awake && r.scope != "" && !r.paused }

const (
	pullTimer  = "pull"
	pushTimer  = "push:" // followed by the lane
	pollEvery  = 30 * time.Second
	firstRetry = 500 * time.Millisecond
	lastRetry  = time.Minute
)

func (r *Replica) fired(ctx context.Context, key string) ([]Effect, error) {
	if key == pullTimer {
		return r.pull(ctx)
	}
	if name := key[min(len(pushTimer), len(key)):]; r.lanes[name] != nil {
		return r.flush(ctx, name)
	}
	return nil, nil
}

// backOff is the wait before try number attempt+1: doubling, with half of it
// left to chance so that devices do not come back together.
func (r *Replica) backOff(attempt int, atLeast time.Duration) time.Duration {
	wait := min(firstRetry<<min(attempt-1, 10), lastRetry)
	wait = wait/2 + time.Duration(r.cfg.Rand.Int64N(int64(wait/2)))
	return max(wait, atLeast)
}

func (r *Replica) retry(ctx context.Context, opID string) ([]Effect, error) {
	return r.parked(ctx, opID, func(tx Tx, e journal.Entry) error {
		return journal.Again(ctx, tx, e, r.cfg.NewID())
	})
}

func (r *Replica) discard(ctx context.Context, opID string) ([]Effect, error) {
	return r.parked(ctx, opID, func(tx Tx, e journal.Entry) error { return tx.Remove(ctx, e.N) })
}

// ErrNotParked answers Retried and Discarded for an operation that is not.
var ErrNotParked = errors.New("no such parked operation")

func (r *Replica) parked(ctx context.Context, opID string, do func(Tx, journal.Entry) error) ([]Effect, error) {
	var row journal.RowID
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		e, ok, err := tx.Find(ctx, opID)
		if err != nil {
			return err
		}
		if !ok || e.State != journal.Parked {
			return ErrNotParked
		}
		row = journal.RowID{Entity: e.Op.Entity, ID: e.Op.ID}
		if err := do(tx, e); err != nil {
			return err
		}
		return refresh(ctx, tx, r.scope, []journal.RowID{row})
	})
	if err != nil {
		return nil, fmt.Errorf("handle parked operation: %w", err)
	}
	effects, err := r.flushAll(ctx)
	return append(effects, Changed{Rows: []journal.RowID{row}, Status: true}), err
}
