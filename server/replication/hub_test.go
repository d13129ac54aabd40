package replication_test

import (
	"log/slog"
	"testing"

	"github.com/google/uuid"

	"nexusai/server/replication"
	"nexusai/server/store/storetest"
	"nexusai/sync/hub/hubtest"
)

func newHub(t testing.TB) (*replication.Hub, string) {
	t.Helper()
	db := storetest.Open(t)
	h, err := replication.New(replication.Config{DB: db, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return h, storetest.Tenant(t, db)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func TestPostgresKeepsTheContract(t *testing.T) {
	t.Parallel()
	h, tenant := newHub(t)
	hubtest.Run(t, func(*testing.T) hubtest.Store {
		return replication.ScopeStore{Hub: h, Tenant: tenant, Scope: replication.UserScope(newID())}
	})
}
