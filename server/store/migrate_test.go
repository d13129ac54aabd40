package store_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMigrateTwiceAtOnceFromNothing(t *testing.T) {
	t.Parallel()
	app, owner := storetest.Empty(t)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { errs[i] = store.Migrate(t.Context(), owner, quiet) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{URL: app, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Current(t.Context()); err != nil {
		t.Errorf("after Migrate: %v", err)
	}
}

func TestCurrentSaysWhatToRun(t *testing.T) {
	t.Parallel()
	app, _ := storetest.Empty(t)
	db, err := store.Open(t.Context(), store.Config{URL: app, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Current(t.Context()); !errors.Is(err, store.ErrBehind) || !strings.Contains(err.Error(), "nexusctl migrate") {
		t.Errorf("got %v, want ErrBehind that names nexusctl migrate", err)
	}
}

func TestMigrateSaysWhatTheAdministratorHasToDo(t *testing.T) {
	t.Parallel()
	_, owner := storetest.Bare(t)
	if err := store.Migrate(t.Context(), owner, quiet); err == nil || !strings.Contains(err.Error(), "`create extension vector`") {
		t.Errorf("got %v, want the statement to run", err)
	}
}

func TestMigrateRefusesAChangedHistory(t *testing.T) {
	t.Parallel()
	_, owner := storetest.URLs(t)
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `update nexus_migration set sha256 = 'other' where version = 1`); err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context(), owner, quiet); !errors.Is(err, store.ErrDrift) {
		t.Errorf("got %v, want ErrDrift", err)
	}
}
