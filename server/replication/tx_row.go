package replication

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/sync/entity"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// statements are what a table of rows needs; the table's own names are in each
// of them, because statements are never put together.
type statements struct{ read, put, drop string }

var conversationSQL = statements{
	read: `select id::text, to_json(t)::text from conversation t where tenant_id = $1 and scope = $2 and id = any($3)`,
	put: `insert into conversation select * from json_populate_record(null::conversation, $1::text::json)
		on conflict (tenant_id, scope, id) do update set (title, model, pinned, trashed_at, created_at, last_at, extra, ver, field_ver)
		= (excluded.title, excluded.model, excluded.pinned, excluded.trashed_at, excluded.created_at, excluded.last_at, excluded.extra, excluded.ver, excluded.field_ver)`,
	drop: `delete from conversation where tenant_id = $1 and scope = $2 and id = $3`,
}

var messageSQL = statements{
	read: `select id::text, to_json(t)::text from message t where tenant_id = $1 and scope = $2 and id = any($3)`,
	put:  `insert into message select * from json_populate_record(null::message, $1::text::json)`,
	drop: `delete from message where tenant_id = $1 and scope = $2 and id = $3`,
}

var draftSQL = statements{
	read: `select id::text, to_json(t)::text from draft t where tenant_id = $1 and scope = $2 and id = any($3)`,
	put: `insert into draft select * from json_populate_record(null::draft, $1::text::json)
		on conflict (tenant_id, scope, id) do update set (text, updated_at, extra, ver, field_ver)
		= (excluded.text, excluded.updated_at, excluded.extra, excluded.ver, excluded.field_ver)`,
	drop: `delete from draft where tenant_id = $1 and scope = $2 and id = $3`,
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
	readDead = `select entity, id::text from sync_dead where tenant_id = $1 and scope = $2 and id = any($3)`
	addDead  = `insert into sync_dead (tenant_id, scope, entity, id, seq) values ($1, $2, $3, $4, $5) on conflict do nothing`
)

// Row implements hub.Rows.
func (t *pgTx) Row(ctx context.Context, entityName, id string) (merge.Row, bool, error) {
	key := rowKey{entityName, id}
	c, ok := t.rows[key]
	if !ok {
		if err := t.load(ctx, map[string][]string{entityName: {id}}, nil); err != nil {
			return merge.Row{}, false, err
		}
		c = t.rows[key]
	}
	return c.row, c.dead, nil
}

// PutRow implements hub.Rows.
func (t *pgTx) PutRow(_ context.Context, row merge.Row) error {
	q, err := sqlOf(row.Entity)
	if err != nil {
		return err
	}
	doc, err := t.document(row)
	if err != nil {
		return err
	}
	t.rows[rowKey{row.Entity, row.ID}] = cached{row: row}
	t.out.Queue(q.put, string(doc))
	return nil
}

// Bury implements hub.Rows.
func (t *pgTx) Bury(_ context.Context, entityName, id string, seq int64) error {
	q, err := sqlOf(entityName)
	if err != nil {
		return err
	}
	t.rows[rowKey{entityName, id}] = cached{row: merge.Row{Entity: entityName, ID: id}, dead: true}
	t.out.Queue(q.drop, t.tenant, t.scope, id)
	t.out.Queue(addDead, t.tenant, t.scope, entityName, id, seq)
	return nil
}

// prefetch reads, in one round trip, what the expected operations will ask for.
func (t *pgTx) prefetch(ctx context.Context) error {
	ids := map[string][]string{}
	var opIDs []string
	for _, op := range t.wanted {
		e, ok := entity.Find(op.Entity)
		if !ok || !entity.IsID(op.ID) {
			continue
		}
		opIDs = append(opIDs, op.OpID)
		ids[e.Name] = append(ids[e.Name], op.ID)
		for _, ref := range e.Refs {
			var id string
			if json.Unmarshal(op.Fields[ref.Field], &id) == nil && entity.IsID(id) {
				ids[ref.Entity] = append(ids[ref.Entity], id)
			}
		}
	}
	if len(opIDs) == 0 {
		return nil
	}
	return t.load(ctx, ids, opIDs)
}

