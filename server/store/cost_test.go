package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store/storetest"
)

// BenchmarkTransaction shows what entering a tenant adds to a transaction with
// one query.
func BenchmarkTransaction(b *testing.B) {
	db := storetest.Open(b)
	id := storetest.Tenant(b, db)
	const query = `select name from tenant where id = $1`
	b.Run("tenant", func(b *testing.B) {
		for b.Loop() {
			var name string
			err := db.Tenant(b.Context(), id, func(tx pgx.Tx) error {
				return tx.QueryRow(b.Context(), query, id).Scan(&name)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			err := pgx.BeginFunc(b.Context(), db.Pool(), func(tx pgx.Tx) error {
				_, err := tx.Exec(b.Context(), query, id)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
