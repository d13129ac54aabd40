package replication

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/sync/hub"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// pgTx is one scope in one transaction. Under the head's lock nobody else
// writes to the scope, so what was read once stays true: expected rows are read
// together, and all writes go out together in flush.
type pgTx struct {
	tx     pgx.Tx
	tenant string
	scope  string
	now    time.Time
	head   int64 // as last put
	wanted []wire.Op
	rows   map[rowKey]cached
	byOp   map[string]*wire.Result // nil: known not to be there
	mids   map[string]int64        // written in this transaction
	out    pgx.Batch
}

type rowKey struct{ entity, id string }

type cached struct {
	row  merge.Row
	dead bool
}

var (
	_ hub.Tx     = (*pgTx)(nil)
	_ hub.Reader = (*pgTx)(nil)
)

func newTx(tx pgx.Tx, tenantID, scope string, now time.Time) *pgTx {
	return &pgTx{tx: tx, tenant: tenantID, scope: scope, now: now, rows: map[rowKey]cached{}, byOp: map[string]*wire.Result{}, mids: map[string]int64{}}
}

// expect names the operations to come, to be read for once the head is locked.
func (t *pgTx) expect(ops []wire.Op) { t.wanted = ops }

// flush sends all writes; the last call before the commit.
func (t *pgTx) flush(ctx context.Context) error {
	if t.out.Len() == 0 {
		return nil
	}
	if err := t.tx.SendBatch(ctx, &t.out).Close(); err != nil {
		return fmt.Errorf("write %d statements: %w", t.out.Len(), err)
	}
	return nil
}

const (
	readHead = `select seq, epoch, sum from sync_head where tenant_id = $1 and scope = $2`
	// The update changes nothing and locks the row, whether it was there or not.
	lockHead = `insert into sync_head as h (tenant_id, scope) values ($1, $2)
		on conflict (tenant_id, scope) do update set seq = h.seq returning seq, epoch, sum`
	putHead = `update sync_head set seq = $3, sum = $4 where tenant_id = $1 and scope = $2`
)

func scanHead(row pgx.Row) (hub.Head, error) {
	var h hub.Head
	var sum []byte
	err := row.Scan(&h.Seq, &h.Epoch, &sum)
	if errors.Is(err, pgx.ErrNoRows) {
		return hub.Head{Epoch: 1}, nil
	}
	if err != nil {
		return h, err
	}
	h.Sum, err = merge.ParseSum(fmt.Sprintf("%x", sum))
	return h, err
}

// Head implements hub.Reader.
func (t *pgTx) Head(ctx context.Context) (hub.Head, error) {
	return scanHead(t.tx.QueryRow(ctx, readHead, t.tenant, t.scope))
}

// LockHead implements hub.Tx.
func (t *pgTx) LockHead(ctx context.Context) (hub.Head, error) {
	h, err := scanHead(t.tx.QueryRow(ctx, lockHead, t.tenant, t.scope))
	if err != nil {
		return h, err
	}
	t.head = h.Seq
	return h, t.prefetch(ctx)
}

// PutHead implements hub.Tx.
func (t *pgTx) PutHead(_ context.Context, h hub.Head) error {
	if h.Seq == t.head {
		return nil
	}
	t.head = h.Seq
	t.out.Queue(putHead, t.tenant, t.scope, h.Seq, h.Sum.Bytes())
	return nil
}

const (
	readEntries = `select entry::text from sync_op where tenant_id = $1 and scope = $2 and seq > $3 and seq <= $4 order by seq limit $5`
	addEntry    = `insert into sync_op (tenant_id, scope, seq, op_id, entry, at) values ($1, $2, $3, $4, $5::text::json, $6)`
	addLoser    = `insert into sync_superseded (tenant_id, scope, seq, n, entity, id, field, value, op_id, client_id, hlc)
		values ($1, $2, $3, $4, $5, $6, $7, $8::text::json, nullif($9, '')::uuid, nullif($10, '')::uuid, $11)`
	readAcked = `select lane, last_mid from sync_client where tenant_id = $1 and scope = $2 and client_id = $3`
)

// pageBytes bounds what one page holds, so that a page of long messages stays
// small; one entry always fits.
const pageBytes = 4 << 20

// Entries implements hub.Reader.
func (t *pgTx) Entries(ctx context.Context, after, upTo int64, limit int) ([]wire.Entry, error) {
	rows, err := t.tx.Query(ctx, readEntries, t.tenant, t.scope, after, upTo, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []wire.Entry
	for size := 0; size < pageBytes && rows.Next(); {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		var e wire.Entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("read entry after %d: %w", after, err)
		}
		size += len(text)
		out = append(out, e)
	}
	rows.Close()
	return out, rows.Err()
}

// Acked implements hub.Reader.
func (t *pgTx) Acked(ctx context.Context, clientID string) (map[string]int64, error) {
	rows, err := t.tx.Query(ctx, readAcked, t.tenant, t.scope, clientID)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	var lane string
	var mid int64
	_, err = pgx.ForEachRow(rows, []any{&lane, &mid}, func() error {
		out[lane] = mid
		return nil
	})
	return out, err
}

// Append implements hub.Log.
func (t *pgTx) Append(_ context.Context, e wire.Entry) error {
	text, err := wire.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode entry: %w", err)
	}
	t.out.Queue(addEntry, t.tenant, t.scope, e.Seq, e.Op.OpID, string(text), t.now)
	for i, l := range e.Losers {
		t.out.Queue(addLoser, t.tenant, t.scope, e.Seq, i, e.Op.Entity, e.Op.ID, l.Field, string(l.Value), l.OpID, l.ClientID, int64(l.HLC))
	}
	return nil
}
