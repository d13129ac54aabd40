package replication_test

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"nexusai/app/localdb"
	"nexusai/app/replication"
	"nexusai/sync/replica"
	"nexusai/sync/replica/replicatest"
)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func openDB(t testing.TB, path string) *localdb.DB {
	t.Helper()
	db, err := localdb.Open(t.Context(), localdb.Config{Path: path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // twice is fine: some tests close it themselves
	return db
}

func tempDB(t testing.TB) *localdb.DB {
	t.Helper()
	return openDB(t, filepath.Join(t.TempDir(), "local.db"))
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	t.Parallel()
	replicatest.Run(t, func(t *testing.T) replica.Store { return replication.NewStore(tempDB(t).Writer()) })
}

func count(t testing.TB, db *sql.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
