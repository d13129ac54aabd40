package replication

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/sync/journal"
	"nexusai/sync/wire"
)

const (
	addQueued    = `INSERT INTO sync_outbox (op_id, lane, entity, id, mid, state, code, seq, size, op) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	putQueued    = `UPDATE sync_outbox SET op_id = ?, mid = ?, state = ?, code = ?, seq = ?, size = ?, op = ? WHERE n = ?`
	removeQueued = `DELETE FROM sync_outbox WHERE n = ?`
	findQueued   = `SELECT n, state, code, seq, size, mid, op FROM sync_outbox WHERE op_id = ?`
	queuedOfRow  = `SELECT n, state, code, seq, size, mid, op FROM sync_outbox WHERE entity = ? AND id = ? AND state <> 'parked' ORDER BY n`
	queuedOfLane = `SELECT n, state, code, seq, size, mid, op FROM sync_outbox WHERE lane = ? AND state = 'queued' AND n > ? ORDER BY n LIMIT ?`
	doneUpTo     = `SELECT n, state, code, seq, size, mid, op FROM sync_outbox WHERE state = 'done' AND seq <= ? ORDER BY n`
	readLane     = `SELECT last_mid FROM sync_lane WHERE lane = ?`
	putLane      = `INSERT INTO sync_lane (lane, last_mid) VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET last_mid = excluded.last_mid`
)

// Add implements journal.Store.
func (t *sqliteTx) Add(ctx context.Context, e journal.Entry) error {
	text, err := wire.Marshal(e.Op)
	if err != nil {
		return fmt.Errorf("encode operation: %w", err)
	}
	err = t.exec(ctx, addQueued, e.Op.OpID, e.Op.Lane, e.Op.Entity, e.Op.ID, e.Op.Mid, string(e.State), e.Code, e.Seq, e.Size, string(text))
	if err != nil {
		return fmt.Errorf("queue operation: %w", err)
	}
	return nil
}

// Put implements journal.Store.
func (t *sqliteTx) Put(ctx context.Context, e journal.Entry) error {
	text, err := wire.Marshal(e.Op)
	if err != nil {
		return fmt.Errorf("encode operation: %w", err)
	}
	if err := t.exec(ctx, putQueued, e.Op.OpID, e.Op.Mid, string(e.State), e.Code, e.Seq, e.Size, string(text), e.N); err != nil {
		return fmt.Errorf("change queued operation: %w", err)
	}
	return nil
}

// Remove implements journal.Store.
func (t *sqliteTx) Remove(ctx context.Context, n int64) error {
	if err := t.exec(ctx, removeQueued, n); err != nil {
		return fmt.Errorf("remove queued operation: %w", err)
	}
	return nil
}

// Find implements journal.Store.
func (t *sqliteTx) Find(ctx context.Context, opID string) (journal.Entry, bool, error) {
	e, err := scanQueued(t.tx.QueryRowContext(ctx, findQueued, opID))
	if errors.Is(err, sql.ErrNoRows) {
		return journal.Entry{}, false, nil
	}
	return e, err == nil, err
}

func scanQueued(row interface{ Scan(...any) error }) (journal.Entry, error) {
	var e journal.Entry
	var mid int64
	var text []byte
	if err := row.Scan(&e.N, &e.State, &e.Code, &e.Seq, &e.Size, &mid, &text); err != nil {
		return e, err
	}
	if err := json.Unmarshal(text, &e.Op); err != nil {
		return e, fmt.Errorf("read queued operation %d: %w", e.N, err)
	}
	e.Op.Mid = mid // the column counts: a rescue resets it without reading the operation
	return e, nil
}

func (t *sqliteTx) queued(ctx context.Context, query string, args ...any) ([]journal.Entry, error) {
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer rows.Close()
	var out []journal.Entry
	for rows.Next() {
		e, err := scanQueued(rows)
		if err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// OfRow implements journal.Store.
func (t *sqliteTx) OfRow(ctx context.Context, entityName, id string) ([]journal.Entry, error) {
	return t.queued(ctx, queuedOfRow, entityName, id)
}

// Waiting implements journal.Store.
func (t *sqliteTx) Waiting(ctx context.Context, lane string, after int64, limit int) ([]journal.Entry, error) {
	return t.queued(ctx, queuedOfLane, lane, after, limit)
}

// DoneUpTo implements journal.Store.
func (t *sqliteTx) DoneUpTo(ctx context.Context, seq int64) ([]journal.Entry, error) {
	return t.queued(ctx, doneUpTo, seq)
}

// LastMid implements journal.Store.
func (t *sqliteTx) LastMid(ctx context.Context, lane string) (int64, error) {
	var mid int64
	err := t.tx.QueryRowContext(ctx, readLane, lane).Scan(&mid)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return mid, err
}

// PutLastMid implements journal.Store.
func (t *sqliteTx) PutLastMid(ctx context.Context, lane string, mid int64) error {
	if err := t.exec(ctx, putLane, lane, mid); err != nil {
		return fmt.Errorf("count lane %s: %w", lane, err)
	}
	return nil
}
