package replication

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"nexusai/sync/journal"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// Phase is what sync is doing, for the status bar.
type Phase string

const (
	Unbound Phase = "unbound" // no user yet
	Offline Phase = "offline" // the server does not answer
	Paused  Phase = "paused"  // the server refuses the token: sign in again
	Behind  Phase = "behind"  // the server has lost what it had confirmed; nothing is dropped here
	Syncing Phase = "syncing" // something is on its way
	Synced  Phase = "synced"  // all that is known here is known there
)

// Status is a snapshot for the user interface.
type Status struct {
	Phase    Phase
	Pending  int       // operations not yet confirmed
	Parked   int       // operations that need a person
	LastSync time.Time // last time everything was pulled; zero when not since the start
	RetryAt  time.Time // next try while offline; zero otherwise
}

// Status is as of the last change that Run noticed; it never blocks on the
// network.
func (r *Replica) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

const countOutbox = `SELECT coalesce(sum(state <> 'parked'), 0), coalesce(sum(state = 'parked'), 0) FROM sync_outbox`

func (u *runner) refreshStatus(ctx context.Context) {
	next := Status{}
	if err := u.cfg.Reader.QueryRowContext(ctx, countOutbox).Scan(&next.Pending, &next.Parked); err != nil {
		if ctx.Err() == nil {
			u.cfg.Log.Error("outbox cannot be counted", "err", err)
		}
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.machine.State()
	next.Phase = phaseOf(s, next.Pending)
	next.LastSync = u.status.LastSync
	if s.Pulls != u.pulls {
		u.pulls, next.LastSync = s.Pulls, u.cfg.Now()
	}
	if next.Phase == Offline {
		for _, at := range u.timers {
			if next.RetryAt.IsZero() || at.Before(next.RetryAt) {
				next.RetryAt = at
			}
		}
	}
	changed := next != u.status
	u.status = next
	if changed {
		u.feed.publish(Change{Status: true})
	}
}

func phaseOf(s replica.State, pending int) Phase {
	switch {
	case !s.Bound:
		return Unbound
	case s.Paused:
		return Paused
	case s.Behind:
		return Behind
	case s.Failing:
		return Offline
	case pending > 0 || s.Pulls == 0:
		return Syncing
	}
	return Synced
}

// RowRef names a row whose view changed.
type RowRef struct{ Entity, ID string }

// Change tells the user interface what to read again.
type Change struct {
	Rows   []RowRef // at most 256
	All    bool     // more than that changed: read everything again
	Status bool     // Status or Outbox changed
}

const maxRows = 256

func changeOf(c replica.Changed) Change {
	out := Change{Status: c.Status}
	for _, row := range c.Rows {
		out.Rows = append(out.Rows, RowRef{row.Entity, row.ID})
	}
	return out.bounded()
}

func (c Change) bounded() Change {
	if len(c.Rows) > maxRows {
		c.Rows, c.All = nil, true
	}
	return c
}

// feed hands changes to one receiver and joins those it has not taken yet.
type feed struct {
	mu sync.Mutex // makes taking back and putting again one step
	ch chan Change
}

func newFeed() *feed { return &feed{ch: make(chan Change, 1)} }

func (f *feed) publish(c Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case old := <-f.ch:
		c = Change{Rows: append(old.Rows, c.Rows...), All: old.All || c.All, Status: old.Status || c.Status}.bounded()
	default:
	}
	f.ch <- c // there is room: only publish sends, and it holds mu
}

// Changes has one receiver. A slow one gets coalesced changes, never a gap. It
// is never closed.
func (r *Replica) Changes() <-chan Change { return r.feed.ch }

// Queued is one line of the visible queue.
type Queued struct {
	OpID   string
	Entity string
	ID     string
	Kind   wire.Kind
	State  string // waiting, sent or parked
	Code   string // why it was parked; one of wire's codes, journal.CodeDepends or replica.CodeInvalid
	At     time.Time
	Op     wire.Op // to show, export or edit
}

const listOutbox = `SELECT op, state, code FROM sync_outbox ORDER BY n LIMIT 500`

// Outbox lists what the server has not confirmed, oldest first, at most 500.
func (r *Replica) Outbox(ctx context.Context) ([]Queued, error) {
	rows, err := r.cfg.Reader.QueryContext(ctx, listOutbox)
	if err != nil {
		return nil, fmt.Errorf("list outbox: %w", err)
	}
	defer rows.Close()
	var out []Queued
	for rows.Next() {
		var text, state string
		var q Queued
		if err := rows.Scan(&text, &state, &q.Code); err != nil {
			return nil, fmt.Errorf("list outbox: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &q.Op); err != nil {
			return nil, fmt.Errorf("read queued operation: %w", err)
		}
		q.OpID, q.Entity, q.ID, q.Kind = q.Op.OpID, q.Op.Entity, q.Op.ID, q.Op.Kind
		q.At = time.UnixMilli(q.Op.HLC.Millis())
		q.State = "waiting"
		switch {
		case state == string(journal.Parked):
			q.State = "parked"
		case state == string(journal.Done) || q.Op.Mid > 0:
			q.State = "sent"
		}
		out = append(out, q)
	}
	return out, rows.Err()
}

const listSuperseded = `SELECT field, value, op_id, client_id, hlc FROM sync_superseded WHERE entity = ? AND id = ? ORDER BY seq DESC, n LIMIT 200`

// Superseded lists the values of a row that lost to concurrent edits, newest
// first, at most 200.
func (r *Replica) Superseded(ctx context.Context, entityName, id string) ([]wire.Loser, error) {
	rows, err := r.cfg.Reader.QueryContext(ctx, listSuperseded, entityName, id)
	if err != nil {
		return nil, fmt.Errorf("list superseded values: %w", err)
	}
	defer rows.Close()
	var out []wire.Loser
	for rows.Next() {
		var l wire.Loser
		var value string
		if err := rows.Scan(&l.Field, &value, &l.OpID, &l.ClientID, &l.HLC); err != nil {
			return nil, fmt.Errorf("list superseded values: %w", err)
		}
		l.Value = json.RawMessage(value)
		out = append(out, l)
	}
	return out, rows.Err()
}
