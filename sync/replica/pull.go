package replica

import (
	"context"
	"fmt"
	"slices"

	"nexusai/sync/entity"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// repair collects a scope's whole log before it replaces what is confirmed, so
// that the user never looks at half of it.
type repair struct {
	cursor  int64
	entries []wire.Entry
}

// pull asks for the next page unless one is on its way.
func (r *Replica) pull(ctx context.Context) ([]Effect, error) {
	if !r.ready() {
		return nil, nil
	}
	if r.pulls.inflight != 0 {
		r.pulls.again = true
		return nil, nil
	}
	var m Meta
	err := r.cfg.Store.Update(ctx, func(tx Tx) (err error) {
		m, err = tx.Meta(ctx)
		return err
	})
	if err != nil {
		return r.pullLater(Failure{}), fmt.Errorf("read cursor: %w", err)
	}
	r.n++
	r.pulls.inflight, r.pulls.again = r.n, false
	req := wire.PullRequest{ClientID: m.ClientID, Scope: m.Scope, Cursor: m.Cursor, Epoch: m.Epoch, SchemaV: entity.SchemaVersion}
	if r.pulls.repair != nil {
		req.Cursor = r.pulls.repair.cursor
	}
	return []Effect{SendPull{N: r.n, Req: req}}, nil
}

func (r *Replica) pullLater(f Failure) []Effect {
	r.pulls.attempt++
	return []Effect{SetTimer{Key: pullTimer, After: r.backOff(r.pulls.attempt, f.After)}, Changed{Status: true}}
}

func (r *Replica) pulled(ctx context.Context, ev Pulled) ([]Effect, error) {
	if ev.N != r.pulls.inflight || ev.N == 0 {
		return nil, nil
	}
	r.pulls.inflight = 0
	switch {
	case ev.Failed != nil && ev.Failed.Kind == Unauthorized:
		r.paused = true
		return []Effect{Changed{Status: true}}, nil
	case ev.Failed != nil:
		return r.pullLater(*ev.Failed), nil
	case ev.Page.Begin.Head < ev.Page.Begin.From:
		// the server was restored from a backup: keep everything, wait
		r.behind = true
		return r.pullLater(Failure{After: lastRetry}), nil
	}
	r.behind = false
	rows, broken, err := r.take(ctx, ev.Page)
	if err != nil {
		return r.pullLater(Failure{}), fmt.Errorf("apply %d entries: %w", len(ev.Page.Entries), err)
	}
	effects := []Effect{Changed{Rows: rows, Status: true}}
	if broken && r.pulls.attempt > 0 {
		return append(effects, r.pullLater(Failure{})...), nil
	}
	if broken {
		r.pulls.attempt++ // a second mismatch in a row waits
	}
	if broken || ev.Page.End.More || r.pulls.again {
		more, err := r.pull(ctx)
		return append(effects, more...), err
	}
	r.pulls.attempt = 0
	r.pulls.done++
	return append(effects, SetTimer{Key: pullTimer, After: pollEvery}), nil
}

// take applies a page. broken is true when the sums differ or the scope began
// anew, and the whole log has to be read again.
func (r *Replica) take(ctx context.Context, page wire.Page) (rows []journal.RowID, broken bool, err error) {
	if rep := r.pulls.repair; rep != nil {
		return r.collect(ctx, rep, page)
	}
	var cursor int64
	err = r.cfg.Store.Update(ctx, func(tx Tx) error {
		rows, broken, cursor = nil, false, r.cursor
		m, err := tx.Meta(ctx)
		if err != nil || m.Cursor != page.Begin.From {
			return err
		}
		if m.Epoch != page.Begin.Epoch && m.Epoch != 0 {
			broken = true
			return nil
		}
		m.Epoch = page.Begin.Epoch
		rows, err = applyAll(ctx, tx, &m, page.Entries, page.End.Cursor)
		if err != nil {
			return err
		}
		broken, cursor = differs(page, m.Sum), m.Cursor
		return tx.PutMeta(ctx, m)
	})
	if err != nil {
		return nil, false, err
	}
	r.cursor = cursor
	if broken {
		r.pulls.repair = &repair{}
	}
	return rows, broken, nil
}

func differs(page wire.Page, sum merge.Sum) bool {
	return page.End.Sum != "" && page.End.Sum != sum.String()
}

// collect adds a page to a repair, and replaces the confirmed rows with the last.
func (r *Replica) collect(ctx context.Context, rep *repair, page wire.Page) ([]journal.RowID, bool, error) {
	if page.Begin.From != rep.cursor {
		return nil, false, nil
	}
	rep.entries = append(rep.entries, page.Entries...)
	rep.cursor = page.End.Cursor
	if page.End.More {
		return nil, false, nil
	}
	r.pulls.repair = nil
	var rows []journal.RowID
	var m Meta
	err := r.cfg.Store.Update(ctx, func(tx Tx) (err error) {
		if m, err = tx.Meta(ctx); err != nil {
			return err
		}
		if err := tx.Reset(ctx); err != nil {
			return err
		}
		m.Sum, m.Epoch = merge.Sum{}, page.Begin.Epoch
		rows, err = applyAll(ctx, tx, &m, rep.entries, rep.cursor)
		if err != nil {
			return err
		}
		unfinished, err := tx.Unfinished(ctx)
		if err != nil {
			return err
		}
		if err := refresh(ctx, tx, m.Scope, unfinished); err != nil {
			return err
		}
		return tx.PutMeta(ctx, m)
	})
	if err != nil {
		return nil, false, err
	}
	r.cursor = m.Cursor
	if differs(page, m.Sum) {
		r.pulls.repair = &repair{}
		return rows, true, nil
	}
	return rows, false, nil
}

// applyAll replays entries on the confirmed rows, moves the cursor, drops from
// the outbox what they contain and shows the result.
func applyAll(ctx context.Context, tx Tx, m *Meta, entries []wire.Entry, cursor int64) ([]journal.RowID, error) {
	slots := map[journal.RowID]Slot{}
	var rows []journal.RowID
	stamps := merge.Stamps{Last: m.HLC}
	for _, e := range entries {
		stamps.See(e.Op.HLC)
		if err := journal.Seen(ctx, tx, e.Op.OpID); err != nil {
			return nil, err
		}
		if err := tx.Keep(ctx, e); err != nil {
			return nil, err
		}
		key := journal.RowID{Entity: e.Op.Entity, ID: e.Op.ID}
		if _, known := entity.Find(key.Entity); !known {
			if err := aside(ctx, tx, m, e); err != nil {
				return nil, err
			}
			continue
		}
		slot, ok := slots[key]
		if !ok {
			var err error
			if slot, err = tx.Slot(ctx, key.Entity, key.ID); err != nil {
				return nil, err
			}
			rows = append(rows, key)
		}
		before := slot.Confirmed.Ver
		slot.Confirmed = merge.Replay(slot.Confirmed, e)
		m.Sum = m.Sum.Swap(key.Entity, key.ID, before, slot.Confirmed.Ver)
		slots[key] = slot
	}
	m.Cursor, m.HLC = cursor, stamps.Last
	confirmed, err := journal.Confirm(ctx, tx, cursor)
	if err != nil {
		return nil, err
	}
	for _, key := range rows {
		if err := show(ctx, tx, m.Scope, slots[key]); err != nil {
			return nil, err
		}
	}
	confirmed = slices.DeleteFunc(confirmed, func(key journal.RowID) bool { _, done := slots[key]; return done })
	return append(rows, confirmed...), refresh(ctx, tx, m.Scope, confirmed)
}

// aside keeps an entry of an entity this program does not know, and counts it.
func aside(ctx context.Context, tx Tx, m *Meta, e wire.Entry) error {
	before, err := tx.SetAside(ctx, e)
	if err != nil || e.Op.Kind == "" {
		return err
	}
	after := e.Seq
	if e.Op.Kind == wire.Delete {
		after = 0
	}
	m.Sum = m.Sum.Swap(e.Op.Entity, e.Op.ID, before, after)
	return nil
}
