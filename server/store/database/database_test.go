package database_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nexusai/server/store"
	"nexusai/server/store/database"
	"nexusai/server/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t *testing.T, cfg database.Config) *database.Database {
	t.Helper()
	cfg.Log = quiet
	d, err := database.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestPrivateDatabaseFromNothing(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "nxdb") // reachable for PostgreSQL's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "server")
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	server := open(t, database.Config{Dir: data})
	tool := open(t, database.Config{Dir: data}) // nexusctl beside a running nexusd
	id := storetest.Tenant(t, tool.Store())
	if err := tool.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Ready(t.Context()); err != nil {
		t.Errorf("after the tool left: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Ready(t.Context()); err == nil {
		t.Error("ready after Close")
	}
	if id == "" || server.Cluster().PID() != 0 {
		t.Error("the cluster outlived its owner")
	}
}

func TestOutsideDatabase(t *testing.T) {
	t.Parallel()
	app, owner := storetest.Empty(t)
	_, err := database.Open(t.Context(), database.Config{URL: app, Log: quiet})
	if !errors.Is(err, store.ErrBehind) || !strings.Contains(err.Error(), "nexusctl migrate") {
		t.Errorf("without migrations and without the owner: %v, want ErrBehind that names the command", err)
	}
	if err := database.Migrate(t.Context(), database.Config{URL: app, Log: quiet}); err == nil || !strings.Contains(err.Error(), "NEXUS_DATABASE_OWNER_URL") {
		t.Errorf("migrate without the owner: %v", err)
	}
	if err := database.Migrate(t.Context(), database.Config{URL: app, OwnerURL: owner, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	d := open(t, database.Config{URL: app})
	if err := d.Ready(t.Context()); err != nil || d.Cluster() != nil {
		t.Errorf("ready: %v, cluster %v; want an outside database that answers", err, d.Cluster())
	}
}
