// Package replicatest is the contract of a device's store: it must answer every
// sequence of transactions as the store in memory does.
package replicatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"nexusai/sync/entity"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// Run plays random transactions, some of them rolled back, on the store that
// open returns and on the one in memory, and compares all they say.
func Run(t *testing.T, open func(*testing.T) replica.Store) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := &pair{t: t, rnd: rand.New(rand.NewPCG(seed, 0)), real: open(t), model: replica.NewMemory()}
			for range 150 {
				p.transaction()
			}
		})
	}
}

type pair struct {
	t     *testing.T
	rnd   *rand.Rand
	real  replica.Store
	model replica.Store
	n     int
}

// act is one call on a transaction; what it returns must be equal on both.
type act func(context.Context, replica.Tx) (any, error)

var errRollback = errors.New("roll back")

func (p *pair) transaction() {
	p.t.Helper()
	acts := make([]act, 1+p.rnd.IntN(6))
	for i := range acts {
		acts[i] = p.invent()
	}
	undo := p.rnd.IntN(4) == 0
	run := func(s replica.Store) (out []any, err error) {
		err = s.Update(p.t.Context(), func(tx replica.Tx) error {
			out = nil
			for _, a := range acts {
				v, err := a(p.t.Context(), tx)
				if err != nil {
					return err
				}
				out = append(out, v)
			}
			if undo {
				return errRollback
			}
			return nil
		})
		return out, err
	}
	got, errGot := run(p.real)
	want, errWant := run(p.model)
	if (errGot == nil) != (errWant == nil) || (errGot != nil && !errors.Is(errGot, errRollback)) {
		p.t.Fatalf("one store says %v, the other %v", errGot, errWant)
	}
	x, errX := wire.Marshal(got)
	y, errY := wire.Marshal(want)
	if errX != nil || errY != nil || string(x) != string(y) {
		p.t.Fatalf("got  %s\nwant %s", x, y)
	}
}

func (p *pair) id(kind, count int) string {
	return fmt.Sprintf("0190c0de-%04x-7000-8000-%012x", kind, p.rnd.IntN(count))
}

// row is a random row of an entity, all columns filled or all zero.
func (p *pair) row(e entity.Entity, id string, ver int64) merge.Row {
	row := merge.Row{Entity: e.Name, ID: id, Ver: ver, Fields: map[string]json.RawMessage{}, Stamps: map[string]merge.Stamp{}}
	for _, f := range e.Fields {
		row.Fields[f.Name] = p.value(f)
		row.Stamps[f.Name] = merge.Stamp{Ver: ver, HLC: wire.HLC(p.rnd.Int64N(1 << 60)), Op: p.id(9, 50), Client: p.id(8, 3)}
	}
	if p.rnd.IntN(3) == 0 {
		row.Fields["from_the_future"] = json.RawMessage(`{"b":1.50,"a":["<é>"]}`)
	}
	return row
}

func (p *pair) value(f entity.Field) json.RawMessage {
	if p.rnd.IntN(3) == 0 {
		return f.Zero()
	}
	raw := json.RawMessage(`"<b> & \"quotes\" \\ 🧑‍🚀 text"`)
	switch {
	case f.Enum != nil:
		raw = entity.Quote(f.Enum[p.rnd.IntN(len(f.Enum))])
	case f.Type == entity.Time:
		raw = json.RawMessage(fmt.Sprintf(`"2026-11-22T10:21:16.%03dZ"`, p.rnd.IntN(1000)))
	case f.Type == entity.Int:
		raw = json.RawMessage(fmt.Sprint(p.rnd.Int64()))
	case f.Type == entity.Bool:
		raw = json.RawMessage("true")
	case f.Type == entity.ID:
		raw = entity.Quote(p.id(7, 1000))
	}
	out, err := f.Canonical(raw)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *pair) op(e entity.Entity) wire.Op {
	p.n++
	return wire.Op{
		OpID: fmt.Sprintf("0190c0de-0009-7000-8000-%012x", p.n), Lane: e.Lane, Entity: e.Name, ID: p.id(1, 8), Kind: wire.Update,
		Fields: p.row(e, "", 1).Fields, SchemaV: 1, BaseVer: p.rnd.Int64N(100), HLC: wire.HLC(p.n),
	}
}

