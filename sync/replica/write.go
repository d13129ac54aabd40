package replica

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// write stores local changes: every row with its outbox entry in one
// transaction. Sending is left to a Flushed, so that the answer does not wait
// for a second one.
func (r *Replica) write(ctx context.Context, at time.Time, ops []wire.Op) ([]Effect, error) {
	var rows []journal.RowID
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		rows = rows[:0]
		m, err := tx.Meta(ctx)
		if err != nil {
			return err
		}
		stamps := merge.Stamps{Last: m.HLC}
		for _, op := range ops {
			op.HLC = stamps.Next(at)
			changed, err := r.author(ctx, tx, m.Scope, op)
			if err != nil {
				return err
			}
			if changed {
				rows = append(rows, journal.RowID{Entity: op.Entity, ID: op.ID})
			}
		}
		m.HLC = stamps.Last
		return tx.PutMeta(ctx, m)
	})
	if err != nil {
		return nil, fmt.Errorf("write %d operations: %w", len(ops), err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return []Effect{Changed{Rows: rows, Status: true}}, nil
}

// author turns what somebody asked for into an operation against what they
// saw. It returns false when nothing changes.
func (r *Replica) author(ctx context.Context, tx Tx, scope string, op wire.Op) (bool, error) {
	e, ok := entity.Find(op.Entity)
	if !ok || !entity.IsID(op.ID) {
		return false, &merge.Refused{Code: wire.CodeEntity, Entity: op.Entity, ID: op.ID}
	}
	op.Lane, op.SchemaV, op.Scope = e.Lane, entity.SchemaVersion, scope
	op.ClientID, op.Mid = "", 0
	if op.OpID == "" {
		op.OpID = r.cfg.NewID()
	}
	op, err := merge.Normal(op)
	if err != nil {
		return false, err
	}
	slot, err := tx.Slot(ctx, op.Entity, op.ID)
	if err != nil {
		return false, err
	}
	if slot.View.Exists() && !e.Node && op.Kind != wire.Delete {
		op.Kind = wire.Update // its author sees the row
		if op = onlyNew(op, slot.View); len(op.Fields) == 0 {
			return false, nil
		}
	}
	op = against(e, op, slot)
	d := merge.Decide(slot.View, false, op, 0)
	if d.Status == wire.Rejected {
		return false, &merge.Refused{Code: d.Code, Entity: op.Entity, ID: op.ID}
	}
	if !d.Logged {
		return false, nil
	}
	if err := parents(ctx, tx, e, op); err != nil {
		return false, err
	}
	if err := queue(ctx, tx, e, op); err != nil {
		return false, err
	}
	d.Entry.Seq = merge.PendingVer
	slot.View = merge.Replay(slot.View, d.Entry)
	slot.View.Ver = slot.Confirmed.Ver
	slot.Pending = true
	return true, tx.PutSlot(ctx, scope, slot)
}

// onlyNew leaves out what is there already.
func onlyNew(op wire.Op, view merge.Row) wire.Op {
	fields := map[string]json.RawMessage{}
	for name, value := range op.Fields {
		if !bytes.Equal(view.Fields[name], value) {
			fields[name] = value
		}
	}
	op.Fields = fields
	return op
}

// against notes what the author saw: the confirmed version, and per field the
// own unconfirmed operation or the text the edit began from.
func against(e entity.Entity, op wire.Op, slot Slot) wire.Op {
	op.BaseVer = slot.Confirmed.Ver
	op.Base, op.Over = nil, nil
	touched := op.Fields
	if op.Kind == wire.Delete {
		touched = slot.View.Fields
	}
	for name := range touched {
		if s, ok := slot.View.Stamps[name]; ok && s.Ver == merge.PendingVer {
			if op.Over == nil {
				op.Over = map[string]string{}
			}
			op.Over[name] = s.Op // empty for a mix that only this device has seen
		}
		f, _ := e.Field(name)
		if text, ok := slot.View.Fields[name]; ok && f.Rule == entity.Merge && op.Kind != wire.Delete {
			op.Base = map[string]json.RawMessage{name: text}
		}
	}
	return op
}

// parents refuses a new row that hangs on what this device does not have.
func parents(ctx context.Context, tx Tx, e entity.Entity, op wire.Op) error {
	if op.Kind != wire.Create {
		return nil
	}
	for _, ref := range e.Refs {
		var id string
		if json.Unmarshal(op.Fields[ref.Field], &id) != nil || id == "" {
			continue
		}
		slot, err := tx.Slot(ctx, ref.Entity, id)
		if err != nil {
			return err
		}
		if !slot.View.Exists() {
			return &merge.Refused{Code: wire.CodeParent, Entity: op.Entity, ID: op.ID}
		}
	}
	return nil
}

// queue appends to the outbox. A text too long to be sent together with the
// text it grew from goes alone: then an overlap keeps both instead of merging.
func queue(ctx context.Context, tx Tx, e entity.Entity, op wire.Op) error {
	err := journal.Append(ctx, tx, op, e.Coalesce)
	if _, large := errors.AsType[*journal.TooLargeError](err); large && op.Base != nil {
		op.Base = nil
		return journal.Append(ctx, tx, op, e.Coalesce)
	}
	return err
}
