package limit_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/server/limit"
	"nexusai/server/limit/limittest"
	"nexusai/server/store/storetest"
)

func TestLeases(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	limittest.Run(t, func(t *testing.T) limittest.World {
		return limittest.World{Tenant: storetest.Tenant(t, db), Slack: 0.05, Process: func(t *testing.T) limit.Counters {
			return running(t, limit.NewLeases(db, quiet, nil))
		}}
	})
}

func TestAnUnusedPartGoesBackAtTheEnd(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	claim := limit.Claim{Key: storetest.Tenant(t, db) + "/r/-", Cost: 1, Limit: 40, Window: 24 * time.Hour}
	one, two := limit.NewLeases(db, quiet, nil), limit.NewLeases(db, quiet, nil)
	mustTake := func(c limit.Counters, n int) {
		t.Helper()
		for i := range n {
			if got, err := c.Take(t.Context(), "h", []limit.Claim{claim}); err != nil || got.Refused >= 0 {
				t.Fatalf("%d of %d: %+v %v", i, n, got, err)
			}
		}
	}
	mustTake(one, 1) // borrows two
	mustTake(two, 38)
	if got, err := two.Take(t.Context(), "h", []limit.Claim{claim}); err != nil || got.Refused != 0 {
		t.Fatalf("what another process holds: %+v %v", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := one.Run(ended); err != nil {
		t.Fatal(err)
	}
	mustTake(two, 1)
}

func TestADeadProcessFreesItsPlaces(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	claim := limit.Claim{Key: tenant + "/r/-", Cost: 1, Limit: 1, Concurrent: true}
	dead, alive := limit.NewLeases(db, quiet, nil), limit.NewLeases(db, quiet, nil)
	if got, err := dead.Take(t.Context(), "h", []limit.Claim{claim}); err != nil || got.Refused >= 0 {
		t.Fatal(got, err)
	}
	if got, err := alive.Take(t.Context(), "h", []limit.Claim{claim}); err != nil || got.Refused != 0 {
		t.Fatal(got, err)
	}
	if err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error { // as time does
		_, err := tx.Exec(t.Context(), `update limit_place set expires_at = now() - interval '1 s'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := alive.Take(t.Context(), "h", []limit.Claim{claim}); err != nil || got.Refused >= 0 {
		t.Error(got, err)
	}
}

func TestRulesAreReadAgain(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	mine, theirs := storetest.Tenant(t, db), storetest.Tenant(t, db)
	book := limit.NewBook(db, quiet, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- book.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if rules, err := book.Rules(t.Context(), mine); err != nil || len(rules) != 0 {
		t.Fatal(rules, err)
	}
	if err := db.Tenant(t.Context(), mine, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into limit_rule (tenant_id, id, holder, measure, amount, window_ms, fail_open)
			values ($1, $2, 'key', 'requests', 60, 60000, true)`, mine, uuid.NewString())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		rules, err := book.Rules(t.Context(), mine)
		if err != nil {
			t.Fatal(err)
		}
		if len(rules) == 1 {
			if r := rules[0]; r.Holder != limit.OfKey || r.Measure != limit.Requests || r.Amount != 60 || r.Window != time.Minute || !r.FailOpen || r.Holds != "" {
				t.Errorf("%+v", r)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a new rule is not seen")
		}
	}
	if rules, err := book.Rules(t.Context(), theirs); err != nil || len(rules) != 0 {
		t.Errorf("another tenant sees %+v %v", rules, err)
	}
}

func TestBucketsOfRemovedLimitsAreCleaned(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	c := limit.NewLeases(db, quiet, nil)
	if _, err := c.Take(t.Context(), "h", []limit.Claim{{Key: tenant + "/" + uuid.NewString() + "/-", Cost: 1, Limit: 9, Window: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		t.Helper()
		if err := db.TenantRead(t.Context(), tenant, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select count(*) from limit_bucket`).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count() != 1 {
		t.Fatal("nothing was lent")
	}
	if err := limit.Cleaner(db)(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("%d buckets are left", n)
	}
}
