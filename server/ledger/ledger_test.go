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
	"nexusai/server/store"
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

func TestAnAttemptIsSettledOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant, other := storetest.Tenant(t, db), storetest.Tenant(t, db)
	user, key, call := uuid.NewString(), uuid.NewString(), uuid.NewString()
	now := time.Now().UTC()
	entry := ledger.Entry{
		CallID: call, Attempt: 1, At: now, UserID: user, Model: "m", Deployment: "d", Provider: "p",
		Usage: llm.Usage{Input: 10, Output: 5}, Price: price,
	}
	old, keyed, second := entry, entry, entry
	old.CallID, old.At = uuid.NewString(), now.Add(-24*time.Hour)
	keyed.CallID, keyed.UserID, keyed.KeyID = uuid.NewString(), "", key
	second.Attempt = 2
	var all []ledger.Entry
	for _, lines := range [][]ledger.Entry{
		ledger.Settled(entry, 1000, 75), ledger.Settled(entry, 1000, 80), ledger.Settled(second, 1000, 5), ledger.Settled(old, 0, 75), ledger.Settled(keyed, 100, 40),
	} {
		all = append(all, lines...)
	}
	for round, want := range []int{7, 0} {
		err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
			booked, err := ledger.Book(t.Context(), tx, tenant, all)
			if len(booked) != want {
				t.Errorf("round %d booked %d lines, want %d: %+v", round, len(booked), want, booked)
			}
			return err
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
	}
	for _, tt := range []struct {
		tenant, user, key string
		nano              int64
	}{{tenant, user, "", 80}, {other, user, "", 0}, {tenant, "", key, 40}, {other, "", key, 0}} {
		err := db.TenantRead(t.Context(), tt.tenant, func(tx pgx.Tx) error {
			nano, _, err := ledger.Spend(t.Context(), tx, tt.tenant, tt.user, tt.key, now.Add(-time.Hour))
			if nano != tt.nano {
				t.Errorf("spent %d, want %d", nano, tt.nano)
			}
			return err
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
	}
}

func TestWhatIsFreeHasNoLines(t *testing.T) {
	t.Parallel()
	if lines := ledger.Settled(ledger.Entry{}, 500, 0); len(lines) != 0 {
		t.Errorf("lines %+v", lines)
	}
	if lines := ledger.Settled(ledger.Entry{Unpriced: true}, 0, 0); len(lines) != 1 || lines[0].Kind != ledger.Settle {
		t.Errorf("an unpriced attempt has lines %+v", lines)
	}
}

func TestALineBalancesOrIsRefused(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	lines := ledger.Settled(ledger.Entry{CallID: uuid.NewString(), Attempt: 1, At: time.Now(), Price: price}, 100, 75)
	lines[1].Amount++
	err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
		_, err := ledger.Book(t.Context(), tx, tenant, lines)
		return err
	})
	if !store.Violates(err, "ledger_balances") {
		t.Errorf("a line that does not balance: %v", err)
	}
}

func TestEntriesCannotBeChanged(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	for _, sql := range []string{`update ledger_entry set amount_nano_usd = 0`, `delete from ledger_entry`, `update ledger_price set price = '{}'`, `delete from ledger_price`} {
		err := db.Tenant(context.Background(), tenant, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}
