package content

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/tenant"
)

// maxBatch bounds the bytes of contents in memory while they are stored.
const maxBatch = 4 << 20

// flush stores every segment that is closed, oldest first.
func (b *Book) flush(ctx context.Context) error {
	if err := b.spool.turn(); err != nil {
		return err
	}
	names, err := b.spool.segments()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := b.storeSegment(ctx, name); err != nil {
			return err
		}
		if err := b.spool.remove(name); err != nil {
			return err
		}
	}
	return nil
}

// storeSegment may be repeated: what is there already stays as it is.
func (b *Book) storeSegment(ctx context.Context, name string) error {
	batch := map[string][]entry{} // by tenant
	size := 0
	bad, err := readSegment(name, func(e entry) error {
		batch[e.Tenant] = append(batch[e.Tenant], e)
		if size += len(e.Sealed); size < maxBatch {
			return nil
		}
		full := batch
		batch, size = map[string][]entry{}, 0
		return b.storeAll(ctx, full)
	})
	if bad > 0 {
		b.Log.Warn("the contents of calls hold unreadable lines", "count", bad)
	}
	if err != nil {
		return err
	}
	return b.storeAll(ctx, batch)
}

func (b *Book) storeAll(ctx context.Context, batch map[string][]entry) error {
	for tenantID, entries := range batch {
		err := b.store(ctx, tenantID, entries)
		if refused(err) {
			err = b.oneByOne(ctx, tenantID, entries)
		}
		if err != nil {
			return fmt.Errorf("store the contents of %d calls: %w", len(entries), err)
		}
		b.Hint(tenantID, httpapi.Hint{Topic: "logs"})
	}
	return nil
}

// oneByOne drops what the database will never take, so that the others do not
// wait for it.
func (b *Book) oneByOne(ctx context.Context, tenantID string, entries []entry) error {
	for _, e := range entries {
		err := b.store(ctx, tenantID, []entry{e})
		if err != nil && !refused(err) {
			return err
		}
		if err != nil {
			b.Log.Error("contents of a call cannot be stored", "call_id", e.Call, "tenant_id", tenantID, "err", fault.Cause(err))
		}
	}
	return nil
}

// refused says that trying again is of no use: the data itself is wrong (SQLSTATE
// classes 22 and 23, PostgreSQL manual, appendix A).
func refused(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

const (
	// holdTenant keeps the policy and the erasures as they are until what was
	// decided by them is committed.
	holdTenant = `select from tenant for share`
	erasures   = `select holder::text, at from content_erasure where tenant_id = $1`
	insert     = `
insert into call_content (tenant_id, at, call_id, holder, sealed, expires_at)
select $1::uuid, * from unnest($2::timestamptz[], $3::uuid[], $4::uuid[], $5::bytea[], $6::timestamptz[])
on conflict do nothing`
)

// store inserts what the policy and the erasures still allow. The contents of a
// tenant that is gone go with it.
func (b *Book) store(ctx context.Context, tenantID string, entries []entry) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		held, err := tx.Exec(ctx, holdTenant)
		if err != nil || held.RowsAffected() == 0 {
			return err
		}
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil || !settings.Kept().Keep {
			return err
		}
		gone, err := readErasures(ctx, tx, tenantID)
		if err != nil {
			return err
		}
		var at, until []time.Time
		var calls, holders []string
		var sealed [][]byte
		for _, e := range entries {
			if gone.cover(e.Holder, e.At) {
				continue
			}
			at, calls, holders = append(at, e.At), append(calls, e.Call), append(holders, e.Holder)
			sealed, until = append(sealed, e.Sealed), append(until, e.Until)
		}
		_, err = tx.Exec(ctx, insert, tenantID, at, calls, holders, sealed, until)
		return err
	})
}

// everybody is the holder of an erasure of all contents.
var everybody = uuid.Nil.String()

// erased is when whose contents were deleted.
type erased map[string]time.Time

func readErasures(ctx context.Context, tx pgx.Tx, tenantID string) (erased, error) {
	rows, err := tx.Query(ctx, erasures, tenantID)
	if err != nil {
		return nil, fmt.Errorf("read whose contents were deleted: %w", err)
	}
	out := erased{}
	var holder string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&holder, &at}, func() error {
		out[holder] = at
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read whose contents were deleted: %w", err)
	}
	return out, nil
}

// cover says whether the contents of a call that began at at were deleted.
func (e erased) cover(holder string, at time.Time) bool {
	return !at.After(e[everybody]) || !at.After(e[holder])
}