// invent makes up one call with fixed arguments.
func (p *pair) invent() act {
	all := entity.All()
	e := all[p.rnd.IntN(len(all))]
	id, n, lane := p.id(1, 8), p.rnd.Int64N(60), e.Lane
	switch p.rnd.IntN(16) {
	case 0, 1, 2:
		return p.putSlot(e, id, n)
	case 3, 4:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return tx.Slot(ctx, e.Name, id) }
	case 5, 6:
		entry := journal.Entry{Op: p.op(e), State: journal.Queued, Size: 100}
		return func(ctx context.Context, tx replica.Tx) (any, error) { return nil, tx.Add(ctx, entry) }
	case 7:
		return p.change()
	case 8:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return nil, tx.Remove(ctx, n) }
	case 9:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return tx.OfRow(ctx, e.Name, id) }
	case 10:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return tx.Waiting(ctx, lane, n/2, 5) }
	case 11:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return tx.DoneUpTo(ctx, n) }
	case 12:
		return p.count(lane, n)
	case 13:
		return p.meta(n)
	case 14:
		return p.aside(n)
	}
	return p.whole(n)
}

func (p *pair) putSlot(e entity.Entity, id string, ver int64) act {
	none := merge.Row{Entity: e.Name, ID: id}
	slot := replica.Slot{Confirmed: p.row(e, id, ver+1), View: none}
	switch p.rnd.IntN(5) {
	case 0:
		slot = replica.Slot{Confirmed: none, View: none}
	case 1:
		slot = replica.Slot{Confirmed: none, View: p.row(e, id, 0), Pending: true}
	case 2:
		slot.View, slot.Pending = p.row(e, id, slot.Confirmed.Ver), true
	case 3:
		slot.Pending = true // a delete that waits
	default:
		slot.View = slot.Confirmed
	}
	return func(ctx context.Context, tx replica.Tx) (any, error) { return nil, tx.PutSlot(ctx, "user:x", slot) }
}

// change moves a queued operation to another state, by op_id.
func (p *pair) change() act {
	opID := fmt.Sprintf("0190c0de-0009-7000-8000-%012x", p.rnd.IntN(p.n+1))
	state := []journal.State{journal.Queued, journal.Done, journal.Parked}[p.rnd.IntN(3)]
	mid := p.rnd.Int64N(20)
	return func(ctx context.Context, tx replica.Tx) (any, error) {
		e, ok, err := tx.Find(ctx, opID)
		if err != nil || !ok {
			return ok, err
		}
		e.State, e.Op.Mid, e.Seq, e.Code = state, mid, mid*2, "code"
		return e, tx.Put(ctx, e)
	}
}

func (p *pair) count(lane string, n int64) act {
	return func(ctx context.Context, tx replica.Tx) (any, error) {
		before, err := tx.LastMid(ctx, lane)
		if err != nil || n%2 == 0 {
			return before, err
		}
		return before, tx.PutLastMid(ctx, lane, n)
	}
}

func (p *pair) meta(n int64) act {
	return func(ctx context.Context, tx replica.Tx) (any, error) {
		m, err := tx.Meta(ctx)
		if err != nil {
			return nil, err
		}
		before := m
		m.ClientID, m.Cursor, m.Epoch, m.HLC = "0190c0de-0000-7000-8000-000000000001", n, 1, m.HLC+1
		m.Sum = m.Sum.Swap("message", "x", 0, n+1)
		return before, tx.PutMeta(ctx, m)
	}
}

func (p *pair) aside(seq int64) act {
	p.n++
	e := wire.Entry{Seq: seq + int64(p.n)*100, Op: wire.Op{OpID: p.id(9, 9), Entity: "from_the_future", ID: p.id(1, 3), Kind: []wire.Kind{wire.Create, wire.Delete, ""}[p.rnd.IntN(3)]}}
	return func(ctx context.Context, tx replica.Tx) (any, error) { return tx.SetAside(ctx, e) }
}

func (p *pair) whole(n int64) act {
	switch {
	case n < 6:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return nil, tx.Reset(ctx) }
	case n < 12:
		return func(ctx context.Context, tx replica.Tx) (any, error) { return nil, tx.Rescope(ctx, "user:x") }
	}
	return func(ctx context.Context, tx replica.Tx) (any, error) {
		rows, err := tx.Unfinished(ctx)
		return len(rows), err
	}
}
