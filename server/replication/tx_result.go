package replication

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"nexusai/sync/wire"
)

const (
	readMid = `select last_mid from sync_client where tenant_id = $1 and scope = $2 and client_id = $3 and lane = $4`
	putMid  = `insert into sync_client (tenant_id, scope, client_id, lane, last_mid, seen_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (tenant_id, scope, client_id, lane) do update set last_mid = excluded.last_mid, seen_at = excluded.seen_at`
	readResult = `select op_id, mid, status, code, seq from sync_result
		where tenant_id = $1 and scope = $2 and client_id = $3 and lane = $4 and mid = $5`
	readResultOf  = `select op_id, mid, status, code, seq from sync_result where tenant_id = $1 and scope = $2 and op_id = $3 order by at limit 1`
	readResultsOf = `select distinct on (op_id) op_id, mid, status, code, seq from sync_result
		where tenant_id = $1 and scope = $2 and op_id = any($3) order by op_id, at`
	addResult = `insert into sync_result (tenant_id, scope, client_id, lane, mid, op_id, status, code, seq, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
)

// LastMid implements hub.Log. It is called once per transaction for a device,
// and for each operation by the server itself, which remembers its own.
func (t *pgTx) LastMid(ctx context.Context, clientID, lane string) (int64, error) {
	if mid, ok := t.mids[clientID+lane]; ok {
		return mid, nil
	}
	var mid int64
	err := t.tx.QueryRow(ctx, readMid, t.tenant, t.scope, clientID, lane).Scan(&mid)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return mid, err
}

// PutLastMid implements hub.Log.
func (t *pgTx) PutLastMid(_ context.Context, clientID, lane string, mid int64) error {
	t.mids[clientID+lane] = mid
	t.out.Queue(putMid, t.tenant, t.scope, clientID, lane, mid, t.now)
	return nil
}

func scanResult(row pgx.Row) (wire.Result, error) {
	var r wire.Result
	err := row.Scan(&r.OpID, &r.Mid, &r.Status, &r.Code, &r.Seq)
	return r, err
}

// Result implements hub.Log.
func (t *pgTx) Result(ctx context.Context, clientID, lane string, mid int64) (wire.Result, bool, error) {
	return found(scanResult(t.tx.QueryRow(ctx, readResult, t.tenant, t.scope, clientID, lane, mid)))
}

func found(r wire.Result, err error) (wire.Result, bool, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return wire.Result{}, false, nil
	}
	return r, err == nil, err
}

// ResultOf implements hub.Log.
func (t *pgTx) ResultOf(ctx context.Context, opID string) (wire.Result, bool, error) {
	if r, known := t.byOp[opID]; known {
		if r == nil {
			return wire.Result{}, false, nil
		}
		return *r, true, nil
	}
	return found(scanResult(t.tx.QueryRow(ctx, readResultOf, t.tenant, t.scope, opID)))
}

// PutResult implements hub.Log.
func (t *pgTx) PutResult(_ context.Context, clientID, lane string, r wire.Result) error {
	if t.byOp[r.OpID] == nil {
		t.byOp[r.OpID] = &r
	}
	t.out.Queue(addResult, t.tenant, t.scope, clientID, lane, r.Mid, r.OpID, string(r.Status), r.Code, r.Seq, t.now)
	return nil
}
