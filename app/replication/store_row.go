package replication

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"nexusai/sync/entity"
	"nexusai/sync/merge"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// statements are what a table of rows needs. The field columns stand in the
// order of the entity table.
type statements struct{ read, put, drop, forget, unver, rescope string }

var conversationSQL = statements{
	read: `SELECT title, model, pinned, trashed_at, created_at, last_at, extra, ver, field_ver FROM conversation WHERE id = ?`,
	put: `INSERT INTO conversation (n, id, scope, title, model, pinned, trashed_at, created_at, last_at, extra, ver, field_ver, pending)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET title = excluded.title, model = excluded.model, pinned = excluded.pinned, trashed_at = excluded.trashed_at,
		created_at = excluded.created_at, last_at = excluded.last_at, extra = excluded.extra, ver = excluded.ver, field_ver = excluded.field_ver, pending = excluded.pending`,
	drop:    `DELETE FROM conversation WHERE id = ?`,
	forget:  `DELETE FROM conversation WHERE pending = 0`,
	unver:   `UPDATE conversation SET ver = 0`,
	rescope: `UPDATE conversation SET scope = ? WHERE scope = ''`,
}

var messageSQL = statements{
	read: `SELECT conversation_id, parent_id, role, text, model, finish, error_code, input_tokens, output_tokens, cost_nano_usd, run_id, created_at,
		extra, ver, field_ver FROM message WHERE id = ?`,
	put: `INSERT INTO message (n, id, scope, conversation_id, parent_id, role, text, model, finish, error_code, input_tokens, output_tokens, cost_nano_usd,
		run_id, created_at, extra, ver, field_ver, pending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET conversation_id = excluded.conversation_id, parent_id = excluded.parent_id, role = excluded.role, text = excluded.text,
		model = excluded.model, finish = excluded.finish, error_code = excluded.error_code, input_tokens = excluded.input_tokens,
		output_tokens = excluded.output_tokens, cost_nano_usd = excluded.cost_nano_usd, run_id = excluded.run_id, created_at = excluded.created_at,
		extra = excluded.extra, ver = excluded.ver, field_ver = excluded.field_ver, pending = excluded.pending`,
	drop:    `DELETE FROM message WHERE id = ?`,
	forget:  `DELETE FROM message WHERE pending = 0`,
	unver:   `UPDATE message SET ver = 0`,
	rescope: `UPDATE message SET scope = ? WHERE scope = ''`,
}

var draftSQL = statements{
	read: `SELECT text, updated_at, extra, ver, field_ver FROM draft WHERE id = ?`,
	put: `INSERT INTO draft (n, id, scope, text, updated_at, extra, ver, field_ver, pending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at, extra = excluded.extra, ver = excluded.ver,
		field_ver = excluded.field_ver, pending = excluded.pending`,
	drop:    `DELETE FROM draft WHERE id = ?`,
	forget:  `DELETE FROM draft WHERE pending = 0`,
	unver:   `UPDATE draft SET ver = 0`,
	rescope: `UPDATE draft SET scope = ? WHERE scope = ''`,
}

func sqlOf(entityName string) (statements, error) {
	switch entityName {
	case entity.Conversations:
		return conversationSQL, nil
	case entity.Messages:
		return messageSQL, nil
	case entity.Drafts:
		return draftSQL, nil
	}
	return statements{}, fmt.Errorf("no table for entity %q", entityName)
}

const (
	readShadow = `SELECT doc FROM sync_shadow WHERE entity = ? AND id = ?`
	putShadow  = `INSERT INTO sync_shadow (entity, id, doc) VALUES (?, ?, ?) ON CONFLICT (entity, id) DO UPDATE SET doc = excluded.doc`
	dropShadow = `DELETE FROM sync_shadow WHERE entity = ? AND id = ?`
)

// Slot implements replica.Tx. Without a shadow the row in its table is the
// confirmed one.
func (t *sqliteTx) Slot(ctx context.Context, entityName, id string) (replica.Slot, error) {
	var slot replica.Slot
	q, err := sqlOf(entityName)
	if err != nil {
		return slot, err
	}
	e, _ := entity.Find(entityName)
	none := merge.Row{Entity: entityName, ID: id}
	if slot.View, err = readRow(e, id, t.tx.QueryRowContext(ctx, q.read, id)); err != nil {
		return slot, fmt.Errorf("read %s: %w", entityName, err)
	}
	var doc sql.NullString
	err = t.tx.QueryRowContext(ctx, readShadow, entityName, id).Scan(&doc)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		slot.Confirmed = slot.View
		return slot, nil
	case err != nil:
		return slot, fmt.Errorf("read confirmed %s: %w", entityName, err)
	}
	slot.Pending, slot.Confirmed = true, none
	if doc.Valid {
		if err := json.Unmarshal([]byte(doc.String), &slot.Confirmed); err != nil {
			return slot, fmt.Errorf("read confirmed %s: %w", entityName, err)
		}
	}
	return slot, nil
}

