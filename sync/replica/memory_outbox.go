package replica

import (
	"context"
	"slices"

	"nexusai/sync/journal"
)

func (tx *memoryTx) Add(_ context.Context, e journal.Entry) error {
	tx.state.nextN++
	e.N = tx.state.nextN
	tx.state.outbox = append(tx.state.outbox, e)
	return nil
}

func (tx *memoryTx) Put(_ context.Context, e journal.Entry) error {
	if i := tx.at(e.N); i >= 0 {
		tx.state.outbox[i] = e
	}
	return nil
}

func (tx *memoryTx) Remove(_ context.Context, n int64) error {
	if i := tx.at(n); i >= 0 {
		tx.state.outbox = slices.Delete(tx.state.outbox, i, i+1)
	}
	return nil
}

func (tx *memoryTx) at(n int64) int {
	return slices.IndexFunc(tx.state.outbox, func(e journal.Entry) bool { return e.N == n })
}

func (tx *memoryTx) Find(_ context.Context, opID string) (journal.Entry, bool, error) {
	for _, e := range tx.state.outbox {
		if e.Op.OpID == opID {
			return e, true, nil
		}
	}
	return journal.Entry{}, false, nil
}

// pick returns the first entries that match.
func (tx *memoryTx) pick(limit int, match func(journal.Entry) bool) []journal.Entry {
	var out []journal.Entry
	for _, e := range tx.state.outbox {
		if len(out) < limit && match(e) {
			out = append(out, e)
		}
	}
	return out
}

func (tx *memoryTx) OfRow(_ context.Context, entityName, id string) ([]journal.Entry, error) {
	return tx.pick(len(tx.state.outbox), func(e journal.Entry) bool {
		return e.Op.Entity == entityName && e.Op.ID == id && e.State != journal.Parked
	}), nil
}

func (tx *memoryTx) Waiting(_ context.Context, lane string, after int64, limit int) ([]journal.Entry, error) {
	return tx.pick(limit, func(e journal.Entry) bool {
		return e.N > after && e.Op.Lane == lane && e.State == journal.Queued
	}), nil
}

func (tx *memoryTx) DoneUpTo(_ context.Context, seq int64) ([]journal.Entry, error) {
	return tx.pick(len(tx.state.outbox), func(e journal.Entry) bool {
		return e.State == journal.Done && e.Seq <= seq
	}), nil
}

func (tx *memoryTx) LastMid(_ context.Context, lane string) (int64, error) {
	return tx.state.mids[lane], nil
}

func (tx *memoryTx) PutLastMid(_ context.Context, lane string, mid int64) error {
	tx.state.mids[lane] = mid
	return nil
}
