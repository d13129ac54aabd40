package calllog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"nexusai/backend/fault"
	"nexusai/server/ledger"
)

// maxBatch bounds the calls that one transaction stores.
const maxBatch = 500

const insertCall = `
insert into inference_log (tenant_id, at, id, surface, operation, model, deployment, user_id, key_id, streamed,
    state, error_code, input_tokens, output_tokens, cached_tokens, estimated, latency_ms, first_ms,
    cost_nano_usd, unpriced, attempts, request_id)
values ($1, $2, $3, $4, $5, $6, $7, nullif($8, '')::uuid, nullif($9, '')::uuid, $10,
    $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
on conflict do nothing`

// storeSegment puts a segment's ended calls into the database. It may be
// repeated: what is there already stays as it is.
func (b *Book) storeSegment(ctx context.Context, name string) error {
	groups := map[string][]*Call{}
	_, err := readSegment(name, func(l line) {
		if l.Ended != nil {
			groups[l.Ended.TenantID] = append(groups[l.Ended.TenantID], l.Ended)
		}
	})
	if err != nil {
		return err
	}
	for tenant, calls := range groups {
		for len(calls) > 0 {
			n := min(len(calls), maxBatch)
			if err := b.storeBatch(ctx, tenant, calls[:n]); err != nil {
				return err
			}
			calls = calls[n:]
		}
	}
	return nil
}

func (b *Book) storeBatch(ctx context.Context, tenant string, calls []*Call) error {
	err := b.insert(ctx, tenant, calls)
	if refused(err) {
		err = b.oneByOne(ctx, tenant, calls)
	}
	if err != nil {
		return fmt.Errorf("store %d calls: %w", len(calls), err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range calls {
		delete(b.recent, c.ID)
	}
	b.stale[tenant] = true
	return nil
}

// refused says that trying again is of no use: the data itself is wrong (SQLSTATE
// classes 22 and 23, PostgreSQL manual, appendix A).
func refused(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

func (b *Book) insert(ctx context.Context, tenant string, calls []*Call) error {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	return b.db.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		var batch pgx.Batch
		for _, c := range calls {
			batch.Queue(insertCall, tenant, c.At, c.ID, c.Surface, c.Operation, c.Model, c.Deployment, c.UserID, c.KeyID, c.Streamed,
				c.State, c.ErrorCode, c.Usage.Input, c.Usage.Output, c.Usage.Cached, c.Usage.Estimated, c.Latency.Milliseconds(), c.First.Milliseconds(),
				c.Cost, c.unpriced(), c.Attempts, c.RequestID)
			if c.settled() {
				ledger.Book(&batch, tenant, c.entry())
			}
		}
		return tx.SendBatch(ctx, &batch).Close()
	})
}

// oneByOne finds the call that the database will never take (its tenant is
// gone) and sets it aside in a file, so that the others do not wait for it.
func (b *Book) oneByOne(ctx context.Context, tenant string, calls []*Call) error {
	for _, c := range calls {
		err := b.insert(ctx, tenant, []*Call{c})
		if !refused(err) {
			if err != nil {
				return err
			}
			continue
		}
		b.log.Error("call record set aside", "call_id", c.ID, "tenant_id", tenant, "err", fault.Cause(err))
		if err := b.setAside(c); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) setAside(c *Call) error {
	data, err := json.Marshal(line{Ended: c})
	if err != nil {
		return fmt.Errorf("encode a call: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(b.journal.dir, "rejected.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("set a call aside: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("set a call aside: %w", err)
	}
	return nil
}