// PutSlot implements replica.Tx.
func (t *sqliteTx) PutSlot(ctx context.Context, scope string, s replica.Slot) error {
	name, id := s.View.Entity, s.View.ID
	if err := t.putRow(ctx, scope, s); err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	var err error
	switch {
	case !s.Pending || (!s.View.Exists() && !s.Confirmed.Exists()):
		err = t.exec(ctx, dropShadow, name, id)
	case !s.Confirmed.Exists():
		err = t.exec(ctx, putShadow, name, id, nil)
	default:
		var doc []byte
		if doc, err = wire.Marshal(s.Confirmed); err == nil {
			err = t.exec(ctx, putShadow, name, id, string(doc))
		}
	}
	if err != nil {
		return fmt.Errorf("store confirmed %s: %w", name, err)
	}
	return nil
}

// tries bounds how many rows may be made in one tick of the row number.
const tries = 4096

func (t *sqliteTx) putRow(ctx context.Context, scope string, s replica.Slot) error {
	q, err := sqlOf(s.View.Entity)
	if err != nil {
		return err
	}
	if !s.View.Exists() {
		return t.exec(ctx, q.drop, s.View.ID)
	}
	args, err := columns(s)
	if err != nil {
		return err
	}
	args = append([]any{number(s.View.ID), s.View.ID, scope}, args...)
	for range tries {
		err = t.exec(ctx, q.put, args...)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code() != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
			return err
		}
		args[0] = args[0].(int64) + 1 // another row has that number
	}
	return err
}

// number is the rowid of a row: the milliseconds of its UUIDv7, then 15 bits of
// what follows, so that a larger one is newer.
func number(id string) int64 {
	hex := strings.ReplaceAll(id, "-", "")
	ms, errMS := strconv.ParseInt(hex[:12], 16, 64)
	rest, errRest := strconv.ParseInt(hex[13:17], 16, 64) // after the version digit
	if errMS != nil || errRest != nil {
		return 0
	}
	return (ms<<15 | rest>>1&0x7fff) &^ (1 << 62)
}

// columns are a row's values from the first field to pending.
func columns(s replica.Slot) ([]any, error) {
	e, _ := entity.Find(s.View.Entity)
	var args []any
	extra := map[string]json.RawMessage{}
	for name, value := range s.View.Fields {
		if _, known := e.Field(name); !known {
			extra[name] = value
		}
	}
	for _, f := range e.Fields {
		v, err := toSQL(f, s.View.Fields[f.Name])
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	extraText, errExtra := wire.Marshal(extra)
	stamps, errStamps := wire.Marshal(s.View.Stamps)
	return append(args, string(extraText), s.View.Ver, string(stamps), s.Pending), errors.Join(errExtra, errStamps)
}

func toSQL(f entity.Field, raw json.RawMessage) (any, error) {
	if raw == nil {
		raw = f.Zero()
	}
	if string(raw) == "null" {
		return nil, nil
	}
	var err error
	switch f.Type {
	case entity.Int:
		var n int64
		err = json.Unmarshal(raw, &n)
		return n, err
	case entity.Bool:
		return string(raw) == "true", nil
	}
	var s string
	err = json.Unmarshal(raw, &s)
	return s, err
}

func readRow(e entity.Entity, id string, from *sql.Row) (merge.Row, error) {
	row := merge.Row{Entity: e.Name, ID: id}
	values := make([]any, len(e.Fields))
	var extra, stamps string
	dst := make([]any, 0, len(values)+3)
	for i := range values {
		dst = append(dst, &values[i])
	}
	err := from.Scan(append(dst, &extra, &row.Ver, &stamps)...)
	if errors.Is(err, sql.ErrNoRows) {
		return row, nil
	}
	if err != nil {
		return row, err
	}
	if err := errors.Join(json.Unmarshal([]byte(extra), &row.Fields), json.Unmarshal([]byte(stamps), &row.Stamps)); err != nil {
		return row, err
	}
	if row.Fields == nil {
		row.Fields = map[string]json.RawMessage{}
	}
	for i, f := range e.Fields {
		if row.Fields[f.Name], err = fromSQL(f, values[i]); err != nil {
			return row, err
		}
	}
	return row, nil
}

func fromSQL(f entity.Field, v any) (json.RawMessage, error) {
	switch v := v.(type) {
	case nil:
		return json.RawMessage("null"), nil
	case int64:
		if f.Type == entity.Bool {
			return strconv.AppendBool(nil, v != 0), nil
		}
		return strconv.AppendInt(nil, v, 10), nil
	case string:
		return entity.Quote(v), nil
	case []byte:
		return entity.Quote(string(v)), nil
	}
	return nil, fmt.Errorf("column %s holds a %T", f.Name, v)
}
