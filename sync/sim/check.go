package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"nexusai/sync/entity"
	"nexusai/sync/hub"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// check looks at a healed world.
func (w *world) check(ctx context.Context) error {
	var page wire.Page
	var head hub.Head
	err := w.server.View(ctx, func(tx hub.Reader) (err error) {
		if head, err = tx.Head(ctx); err == nil && head.Seq > 0 {
			page.Entries, err = tx.Entries(ctx, 0, head.Seq, int(head.Seq))
		}
		return err
	})
	if err != nil {
		return err
	}
	w.res.Log = head.Seq
	if err := w.checkLog(page.Entries); err != nil {
		return err
	}
	for _, d := range w.devices {
		if err := w.checkDevice(d, head, page.Entries); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) checkDevice(d *device, head hub.Head, log []wire.Entry) error {
	if err := w.durable(d); err != nil {
		return err
	}
	for _, e := range d.store.Outbox() {
		w.res.Parked++
		if e.State != journal.Parked {
			return fmt.Errorf("liveness: %s still has %s %s %s in state %s, mid %d", d.name, e.Op.Kind, e.Op.Entity, e.Op.OpID, e.State, e.Op.Mid)
		}
		if !slices.Contains([]string{wire.CodeDead, wire.CodeAbsent, wire.CodeParent, journal.CodeDepends}, e.Code) {
			return fmt.Errorf("liveness: %s parked an operation with code %q", d.name, e.Code)
		}
	}
	m := d.store.Meta()
	if m.Cursor != head.Seq || m.Sum != head.Sum {
		return fmt.Errorf("convergence: %s is at %d with sum %s, the server at %d with %s", d.name, m.Cursor, m.Sum, head.Seq, head.Sum)
	}
	if err := sameRows(d, w.server.Rows()); err != nil {
		return err
	}
	var losers []wire.Loser
	for _, e := range log {
		losers = append(losers, e.Losers...)
	}
	if !sameJSON(losers, d.store.Losers()) {
		return fmt.Errorf("convergence: %s keeps other superseded values than the server", d.name)
	}
	return nil
}

func sameRows(d *device, rows map[string]merge.Row) error {
	slots := d.store.Slots()
	if len(slots) != len(rows) {
		return fmt.Errorf("convergence: %s has %d rows, the server %d", d.name, len(slots), len(rows))
	}
	for key, s := range slots {
		if !sameRow(s.Confirmed, rows[key.Entity+"/"+key.ID]) || s.Pending || !sameRow(s.Confirmed, s.View) {
			return fmt.Errorf("convergence: %s differs at %s %s", d.name, key.Entity, key.ID)
		}
	}
	return nil
}

func sameRow(a, b merge.Row) bool {
	return a.Entity == b.Entity && a.ID == b.ID && a.Ver == b.Ver && maps.Equal(a.Stamps, b.Stamps) &&
		maps.EqualFunc(a.Fields, b.Fields, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// checkLog replays the log beside what the authors had on their screens.
func (w *world) checkLog(log []wire.Entry) error {
	rows := map[string]merge.Row{}
	seen := map[string]bool{}
	dead := map[string]bool{}
	for i, e := range log {
		key := e.Op.Entity + "/" + e.Op.ID
		w.res.Losers += len(e.Losers)
		if e.Seq != int64(i)+1 {
			return fmt.Errorf("gap: entry %d has number %d", i+1, e.Seq)
		}
		if seen[e.Op.OpID] {
			return fmt.Errorf("exactly once: %s is in the log twice", e.Op.OpID)
		}
		seen[e.Op.OpID] = true
		if dead[key] {
			return fmt.Errorf("resurrection: entry %d writes the dead %s", e.Seq, key)
		}
		dead[key] = e.Op.Kind == wire.Delete
		if err := w.checkEntry(rows[key], e); err != nil {
			return fmt.Errorf("entry %d: %w", e.Seq, err)
		}
		rows[key] = merge.Replay(rows[key], e)
	}
	return nil
}

// checkEntry compares one decision with what its author saw.
func (w *world) checkEntry(row merge.Row, e wire.Entry) error {
	op, ours := w.truth.wrote[e.Op.OpID]
	if !ours || op.Kind == wire.Create {
		return nil
	}
	def, _ := entity.Find(op.Entity)
	for _, f := range def.Fields {
		// of pinned there are only two values, so equal is not the same
		if f.Rule != entity.Set || f.Type == entity.Bool {
			continue
		}
		if err := w.checkField(row, e, op, f.Name); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) checkField(row merge.Row, e wire.Entry, op wire.Op, name string) error {
	before, shown := row.Fields[name], w.truth.saw[op.OpID][name]
	after, changes := e.Op.Fields[name]
	_, wanted := op.Fields[name]
	lost := func(value json.RawMessage) bool {
		return slices.ContainsFunc(e.Losers, func(l wire.Loser) bool { return l.Field == name && sameJSON(l.Value, value) })
	}
	unseen := !bytes.Equal(before, shown)
	switch {
	case op.Kind == wire.Delete && unseen && !lost(before):
		return fmt.Errorf("durability: a delete took an unseen %s with it", name)
	case op.Kind == wire.Delete || !wanted:
		return nil
	case !changes && !unseen:
		return fmt.Errorf("clock independence: an edit of %s lost to the value its author saw", name)
	case !changes && !lostAs(e, name, op.OpID):
		return fmt.Errorf("durability: the edit of %s is neither in the row nor among the superseded", name)
	case changes && !unseen && lost(before):
		return fmt.Errorf("clock independence: an edit of %s counts as concurrent with the value its author saw", name)
	case changes && unseen && !bytes.Equal(before, after) && !lost(before):
		return fmt.Errorf("durability: an unseen %s was overwritten and not kept", name)
	}
	return nil
}

func lostAs(e wire.Entry, name, opID string) bool {
	return slices.ContainsFunc(e.Losers, func(l wire.Loser) bool { return l.Field == name && l.OpID == opID })
}
