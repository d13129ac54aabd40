package journal

import (
	"context"
	"encoding/json"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// RowID names a row.
type RowID struct{ Entity, ID string }

// Settle files the server's answer to one operation. It returns the rows whose
// view changed by it: those of parked operations. An answer to an operation
// that is not waiting (a repeated response) changes nothing.
func Settle(ctx context.Context, s Store, r wire.Result) ([]RowID, error) {
	e, ok, err := s.Find(ctx, r.OpID)
	if err != nil || !ok || e.State != Queued || e.Op.Mid == 0 {
		return nil, err
	}
	if r.Status != wire.Rejected {
		e.State, e.Seq = Done, r.Seq
		return nil, s.Put(ctx, e)
	}
	rows, err := park(ctx, s, e, r.Code)
	if err != nil || e.Op.Kind != wire.Create || r.Code == wire.CodeImmutable {
		return rows, err
	}
	more, err := parkDependents(ctx, s, e.Op)
	return append(rows, more...), err
}

func park(ctx context.Context, s Store, e Entry, code string) ([]RowID, error) {
	e.State, e.Code = Parked, code
	return []RowID{{e.Op.Entity, e.Op.ID}}, s.Put(ctx, e)
}

// parkDependents parks what hangs on a row that will not exist, down to
// grandchildren. What is cut already waits for its own answer.
func parkDependents(ctx context.Context, s Store, root wire.Op) ([]RowID, error) {
	gone := map[RowID]bool{{root.Entity, root.ID}: true}
	var rows []RowID
	err := eachWaiting(ctx, s, root.Lane, func(e Entry) error {
		if e.Op.Mid != 0 || !hangsOn(e.Op, gone) {
			return nil
		}
		if e.Op.Kind == wire.Create {
			gone[RowID{e.Op.Entity, e.Op.ID}] = true
		}
		parked, err := park(ctx, s, e, CodeDepends)
		rows = append(rows, parked...)
		return err
	})
	return rows, err
}

func hangsOn(op wire.Op, gone map[RowID]bool) bool {
	if gone[RowID{op.Entity, op.ID}] {
		return true
	}
	e, _ := entity.Find(op.Entity)
	for _, ref := range e.Refs {
		var id string
		if json.Unmarshal(op.Fields[ref.Field], &id) == nil && gone[RowID{ref.Entity, id}] {
			return true
		}
	}
	return false
}

// Confirm removes what has been answered and whose effect is pulled, and
// returns the rows it was about.
func Confirm(ctx context.Context, s Store, cursor int64) ([]RowID, error) {
	done, err := s.DoneUpTo(ctx, cursor)
	if err != nil {
		return nil, err
	}
	var rows []RowID
	for _, e := range done {
		if err := s.Remove(ctx, e.N); err != nil {
			return nil, err
		}
		rows = append(rows, RowID{e.Op.Entity, e.Op.ID})
	}
	return rows, nil
}

// Seen removes the operation with this op_id because its effect was pulled,
// also when its answer never arrived.
func Seen(ctx context.Context, s Store, opID string) error {
	e, ok, err := s.Find(ctx, opID)
	if err != nil || !ok {
		return err
	}
	return s.Remove(ctx, e.N)
}

// Park files an operation that the server will not even judge. Returns the rows
// whose view changed.
func Park(ctx context.Context, s Store, opID, code string) ([]RowID, error) {
	e, ok, err := s.Find(ctx, opID)
	if err != nil || !ok || e.State != Queued {
		return nil, err
	}
	rows, err := park(ctx, s, e, code)
	if err != nil || e.Op.Kind != wire.Create {
		return rows, err
	}
	more, err := parkDependents(ctx, s, e.Op)
	return append(rows, more...), err
}

// Again queues a parked operation once more, under a new op_id: the old one
// has been answered for ever.
func Again(ctx context.Context, s Store, e Entry, opID string) error {
	if err := s.Remove(ctx, e.N); err != nil {
		return err
	}
	e.Op.OpID, e.Op.Mid, e.Op.ClientID = opID, 0, ""
	return s.Add(ctx, Entry{Op: e.Op, State: Queued, Size: e.Size})
}
