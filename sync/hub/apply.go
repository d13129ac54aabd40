package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/sync/entity"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// apply decides one operation that was never seen before and makes it true.
func (s *session) apply(ctx context.Context, op wire.Op) (wire.Result, error) {
	normal, err := merge.Normal(op)
	if refused, ok := errors.AsType[*merge.Refused](err); ok {
		return reject(op, refused.Code), nil
	}
	if err != nil {
		return wire.Result{}, err
	}
	op = normal
	row, dead, err := s.tx.Row(ctx, op.Entity, op.ID)
	if err != nil {
		return wire.Result{}, fmt.Errorf("read row: %w", err)
	}
	d := merge.Decide(row, dead, op, merge.Limit(s.now))
	if d.Status == wire.Rejected {
		return reject(op, d.Code), nil
	}
	if !d.Logged {
		return wire.Result{OpID: op.OpID, Mid: op.Mid, Status: d.Status, Seq: row.Ver}, nil
	}
	if d.Entry.Op.Kind == wire.Create {
		ok, err := s.parents(ctx, op)
		if err != nil {
			return wire.Result{}, err
		}
		if !ok {
			return reject(op, wire.CodeParent), nil
		}
	}
	return s.commit(ctx, row, op, d)
}

func reject(op wire.Op, code string) wire.Result {
	return wire.Result{OpID: op.OpID, Mid: op.Mid, Status: wire.Rejected, Code: code}
}

func (s *session) commit(ctx context.Context, row merge.Row, op wire.Op, d merge.Decision) (wire.Result, error) {
	s.head.Seq++
	entry := d.Entry
	entry.Seq = s.head.Seq
	if err := s.tx.Append(ctx, entry); err != nil {
		return wire.Result{}, fmt.Errorf("append entry %d: %w", entry.Seq, err)
	}
	after := merge.Replay(row, entry)
	switch {
	case entry.Op.Kind == wire.Delete:
		s.head.Sum = s.head.Sum.Swap(op.Entity, op.ID, row.Ver, 0)
		delete(s.refs, op.Entity+"/"+op.ID)
		if err := s.tx.Bury(ctx, op.Entity, op.ID, entry.Seq); err != nil {
			return wire.Result{}, fmt.Errorf("bury row: %w", err)
		}
	case entry.Op.Kind != "":
		s.head.Sum = s.head.Sum.Swap(op.Entity, op.ID, row.Ver, after.Ver)
		s.refs[op.Entity+"/"+op.ID] = true
		if err := s.tx.PutRow(ctx, after); err != nil {
			return wire.Result{}, fmt.Errorf("write row: %w", err)
		}
	}
	return wire.Result{OpID: op.OpID, Mid: op.Mid, Status: d.Status, Seq: entry.Seq}, nil
}

// parents reports whether everything a new row hangs on is there.
func (s *session) parents(ctx context.Context, op wire.Op) (bool, error) {
	e, _ := entity.Find(op.Entity)
	for _, ref := range e.Refs {
		var id *string
		if err := json.Unmarshal(op.Fields[ref.Field], &id); err != nil && op.Fields[ref.Field] != nil {
			return false, nil
		}
		if id == nil {
			continue
		}
		ok, err := s.exists(ctx, ref.Entity, *id)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (s *session) exists(ctx context.Context, entityName, id string) (bool, error) {
	key := entityName + "/" + id
	if s.refs[key] {
		return true, nil
	}
	row, _, err := s.tx.Row(ctx, entityName, id)
	if err != nil {
		return false, fmt.Errorf("read parent: %w", err)
	}
	s.refs[key] = row.Exists()
	return s.refs[key], nil
}
