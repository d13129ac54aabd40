// Package journal is the durable queue of local changes on their way to the
// server.
//
// An operation gets its mid only when a batch is cut, in the order of writing
// within its lane, and keeps it until it is answered. An answered operation
// stays, as Done, until the device has pulled its effect, so that what the user
// sees never falls back. A rejected one is Parked for a person to look at,
// together with what depends on it.
package journal

import (
	"context"
	"encoding/json"
	"fmt"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// State is where a queued operation stands.
type State string

const (
	Queued State = "queued" // to be pushed; cut when its mid is not 0
	Done   State = "done"   // answered; its effect is at Seq
	Parked State = "parked" // rejected, or hangs on something rejected
)

// CodeDepends is the code of an operation parked because of another.
const CodeDepends = "depends"

// Entry is one operation in the queue.
type Entry struct {
	N     int64 // order of writing; given by the store, only grows
	Op    wire.Op
	State State
	Code  string // why it is parked
	Seq   int64  // of a Done entry
	Size  int    // bytes it takes in a push, about
}

// Store keeps the queue. All calls of one decision happen in one transaction.
type Store interface {
	Add(ctx context.Context, e Entry) error // sets N
	Put(ctx context.Context, e Entry) error // replaces the entry with e.N
	Remove(ctx context.Context, n int64) error
	// Find looks for an op_id; false when it is not queued.
	Find(ctx context.Context, opID string) (Entry, bool, error)
	// OfRow lists a row's Queued and Done entries by N.
	OfRow(ctx context.Context, entity, id string) ([]Entry, error)
	// Waiting lists Queued entries of a lane by N, after is exclusive.
	Waiting(ctx context.Context, lane string, after int64, limit int) ([]Entry, error)
	// DoneUpTo lists Done entries with Seq <= seq.
	DoneUpTo(ctx context.Context, seq int64) ([]Entry, error)
	// LastMid is the last mid cut in a lane, 0 at first.
	LastMid(ctx context.Context, lane string) (int64, error)
	PutLastMid(ctx context.Context, lane string, mid int64) error
}

// envelope is what Cut adds to an operation: ids, mid, scope.
const envelope = 256

// Append queues a written operation. With coalesce, an operation of the same
// row that has not been cut and saw the same version takes the new values in,
// under the new op_id: nobody has ever seen the old one.
func Append(ctx context.Context, s Store, op wire.Op, coalesce bool) error {
	if coalesce && op.Kind != wire.Delete {
		joined, err := join(ctx, s, op)
		if err != nil || joined {
			return err
		}
	}
	size, err := sizeOf(op)
	if err != nil {
		return err
	}
	return s.Add(ctx, Entry{Op: op, State: Queued, Size: size})
}

// TooLargeError says that an operation cannot be pushed at any time.
type TooLargeError struct{ Bytes int }

// Error holds sizes only.
func (t *TooLargeError) Error() string {
	return fmt.Sprintf("operation of %d bytes, at most %d fit", t.Bytes, wire.MaxOpBytes)
}

func sizeOf(op wire.Op) (int, error) {
	data, err := wire.Marshal(op)
	if err != nil {
		return 0, fmt.Errorf("encode operation: %w", err)
	}
	if n := len(data) + envelope; n <= wire.MaxOpBytes {
		return n, nil
	}
	return 0, &TooLargeError{Bytes: len(data) + envelope}
}

func join(ctx context.Context, s Store, op wire.Op) (bool, error) {
	queued, err := s.OfRow(ctx, op.Entity, op.ID)
	if err != nil || len(queued) == 0 {
		return false, err
	}
	e := queued[len(queued)-1]
	if e.State != Queued || e.Op.ClientID != "" || e.Op.Kind == wire.Delete || e.Op.BaseVer != op.BaseVer {
		return false, nil
	}
	old := e.Op
	e.Op.OpID, e.Op.HLC = op.OpID, op.HLC
	e.Op.Fields = map[string]json.RawMessage{}
	for _, fields := range []map[string]json.RawMessage{old.Fields, op.Fields} {
		for name, value := range fields {
			e.Op.Fields[name] = value
		}
	}
	// base and over stay those of the first edit, which began from what the
	// server will find, except for fields only the new one touches
	for name := range op.Fields {
		if _, had := old.Fields[name]; !had {
			e.Op.Base = with(e.Op.Base, name, op.Base)
			e.Op.Over = with(e.Op.Over, name, op.Over)
		}
	}
	e.Size, err = sizeOf(e.Op)
	if err != nil {
		return false, err
	}
	return true, s.Put(ctx, e)
}

func with[V any](dst map[string]V, name string, src map[string]V) map[string]V {
	v, ok := src[name]
	if !ok {
		return dst
	}
	out := map[string]V{name: v}
	for k, v := range dst {
		out[k] = v
	}
	return out
}

// Cut returns the next batch of a lane, at most limit operations: what was cut
// before and has no answer yet, then what is new, as far as one push with
// contiguous mids goes. It is empty when nothing waits. Cutting again without an
// answer returns the same mids.
func Cut(ctx context.Context, s Store, lane, clientID, scope string, limit int) ([]wire.Op, error) {
	waiting, err := s.Waiting(ctx, lane, 0, min(limit, wire.MaxOps))
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	last, err := s.LastMid(ctx, lane)
	if err != nil {
		return nil, err
	}
	cut, size := last, envelope
	var batch []wire.Op
	for _, e := range waiting {
		mid := e.Op.Mid
		if mid == 0 {
			mid = last + 1
		}
		// an operation between two cut ones may be gone: its effect was pulled
		// before its answer came
		hole := len(batch) > 0 && mid != batch[len(batch)-1].Mid+1
		if size += e.Size; size > wire.MaxBytes || hole {
			break
		}
		if e.Op.Mid == 0 || e.Op.ClientID != clientID {
			last = max(last, mid)
			e.Op.Mid, e.Op.ClientID, e.Op.Scope = mid, clientID, scope
			if err := s.Put(ctx, e); err != nil {
				return nil, err
			}
		}
		batch = append(batch, e.Op)
	}
	if last == cut {
		return batch, nil
	}
	return batch, s.PutLastMid(ctx, lane, last)
}

// Renumber forgets the mids of a lane's waiting operations, so that the next
// one cut gets first. Their op_ids stay, and with them the guard against
// applying anything twice.
func Renumber(ctx context.Context, s Store, lane string, first int64) error {
	err := eachWaiting(ctx, s, lane, func(e Entry) error {
		if e.Op.Mid == 0 {
			return nil
		}
		e.Op.Mid = 0 // ClientID stays: it was sent once, so it must not be changed
		return s.Put(ctx, e)
	})
	if err != nil {
		return err
	}
	return s.PutLastMid(ctx, lane, first-1)
}

// Fork renumbers every lane from 1, for a new client id.
func Fork(ctx context.Context, s Store) error {
	for _, lane := range entity.Lanes() {
		if err := Renumber(ctx, s, lane, 1); err != nil {
			return err
		}
	}
	return nil
}

const scan = 500

func eachWaiting(ctx context.Context, s Store, lane string, do func(Entry) error) error {
	for after := int64(0); ; {
		page, err := s.Waiting(ctx, lane, after, scan)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := do(e); err != nil {
				return err
			}
			after = e.N
		}
		if len(page) < scan {
			return nil
		}
	}
}
