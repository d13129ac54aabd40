package localdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// The device asks for the whole log again under a new client id, because what
// it remembers of its own numbering may be lost. Operations keep their ids, so
// those the server has are known to it.
const (
	forgetCursor = `UPDATE sync_state SET cursor = 0, epoch = 0, sum = '', client_id = ?`
	forgetMids   = `UPDATE sync_outbox SET mid = 0, seq = 0, state = 'queued' WHERE state <> 'parked'`
	forgetLanes  = `DELETE FROM sync_lane`
)

// mendSync makes rows and outbox agree again and resets the cursor.
func mendSync(ctx context.Context, dst *DB, found *report) error {
	return dst.Update(ctx, func(tx *sql.Tx) error {
		for _, step := range []struct {
			query string
			args  []any
		}{{forgetCursor, []any{dst.cfg.NewID()}}, {forgetMids, nil}, {forgetLanes, nil}} {
			if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
				return fmt.Errorf("reset sync: %w", err)
			}
		}
		for _, e := range entity.All() {
			if err := rowsFromOutbox(ctx, tx, e, found); err != nil {
				return fmt.Errorf("rebuild %s from the outbox: %w", e.Name, err)
			}
			if err := outboxFromRows(ctx, tx, dst, e); err != nil {
				return fmt.Errorf("rebuild the outbox of %s: %w", e.Name, err)
			}
		}
		return nil
	})
}

// rowsFromOutbox makes rows again whose page is gone and whose creation waits
// in the outbox: the operation holds every word of them.
func rowsFromOutbox(ctx context.Context, tx *sql.Tx, e entity.Entity, found *report) error {
	ops, err := queryTexts(ctx, tx, fmt.Sprintf(
		`SELECT op FROM sync_outbox o WHERE entity = ? AND NOT EXISTS (SELECT 1 FROM %s r WHERE r.id = o.id) ORDER BY n`, e.Name), e.Name)
	if err != nil {
		return err
	}
	for _, text := range ops {
		var op wire.Op
		if json.Unmarshal([]byte(text), &op) != nil || op.Kind != wire.Create {
			continue
		}
		if err := insertFromOp(ctx, tx, e, op); err != nil {
			return err
		}
		found.rebuilt++
		found.lost = slices.DeleteFunc(found.lost, func(item string) bool { return item == e.Name+" "+op.ID })
	}
	return nil
}

func insertFromOp(ctx context.Context, tx *sql.Tx, e entity.Entity, op wire.Op) error {
	columns := []string{"id", "scope", "ver", "field_ver", "pending"}
	args := []any{op.ID, op.Scope, 0, "{}", 1}
	for _, f := range e.Fields {
		raw, ok := op.Fields[f.Name]
		if !ok {
			raw = f.Zero()
		}
		value, err := column(f, raw)
		if err != nil {
			return nil //nolint:nilerr // the server would refuse this operation as well; it stays in the outbox
		}
		columns, args = append(columns, f.Name), append(args, value)
	}
	query := fmt.Sprintf(`INSERT OR IGNORE INTO %s (%s) VALUES (?%s)`, e.Name, strings.Join(columns, ", "), strings.Repeat(", ?", len(args)-1))
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO sync_shadow (entity, id, doc) VALUES (?, ?, NULL)`, e.Name, op.ID)
	return err
}

// column is the SQLite value of a field's JSON.
func column(f entity.Field, raw json.RawMessage) (any, error) {
	raw, err := f.Canonical(raw)
	if err != nil {
		return nil, err
	}
	var v any
	switch {
	case string(raw) == "null":
	case f.Type == entity.Int:
		var n int64
		err = json.Unmarshal(raw, &n)
		v = n
	case f.Type == entity.Bool:
		v = 0
		if string(raw) == "true" {
			v = 1
		}
	default:
		err = json.Unmarshal(raw, &v)
	}
	return v, err
}

// outboxFromRows writes a new creation for rows that the server has never had
// and whose operation is gone: without one they would never leave the device.
func outboxFromRows(ctx context.Context, tx *sql.Tx, dst *DB, e entity.Entity) error {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Name
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(
		`SELECT id, scope, %s FROM %s r WHERE ver = 0 AND NOT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.entity = ? AND o.id = r.id) ORDER BY n`,
		strings.Join(names, ", "), e.Name), e.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ops []wire.Op
	for rows.Next() {
		row, err := scanAny(rows, len(names)+2)
		if err != nil {
			return err
		}
		op, err := creation(e, row)
		if err != nil {
			return err
		}
		ops = append(ops, op)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, op := range ops {
		op.OpID, op.Lane, op.SchemaV = dst.cfg.NewID(), e.Lane, entity.SchemaVersion
		op.HLC = wire.HLC(dst.cfg.Now().UnixMilli() << 16)
		if err := enqueue(ctx, tx, op); err != nil {
			return err
		}
	}
	return nil
}

func creation(e entity.Entity, row []any) (wire.Op, error) {
	fields := map[string]any{}
	for i, f := range e.Fields {
		v := row[i+2]
		if n, ok := v.(int64); ok && f.Type == entity.Bool {
			v = n != 0
		}
		fields[f.Name] = v
	}
	id, _ := row[0].(string) // plausible has seen that these are texts
	scope, _ := row[1].(string)
	op, err := wire.NewCreate(e.Name, id, fields)
	op.Scope = scope
	return op, err
}

func enqueue(ctx context.Context, tx *sql.Tx, op wire.Op) error {
	text, err := json.Marshal(op)
	if err != nil {
		return fmt.Errorf("encode an operation: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO sync_outbox (op_id, lane, entity, id, state, size, op) VALUES (?, ?, ?, ?, 'queued', ?, ?)`,
		op.OpID, op.Lane, op.Entity, op.ID, len(text), string(text)); err != nil {
		return err
	}
	for _, query := range []string{
		`INSERT OR IGNORE INTO sync_shadow (entity, id, doc) VALUES (?1, ?2, NULL)`,
		`UPDATE ` + op.Entity + ` SET pending = 1 WHERE id = ?2 AND ?1 <> ''`,
	} {
		if _, err := tx.ExecContext(ctx, query, op.Entity, op.ID); err != nil {
			return err
		}
	}
	return nil
}

func queryTexts(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func isID(s string) bool { return entity.IsID(s) }
