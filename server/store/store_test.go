package store_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store/storetest"
)

func TestTenantSeesOnlyItsOwnRows(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	a, b := storetest.Tenant(t, db), storetest.Tenant(t, db)
	count := func(tx pgx.Tx) (ids []string) {
		rows, err := tx.Query(t.Context(), `select id from tenant`)
		if err != nil {
			t.Fatal(err)
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	for _, tenant := range []string{a, b} {
		err := db.TenantRead(t.Context(), tenant, func(tx pgx.Tx) error {
			if got := count(tx); len(got) != 1 || got[0] != tenant {
				t.Errorf("tenant %s sees %v", tenant, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := db.System(t.Context(), func(tx pgx.Tx) error {
		if got := count(tx); len(got) != 0 {
			t.Errorf("without a tenant these are visible: %v", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTenantRollsBackOnError(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	id := storetest.Tenant(t, db)
	boom := errors.New("boom")
	err := db.Tenant(t.Context(), id, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `update tenant set name = 'Changed' where id = $1`, id); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want the function's own error", err)
	}
	var name string
	err = db.TenantRead(t.Context(), id, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select name from tenant where id = $1`, id).Scan(&name)
	})
	if err != nil || name != "Acme" {
		t.Fatalf("name = %q, err = %v; want the old name", name, err)
	}
}
