package calllog_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/calllog"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// shaky is a database that breaks off two of its first transactions after their
// work was done and before that was committed.
type shaky struct {
	*store.DB
	begun atomic.Int64
}

func (s *shaky) Tenant(ctx context.Context, id string, fn func(pgx.Tx) error) error {
	n := s.begun.Add(1)
	broken := n == 2 || n == 5
	return s.DB.Tenant(ctx, id, func(tx pgx.Tx) error {
		if err := fn(tx); err != nil || !broken {
			return err
		}
		return fault.New(fault.Unavailable, "The database cannot be reached right now.", errors.New("broken off"))
	})
}

// TestALongBacklogIsStoredWhole: what an earlier process left goes to the
// database in many batches of several tenants, some of which fail and are
// repeated, and each call and each of its ledger's lines is there once.
func TestALongBacklogIsStoredWhole(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	calls := map[string]int{storetest.Tenant(t, db): 1700, storetest.Tenant(t, db): 600, storetest.Tenant(t, db): 3}
	dir := t.TempDir()
	before := unstarted(t, dir)
	for tenant, n := range calls {
		for range n {
			before.Begin(call(tenant, "m")).End(priced)
		}
	}
	book, err := calllog.Open(calllog.Config{DB: &shaky{DB: db}, Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	run(t, book)
	for tenant, n := range calls {
		stored(t, db, tenant, "inference_log", n)
		stored(t, db, tenant, "inference_attempt", n)
		stored(t, db, tenant, "ledger_entry", n)
	}
}
