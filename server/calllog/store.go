package calllog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"nexusai/backend/fault"
	"nexusai/server/ledger"
)

// maxBatch bounds the calls that one transaction stores, and maxGathered those
// that wait for company of their tenant.
const (
	maxBatch    = 500
	maxGathered = 4 * maxBatch
)

// writers is how many batches go to the database at the same time: one backend
// of Postgres stores what about sixteen cores can serve in less than half.
func writers() int { return min(max(runtime.GOMAXPROCS(0)/2, 1), 4) }

const insertCalls = `
insert into inference_log (` + callColumns + `)
select ` + callColumns + ` from json_populate_recordset(null::inference_log, $1) on conflict do nothing`

const insertAttempts = `
insert into inference_attempt (` + attemptColumns + `)
select ` + attemptColumns + ` from json_populate_recordset(null::inference_attempt, $1) on conflict do nothing`

// storeSegment puts a segment's ended calls into the database, however many
// there are, with as much memory as a few batches need. It may be repeated: what
// is there already stays as it is.
func (b *Book) storeSegment(ctx context.Context, name string) error {
	storing, ctx := errgroup.WithContext(ctx)
	storing.SetLimit(writers())
	groups, gathered := map[string][]*Call{}, 0
	store := func(tenant string) {
		calls := groups[tenant]
		delete(groups, tenant)
		gathered -= len(calls)
		storing.Go(func() error { return b.storeBatch(ctx, tenant, calls) }) // waits for one of the others to end
	}
	err := b.journal.endedIn(name, func(c *Call) error {
		groups[c.TenantID] = append(groups[c.TenantID], c)
		gathered++
		if len(groups[c.TenantID]) == maxBatch {
			store(c.TenantID)
		}
		if gathered == maxGathered {
			for tenant := range groups {
				store(tenant)
			}
		}
		return ctx.Err()
	})
	if err == nil {
		for tenant := range groups {
			store(tenant)
		}
	}
	if failed := storing.Wait(); failed != nil {
		return failed // and err is only that the others were told to stop
	}
	return err
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
	callData, attemptData := rows(calls)
	var entries []ledger.Entry
	for _, c := range calls {
		entries = append(entries, c.entries()...)
	}
	return b.db.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertCalls, callData); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertAttempts, attemptData); err != nil {
			return err
		}
		fresh, err := ledger.Book(ctx, tx, tenant, entries)
		if err != nil || len(fresh) == 0 {
			return err
		}
		return b.spent(ctx, tx, tenant, fresh)
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
	f, err := os.OpenFile(filepath.Join(b.journal.dir, "rejected.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("set a call aside: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(line{Ended: c}.encode(nil)); err != nil {
		return fmt.Errorf("set a call aside: %w", err)
	}
	return nil
}
