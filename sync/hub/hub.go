// Package hub is the server's half of the protocol: it orders what devices
// push and tells them what happened since their cursor.
//
// It holds no state and no connection: every call works on one transaction of
// one scope. Calls for one scope are serialised by LockHead; calls for
// different scopes may run concurrently.
package hub

import (
	"context"
	"fmt"
	"time"

	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// Head is the end of a scope's log.
type Head struct {
	Seq   int64
	Epoch int64 // grows when somebody's rights to the scope change
	Sum   merge.Sum
}

// Reader is a transaction that sees one scope as of one moment.
type Reader interface {
	// Head returns the zero Seq and Epoch 1 for a scope nobody has written to.
	Head(ctx context.Context) (Head, error)
	// Entries returns log entries with after < Seq <= upTo in order, at most
	// limit and at least one if there is one.
	Entries(ctx context.Context, after, upTo int64, limit int) ([]wire.Entry, error)
	// Acked returns the last mid applied per lane of a client.
	Acked(ctx context.Context, clientID string) (map[string]int64, error)
}

// Tx is a transaction that writes to one scope. Everything or nothing of it
// becomes durable, and nobody else reads or writes between LockHead and its end
// what depends on the head.
type Tx interface {
	// LockHead is the first call and waits for other writers of the scope.
	LockHead(ctx context.Context) (Head, error)
	PutHead(ctx context.Context, h Head) error
	Log
	Rows
}

// Log is the part of Tx that remembers what was pushed.
type Log interface {
	// LastMid is 0 for a client or lane never seen.
	LastMid(ctx context.Context, clientID, lane string) (int64, error)
	PutLastMid(ctx context.Context, clientID, lane string, mid int64) error
	// Result finds the answer given to a mid, and ResultOf the one given to an
	// op_id under any mid; false when there was none.
	Result(ctx context.Context, clientID, lane string, mid int64) (wire.Result, bool, error)
	ResultOf(ctx context.Context, opID string) (wire.Result, bool, error)
	PutResult(ctx context.Context, clientID, lane string, r wire.Result) error
	// Append adds an entry and files its losers.
	Append(ctx context.Context, e wire.Entry) error
}

// Rows is the part of Tx that holds the current state.
type Rows interface {
	// Row returns the zero merge.Row (with entity and id) when there is none;
	// dead is true for an id that was deleted for good.
	Row(ctx context.Context, entity, id string) (row merge.Row, dead bool, err error)
	PutRow(ctx context.Context, row merge.Row) error
	// Bury removes a row and makes its id dead for ever.
	Bury(ctx context.Context, entity, id string, seq int64) error
}

// GapError says that a push skipped mids: Want is the next the lane accepts.
type GapError struct{ Want int64 }

// Error is for the log; the edge answers 409 with Want.
func (g *GapError) Error() string { return fmt.Sprintf("mid %d is missing", g.Want) }

// ServerClient is the client_id of operations the server itself writes.
const ServerClient = "00000000-0000-7000-8000-000000000001"

// session is one transaction's work on a scope.
type session struct {
	tx   Tx
	head Head
	now  time.Time
	refs map[string]bool // rows known to exist, by entity and id
}

func begin(ctx context.Context, tx Tx, now time.Time) (*session, error) {
	head, err := tx.LockHead(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock head: %w", err)
	}
	return &session{tx: tx, head: head, now: now, refs: map[string]bool{}}, nil
}

func (s *session) end(ctx context.Context) error {
	if err := s.tx.PutHead(ctx, s.head); err != nil {
		return fmt.Errorf("move head to %d: %w", s.head.Seq, err)
	}
	return nil
}
