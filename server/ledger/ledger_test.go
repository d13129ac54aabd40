package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
	"nexusai/server/store/storetest"
)

var price = ledger.Price{Known: true, Version: "test", Price: catalog.Price{InputNano: 2_500_000_000, CachedNano: 1_250_000_000, OutputNano: 10_000_000_000}}

func TestCost(t *testing.T) {
	t.Parallel()
	usage := llm.Usage{Input: 1000, Cached: 400, Output: 1000}
	if got := price.Cost(usage); got != 600*2500+400*1250+1000*10_000 {
		t.Errorf("cost %d", got)
	}
	unknown := price
	unknown.Known = false
	if got := unknown.Cost(usage); got != 0 {
		t.Errorf("an unknown price costs %d", got)
	}
}

func TestACallIsSettledOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant, other := storetest.Tenant(t, db), storetest.Tenant(t, db)
	user, key, call := uuid.NewString(), uuid.NewString(), uuid.NewString()
	now := time.Now().UTC()
	entry := ledger.Entry{
		ID: call, CallID: call, Kind: ledger.Settle, At: now, UserID: user, Model: "m", Deployment: "d",
		Usage: llm.Usage{Input: 10, Output: 5}, AmountNanoUSD: 75, PriceVersion: "test",
	}
	again := entry
	again.ID = uuid.NewString()
	old := entry
	old.ID, old.CallID, old.At = uuid.NewString(), uuid.NewString(), now.Add(-24*time.Hour)
	keyed := entry
	keyed.ID, keyed.CallID, keyed.UserID, keyed.KeyID, keyed.AmountNanoUSD = uuid.NewString(), uuid.NewString(), "", key, 40
	err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
		var batch pgx.Batch
		for _, e := range []ledger.Entry{entry, entry, again, old, keyed} {
			ledger.Book(&batch, tenant, e)
		}
		return tx.SendBatch(t.Context(), &batch).Close()
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	for _, tt := range []struct {
		tenant, user, key string
		nano              int64
		calls             int
	}{{tenant, user, "", 75, 1}, {other, user, "", 0, 0}, {tenant, "", key, 40, 1}, {other, "", key, 0, 0}} {
		err := db.TenantRead(t.Context(), tt.tenant, func(tx pgx.Tx) error {
			nano, calls, err := ledger.Spend(t.Context(), tx, tt.tenant, tt.user, tt.key, now.Add(-time.Hour))
			if nano != tt.nano || calls != tt.calls {
				t.Errorf("spent %d in %d calls, want %d in %d", nano, calls, tt.nano, tt.calls)
			}
			return err
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
	}
}

func TestEntriesCannotBeChanged(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	for _, sql := range []string{`update ledger_entry set amount_nano_usd = 0`, `delete from ledger_entry`} {
		err := db.Tenant(context.Background(), tenant, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}