// load fills the caches with rows by entity and with results by op_id; what is
// not found is remembered as absent.
func (t *pgTx) load(ctx context.Context, ids map[string][]string, opIDs []string) error {
	var b pgx.Batch
	var all []string
	for _, e := range entity.All() {
		if len(ids[e.Name]) == 0 {
			continue
		}
		q, err := sqlOf(e.Name)
		if err != nil {
			return err
		}
		for _, id := range ids[e.Name] {
			t.rows[rowKey{e.Name, id}] = cached{row: merge.Row{Entity: e.Name, ID: id}}
		}
		all = append(all, ids[e.Name]...)
		b.Queue(q.read, t.tenant, t.scope, ids[e.Name]).Query(func(rows pgx.Rows) error { return t.keepRows(e, rows) })
	}
	b.Queue(readDead, t.tenant, t.scope, all).Query(t.keepDead)
	if len(opIDs) > 0 {
		for _, id := range opIDs {
			t.byOp[id] = nil
		}
		b.Queue(readResultsOf, t.tenant, t.scope, opIDs).Query(t.keepResults)
	}
	if err := t.tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("read %d rows: %w", len(all), err)
	}
	return nil
}

func (t *pgTx) keepRows(e entity.Entity, rows pgx.Rows) error {
	var id string
	var doc []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &doc}, func() error {
		row, err := rowOf(e, id, doc)
		t.rows[rowKey{e.Name, id}] = cached{row: row}
		return err
	})
	return err
}

func (t *pgTx) keepDead(rows pgx.Rows) error {
	var name, id string
	_, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error {
		key := rowKey{name, id}
		if c, ok := t.rows[key]; ok {
			c.dead = true
			t.rows[key] = c
		}
		return nil
	})
	return err
}

func (t *pgTx) keepResults(rows pgx.Rows) error {
	for rows.Next() {
		r, err := scanResult(rows)
		if err != nil {
			return err
		}
		t.byOp[r.OpID] = &r
	}
	return rows.Err()
}

// document is the row as one JSON object with the table's columns.
func (t *pgTx) document(row merge.Row) ([]byte, error) {
	e, _ := entity.Find(row.Entity)
	doc := map[string]any{"tenant_id": t.tenant, "scope": t.scope, "id": row.ID, "ver": row.Ver, "field_ver": row.Stamps}
	extra := map[string]json.RawMessage{}
	for name, value := range row.Fields {
		if _, known := e.Field(name); known {
			doc[name] = value
			continue
		}
		extra[name] = value
	}
	doc["extra"] = extra
	data, err := wire.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode row: %w", err)
	}
	return data, nil
}

// rowOf reads what to_json made of a row; values come back in canonical form.
func rowOf(e entity.Entity, id string, doc []byte) (merge.Row, error) {
	var cols map[string]json.RawMessage
	if err := json.Unmarshal(doc, &cols); err != nil {
		return merge.Row{}, fmt.Errorf("read row: %w", err)
	}
	row := merge.Row{Entity: e.Name, ID: id, Fields: map[string]json.RawMessage{}}
	err := errors.Join(json.Unmarshal(cols["extra"], &row.Fields), json.Unmarshal(cols["ver"], &row.Ver), json.Unmarshal(cols["field_ver"], &row.Stamps))
	if err != nil {
		return merge.Row{}, fmt.Errorf("read row: %w", err)
	}
	for _, f := range e.Fields {
		if row.Fields[f.Name], err = f.Canonical(cols[f.Name]); err != nil {
			return merge.Row{}, fmt.Errorf("read row: %w", err)
		}
	}
	return row, nil
}
