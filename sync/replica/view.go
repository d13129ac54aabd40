package replica

import (
	"context"

	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// refresh builds the view of rows again from what is confirmed and pending.
func refresh(ctx context.Context, tx Tx, scope string, rows []journal.RowID) error {
	for _, row := range rows {
		slot, err := tx.Slot(ctx, row.Entity, row.ID)
		if err != nil {
			return err
		}
		if err := show(ctx, tx, scope, slot); err != nil {
			return err
		}
	}
	return nil
}

// show stores a slot with the view that its confirmed row and the outbox make.
func show(ctx context.Context, tx Tx, scope string, slot Slot) error {
	queued, err := tx.OfRow(ctx, slot.Confirmed.Entity, slot.Confirmed.ID)
	if err != nil {
		return err
	}
	ops := make([]wire.Op, len(queued))
	for i, e := range queued {
		ops[i] = e.Op
	}
	slot.View, slot.Pending = merge.Overlay(slot.Confirmed, ops), len(ops) > 0
	return tx.PutSlot(ctx, scope, slot)
}
