package replication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// store is the replica's database on the one writer connection.
type store struct{ writer *sql.DB }

var _ replica.Store = (*store)(nil)

// txLimit bounds one transaction, waiting for the connection included.
const txLimit = 30 * time.Second

// Update implements replica.Store. The commit is fsynced before it returns.
func (s *store) Update(ctx context.Context, fn func(replica.Tx) error) error {
	// a caller who gives up must not leave a write half told: it is short
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), txLimit)
	defer cancel()
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(&sqliteTx{tx: tx}); err != nil {
		return errors.Join(err, rollback(tx))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), rollback(tx))
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// sqliteTx is one transaction; see sqliteTx's other files for outbox and rows.
type sqliteTx struct{ tx *sql.Tx }

var _ replica.Tx = (*sqliteTx)(nil)

func (t *sqliteTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, query, args...)
	return err
}

const (
	readState = `SELECT client_id, scope, cursor, epoch, sum, hlc FROM sync_state WHERE one = 1`
	putState  = `INSERT INTO sync_state (one, client_id, scope, cursor, epoch, sum, hlc) VALUES (1, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET client_id = excluded.client_id, scope = excluded.scope, cursor = excluded.cursor,
		epoch = excluded.epoch, sum = excluded.sum, hlc = excluded.hlc`
)

// Meta implements replica.Tx.
func (t *sqliteTx) Meta(ctx context.Context) (replica.Meta, error) {
	var m replica.Meta
	var sum string
	err := t.tx.QueryRowContext(ctx, readState).Scan(&m.ClientID, &m.Scope, &m.Cursor, &m.Epoch, &sum, &m.HLC)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read sync state: %w", err)
	}
	if m.Sum, err = merge.ParseSum(sum); err != nil {
		m.Sum = merge.Sum{} // the next pull finds the difference and repairs it
	}
	return m, nil
}

// PutMeta implements replica.Tx.
func (t *sqliteTx) PutMeta(ctx context.Context, m replica.Meta) error {
	if err := t.exec(ctx, putState, m.ClientID, m.Scope, m.Cursor, m.Epoch, m.Sum.String(), int64(m.HLC)); err != nil {
		return fmt.Errorf("store sync state: %w", err)
	}
	return nil
}

const addSuperseded = `INSERT OR REPLACE INTO sync_superseded (seq, n, entity, id, field, value, op_id, client_id, hlc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

// Keep implements replica.Tx.
func (t *sqliteTx) Keep(ctx context.Context, e wire.Entry) error {
	for i, l := range e.Losers {
		if err := t.exec(ctx, addSuperseded, e.Seq, i, e.Op.Entity, e.Op.ID, l.Field, string(l.Value), l.OpID, l.ClientID, int64(l.HLC)); err != nil {
			return fmt.Errorf("keep a superseded value: %w", err)
		}
	}
	return nil
}

const (
	lastUnknown = `SELECT CASE live WHEN 1 THEN seq ELSE 0 END FROM sync_unknown WHERE entity = ? AND id = ? AND live >= 0 ORDER BY seq DESC LIMIT 1`
	addUnknown  = `INSERT OR REPLACE INTO sync_unknown (seq, entity, id, live, entry) VALUES (?, ?, ?, ?, ?)`
)

// SetAside implements replica.Tx. live is 1 for a write, 0 for a delete and -1
// for an entry that only tells of losers.
func (t *sqliteTx) SetAside(ctx context.Context, e wire.Entry) (int64, error) {
	var before int64
	err := t.tx.QueryRowContext(ctx, lastUnknown, e.Op.Entity, e.Op.ID).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("find an unknown row: %w", err)
	}
	live := 1
	switch e.Op.Kind {
	case wire.Delete:
		live = 0
	case "":
		live = -1
	}
	text, err := wire.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("encode an unknown entry: %w", err)
	}
	if err := t.exec(ctx, addUnknown, e.Seq, e.Op.Entity, e.Op.ID, live, string(text)); err != nil {
		return 0, fmt.Errorf("set an unknown entry aside: %w", err)
	}
	return before, nil
}

const (
	forgetShadows    = `UPDATE sync_shadow SET doc = NULL`
	forgetSuperseded = `DELETE FROM sync_superseded`
	forgetUnknown    = `DELETE FROM sync_unknown`
	rescopeOutbox    = `UPDATE sync_outbox SET op = json_set(op, '$.scope', ?1) WHERE json_extract(op, '$.scope') = ''`
	unfinishedRows   = `SELECT DISTINCT entity, id FROM sync_outbox WHERE state <> 'parked'`
)

// Reset implements replica.Tx.
func (t *sqliteTx) Reset(ctx context.Context) error {
	for _, e := range entity.All() {
		q, err := sqlOf(e.Name)
		if err != nil {
			return err
		}
		for _, query := range []string{q.forget, q.unver} {
			if err := t.exec(ctx, query); err != nil {
				return fmt.Errorf("forget confirmed rows of %s: %w", e.Name, err)
			}
		}
	}
	for _, query := range []string{forgetShadows, forgetSuperseded, forgetUnknown} {
		if err := t.exec(ctx, query); err != nil {
			return fmt.Errorf("forget confirmed rows: %w", err)
		}
	}
	return nil
}

// Rescope implements replica.Tx.
func (t *sqliteTx) Rescope(ctx context.Context, scope string) error {
	for _, e := range entity.All() {
		q, err := sqlOf(e.Name)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, q.rescope, scope); err != nil {
			return fmt.Errorf("give %s its scope: %w", e.Name, err)
		}
	}
	if err := t.exec(ctx, rescopeOutbox, scope); err != nil {
		return fmt.Errorf("give the outbox its scope: %w", err)
	}
	return nil
}

// Unfinished implements replica.Tx.
func (t *sqliteTx) Unfinished(ctx context.Context) ([]journal.RowID, error) {
	rows, err := t.tx.QueryContext(ctx, unfinishedRows)
	if err != nil {
		return nil, fmt.Errorf("list unfinished rows: %w", err)
	}
	defer rows.Close()
	var out []journal.RowID
	for rows.Next() {
		var id journal.RowID
		if err := rows.Scan(&id.Entity, &id.ID); err != nil {
			return nil, fmt.Errorf("list unfinished rows: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
