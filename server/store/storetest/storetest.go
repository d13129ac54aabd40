// Package storetest gives each test a migrated Postgres database of its own.
//
// A test process starts one private cluster when its first test asks, from a
// template folder in the system's temporary directory that all test processes
// share: the template holds an initialised cluster with every migration
// applied, and is made again when a migration changes. Nothing outlives the
// test process: a watchdog stops the cluster and removes its folder.
package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/server/store"
)

var counter atomic.Int64

// Open returns a fresh, migrated database under the application role. It is
// closed and dropped when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	appURL, _ := URLs(t)
	db, err := store.Open(t.Context(), store.Config{URL: appURL, Log: slog.New(slog.DiscardHandler), MaxConns: 8})
	if err != nil {
		t.Fatalf("open the test database: %v", explain(err))
	}
	t.Cleanup(db.Close)
	return db
}

// URLs makes a fresh, migrated database and returns how the application role
// and the schema's owner connect to it; for tests that start nexusd.
func URLs(t testing.TB) (app, owner string) {
	t.Helper()
	return create(t, "template nexus")
}

// Empty makes a database without any migration, owned by the schema's owner.
// Only the extension that an administrator has to create is there.
func Empty(t testing.TB) (app, owner string) {
	t.Helper()
	app, owner = Bare(t)
	statement(t, SuperURL(t, app), "create extension vector")
	return app, owner
}

// Older makes a database as the last program before a migration left it, for
// tests that put rows into it and migrate on.
func Older(t testing.TB, version int) (app, owner string) {
	t.Helper()
	app, owner = Empty(t)
	if err := store.MigrateBelow(t.Context(), owner, version, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatalf("migrate up to %d: %v", version, explain(err))
	}
	return app, owner
}

// Bare makes a database that nobody has prepared.
func Bare(t testing.TB) (app, owner string) {
	t.Helper()
	return create(t, "template template0")
}

// SuperURL connects to the database of appURL as the cluster's superuser, for
// tests that have to look behind row-level security.
func SuperURL(t testing.TB, appURL string) string {
	t.Helper()
	u, err := url.Parse(appURL)
	if err != nil {
		t.Fatalf("read the test database's address: %v", err)
	}
	return shared(t).SuperURL(u.Path[1:])
}

func create(t testing.TB, template string) (app, owner string) {
	t.Helper()
	c := shared(t)
	name := fmt.Sprintf("t%d", counter.Add(1))
	statement(t, c.SuperURL("postgres"), "create database "+name+" owner nexus_owner "+template)
	t.Cleanup(func() { statement(t, c.SuperURL("postgres"), "drop database if exists "+name+" with (force)") })
	return swap(t, c.AppURL(), name), swap(t, c.OwnerURL(), name)
}

// Tenant makes a tenant and returns its id.
func Tenant(t testing.TB, db *store.DB) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	err := db.Tenant(t.Context(), id, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into tenant (id, slug, name) values ($1, $2, 'Acme')`, id, "acme-"+id)
		return err
	})
	if err != nil {
		t.Fatalf("make a tenant: %v", explain(err))
	}
	return id
}

func statement(t testing.TB, url, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // cleanups run after t.Context is over
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("connect to the test cluster: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the statement has answered
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func swap(t testing.TB, address, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("read the test cluster's address: %v", err)
	}
	u.Path = "/" + database
	return u.String()
}
