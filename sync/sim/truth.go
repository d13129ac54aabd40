package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"nexusai/sync/hub"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// truth is what the world knows and no device can know: what every author had
// on the screen.
type truth struct {
	saw      map[string]map[string]json.RawMessage // by op_id: the row as shown before the edit
	wrote    map[string]wire.Op
	replaced map[string]bool // op_ids that a later edit took in before they left the device
	messages []wire.Op
}

func newTruth() truth {
	return truth{saw: map[string]map[string]json.RawMessage{}, wrote: map[string]wire.Op{}, replaced: map[string]bool{}}
}

// anyMessage returns a user's message as another writer would put it: the same
// node, described at another moment.
func (t *truth) anyMessage(rnd *rand.Rand) (wire.Op, bool) {
	if len(t.messages) == 0 {
		return wire.Op{}, false
	}
	op := t.messages[rnd.IntN(len(t.messages))]
	fields := map[string]json.RawMessage{}
	for k, v := range op.Fields {
		fields[k] = v
	}
	fields["created_at"] = json.RawMessage(`"2026-11-22T11:00:00.000Z"`)
	return wire.Op{Entity: op.Entity, ID: op.ID, Kind: wire.Create, Fields: fields}, true
}

// write lets the user of a device do something they could do with what they see.
func (w *world) write(ctx context.Context, d *device) error {
	op, err := w.invent(d)
	if err != nil {
		return err
	}
	op.OpID = w.newID()
	slots := d.store.Slots()
	shown := slots[journal.RowID{Entity: op.Entity, ID: op.ID}].View
	queued := opsOf(d, op)
	ok, err := d.try(ctx, replica.Wrote{Ops: []wire.Op{op}})
	if err != nil || !ok {
		return err
	}
	w.res.Writes++
	w.truth.saw[op.OpID], w.truth.wrote[op.OpID] = shown.Fields, op
	now := opsOf(d, op)
	for _, id := range queued {
		if !slices.Contains(now, id) {
			w.truth.replaced[id] = true
		}
	}
	if !slices.Contains(now, op.OpID) {
		return fmt.Errorf("durability: %s acknowledged %s %s and has it not in its outbox", d.name, op.Kind, op.Entity)
	}
	d.acked = append(d.acked, op.OpID)
	if op.Entity == "message" {
		w.truth.messages = append(w.truth.messages, op)
	}
	return d.step(ctx, replica.Flushed{})
}

func opsOf(d *device, op wire.Op) []string {
	var ids []string
	for _, e := range d.store.Outbox() {
		if e.Op.Entity == op.Entity && e.Op.ID == op.ID {
			ids = append(ids, e.Op.OpID)
		}
	}
	return ids
}

// invent makes up an operation on what the device shows.
func (w *world) invent(d *device) (wire.Op, error) {
	shown := map[string][]merge.Row{}
	for key, s := range d.store.Slots() {
		if s.View.Exists() {
			shown[key.Entity] = append(shown[key.Entity], s.View)
		}
	}
	for _, rows := range shown {
		slices.SortFunc(rows, func(a, b merge.Row) int { return strings.Compare(a.ID, b.ID) })
	}
	convs := shown["conversation"]
	n := w.rnd.IntN(100)
	if len(convs) == 0 || n < 8 {
		return wire.NewCreate("conversation", w.newID(), map[string]any{"title": "t" + w.newID(), "created_at": d.now(), "last_at": d.now()})
	}
	c := convs[w.rnd.IntN(len(convs))]
	switch {
	case n < 40:
		return w.inventMessage(d, c, shown["message"])
	case n < 55:
		return wire.NewUpdate("conversation", c.ID, map[string]any{"title": "t" + w.newID(), "last_at": d.now()})
	case n < 62:
		return wire.NewUpdate("conversation", c.ID, map[string]any{"model": "m" + w.newID(), "title": "t" + w.newID()})
	case n < 66:
		return wire.NewUpdate("conversation", c.ID, map[string]any{"pinned": string(c.Fields["pinned"]) != "true"})
	case n < 69:
		return wire.NewUpdate("conversation", c.ID, map[string]any{"trashed_at": w.now.Add(time.Duration(w.ids) * time.Millisecond)})
	case n < 71:
		return wire.Op{Entity: "conversation", ID: c.ID, Kind: wire.Delete}, nil
	}
	return w.inventDraft(d, c, shown["draft"])
}

func (w *world) inventMessage(d *device, c merge.Row, messages []merge.Row) (wire.Op, error) {
	var parent *string
	for _, m := range messages {
		if bytes.Contains(m.Fields["conversation_id"], []byte(c.ID)) && w.chance(50) {
			id := m.ID
			parent = &id
		}
	}
	return wire.NewCreate("message", w.newID(), map[string]any{
		"conversation_id": c.ID, "parent_id": parent, "role": "user", "text": "q" + w.newID(), "created_at": d.now(),
	})
}

// inventDraft types a word somewhere or takes one away.
func (w *world) inventDraft(d *device, c merge.Row, drafts []merge.Row) (wire.Op, error) {
	var words []string
	for _, row := range drafts {
		var text string
		if row.ID == c.ID && json.Unmarshal(row.Fields["text"], &text) == nil {
			words = strings.Fields(text)
		}
	}
	if len(words) > 3 && w.chance(30) {
		i := w.rnd.IntN(len(words))
		words = slices.Delete(words, i, i+1)
	} else {
		words = slices.Insert(words, w.rnd.IntN(len(words)+1), fmt.Sprint("w", w.ids))
	}
	w.ids++
	return wire.NewCreate("draft", c.ID, map[string]any{"text": strings.Join(words, " "), "updated_at": w.now.Add(time.Duration(w.ids) * time.Millisecond)})
}

// durable checks that everything a database acknowledged is in its outbox or
// answered by the server.
func (w *world) durable(d *device) error {
	have := map[string]bool{}
	for _, e := range d.store.Outbox() {
		have[e.Op.OpID] = true
	}
	return w.server.Update(context.Background(), func(tx hub.Tx) error {
		var open []string
		for _, id := range d.acked {
			_, answered, err := tx.ResultOf(context.Background(), id)
			if err != nil {
				return err
			}
			if answered || w.truth.replaced[id] {
				continue
			}
			if !have[id] {
				return fmt.Errorf("durability: %s acknowledged %s, which is nowhere now", d.name, id)
			}
			open = append(open, id)
		}
		d.acked = open
		return nil
	})
}
