package replica

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// Memory is a Store in memory: for the simulation, and for tests that need a
// device without a database. It is not safe for concurrent use.
type Memory struct {
	state memoryState
	// Crash, when set, is asked before every commit; true makes Update return
	// ErrCrashed with nothing stored.
	Crash func() bool
}

type memoryState struct {
	meta   Meta
	slots  map[journal.RowID]Slot
	outbox []journal.Entry // by N
	nextN  int64
	mids   map[string]int64
	losers map[string][]wire.Loser // by sequence number
	aside  []wire.Entry
}

// NewMemory returns an empty database.
func NewMemory() *Memory {
	return &Memory{state: memoryState{slots: map[journal.RowID]Slot{}, mids: map[string]int64{}, losers: map[string][]wire.Loser{}}}
}

// Copy returns a database with the same contents, as a restore would.
func (m *Memory) Copy() *Memory { return &Memory{state: m.state.clone()} }

func (s memoryState) clone() memoryState {
	s.slots, s.mids, s.losers = maps.Clone(s.slots), maps.Clone(s.mids), maps.Clone(s.losers)
	s.outbox, s.aside = slices.Clone(s.outbox), slices.Clone(s.aside)
	return s
}

type crashed struct{}

func (crashed) Error() string { return "the process died before the commit" }

// ErrCrashed is what Update returns when Crash said so.
var ErrCrashed error = crashed{}

// Update runs fn in a transaction.
func (m *Memory) Update(_ context.Context, fn func(Tx) error) error {
	tx := &memoryTx{state: &m.state, before: journalOf(&m.state), rows: map[journal.RowID]*Slot{}, lost: map[string]bool{}}
	err := fn(tx)
	if err == nil && m.Crash != nil && m.Crash() {
		err = ErrCrashed
	}
	if err != nil {
		tx.rollback()
	}
	return err
}

// Outbox returns the whole queue by N.
func (m *Memory) Outbox() []journal.Entry { return slices.Clone(m.state.outbox) }

// Slots returns every row.
func (m *Memory) Slots() map[journal.RowID]Slot { return maps.Clone(m.state.slots) }

// Losers returns every value that lost.
func (m *Memory) Losers() []wire.Loser {
	var out []wire.Loser
	for _, seq := range slices.Sorted(maps.Keys(m.state.losers)) {
		out = append(out, m.state.losers[seq]...)
	}
	return out
}

// Meta returns what the database knows about itself.
func (m *Memory) Meta() Meta { return m.state.meta }

// before is what a rollback puts back as a whole; rows and losers are undone
// one by one.
type before struct {
	meta   Meta
	outbox []journal.Entry
	nextN  int64
	mids   map[string]int64
	aside  []wire.Entry
}

func journalOf(s *memoryState) before {
	return before{meta: s.meta, outbox: slices.Clone(s.outbox), nextN: s.nextN, mids: maps.Clone(s.mids), aside: slices.Clone(s.aside)}
}

type memoryTx struct {
	state  *memoryState
	before before
	rows   map[journal.RowID]*Slot // as they were; nil for absent
	lost   map[string]bool
	reset  *memoryState
}

var _ Tx = (*memoryTx)(nil)

func (tx *memoryTx) rollback() {
	s := tx.state
	if tx.reset == nil {
		tx.undoRows(s)
	} else {
		s.slots, s.losers = tx.reset.slots, tx.reset.losers
	}
	b := tx.before
	s.meta, s.outbox, s.nextN, s.mids, s.aside = b.meta, b.outbox, b.nextN, b.mids, b.aside
}

// undoRows takes rows and losers of this transaction out of s again.
func (tx *memoryTx) undoRows(s *memoryState) {
	for key, old := range tx.rows {
		if old == nil {
			delete(s.slots, key)
			continue
		}
		s.slots[key] = *old
	}
	for seq := range tx.lost {
		delete(s.losers, seq)
	}
}

func (tx *memoryTx) Meta(context.Context) (Meta, error) { return tx.state.meta, nil }

func (tx *memoryTx) PutMeta(_ context.Context, m Meta) error {
	tx.state.meta = m
	return nil
}

func (tx *memoryTx) Slot(_ context.Context, entityName, id string) (Slot, error) {
	if s, ok := tx.state.slots[journal.RowID{Entity: entityName, ID: id}]; ok {
		return s, nil
	}
	none := merge.Row{Entity: entityName, ID: id}
	return Slot{Confirmed: none, View: none}, nil
}

func (tx *memoryTx) PutSlot(_ context.Context, _ string, s Slot) error {
	key := journal.RowID{Entity: s.View.Entity, ID: s.View.ID}
	if _, noted := tx.rows[key]; !noted {
		tx.rows[key] = nil
		if old, ok := tx.state.slots[key]; ok {
			tx.rows[key] = &old
		}
	}
	if !s.View.Exists() && !s.Confirmed.Exists() {
		delete(tx.state.slots, key)
		return nil
	}
	tx.state.slots[key] = s
	return nil
}

func (tx *memoryTx) Keep(_ context.Context, e wire.Entry) error {
	if len(e.Losers) == 0 {
		return nil
	}
	seq := strconv.FormatInt(e.Seq+1e12, 10)
	tx.lost[seq] = true
	tx.state.losers[seq] = e.Losers
	return nil
}

func (tx *memoryTx) SetAside(_ context.Context, e wire.Entry) (int64, error) {
	var before int64
	for _, old := range tx.state.aside {
		if old.Op.Entity != e.Op.Entity || old.Op.ID != e.Op.ID || old.Op.Kind == "" {
			continue
		}
		before = old.Seq
		if old.Op.Kind == wire.Delete {
			before = 0
		}
	}
	tx.state.aside = append(tx.state.aside, e)
	return before, nil
}

func (tx *memoryTx) Reset(context.Context) error {
	old := tx.state.clone()
	if tx.reset == nil {
		first := tx.state.clone()
		tx.undoRows(&first)
		tx.reset = &first
	}
	for key, s := range old.slots {
		s.Confirmed = merge.Row{Entity: key.Entity, ID: key.ID}
		if !s.Pending {
			delete(tx.state.slots, key)
			continue
		}
		s.View.Ver = 0
		tx.state.slots[key] = s
	}
	tx.state.losers, tx.state.aside = map[string][]wire.Loser{}, nil
	return nil
}

func (tx *memoryTx) Rescope(_ context.Context, scope string) error {
	for i := range tx.state.outbox {
		if tx.state.outbox[i].Op.Scope == "" {
			tx.state.outbox[i].Op.Scope = scope
		}
	}
	return nil
}

func (tx *memoryTx) Unfinished(context.Context) ([]journal.RowID, error) {
	seen := map[journal.RowID]bool{}
	var rows []journal.RowID
	for _, e := range tx.state.outbox {
		key := journal.RowID{Entity: e.Op.Entity, ID: e.Op.ID}
		if e.State != journal.Parked && !seen[key] {
			seen[key] = true
			rows = append(rows, key)
		}
	}
	return rows, nil
}
