// Package store is the server's door to Postgres: transactions that see one
// tenant's rows and no other's.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says which database to use and how hard.
type Config struct {
	URL      string        // required: the application role's connection URL
	Log      *slog.Logger  // required
	MaxConns int32         // default 20
	Acquire  time.Duration // longest wait for a free connection; default 5s
	Connect  time.Duration // longest wait for a new connection; default 5s
	Limit    time.Duration // longest statement; default 30s
}

// DB is a pool of connections under the application role. Safe for concurrent use.
type DB struct {
	pool    *pgxpool.Pool
	acquire time.Duration
}

// Open connects and refuses a role to which row-level security does not apply:
// a superuser, a role with BYPASSRLS, or an owner of our tables (ErrPrivileged).
// A database that cannot be reached is fault.Unavailable. The caller closes it.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.URL == "" || cfg.Log == nil {
		return nil, errors.New("store.Config needs URL and Log")
	}
	if cfg.Acquire == 0 {
		cfg.Acquire = 5 * time.Second
	}
	pc, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("prepare database connections: %w", err)
	}
	db := &DB{pool: pool, acquire: cfg.Acquire}
	if err := db.checkRole(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

func poolConfig(cfg Config) (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, errors.New("the database URL cannot be read; it looks like postgres://user:password@host:5432/name") // its own error may hold the password
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 20
	}
	if cfg.Connect == 0 {
		cfg.Connect = 5 * time.Second
	}
	if cfg.Limit == 0 {
		cfg.Limit = 30 * time.Second
	}
	pc.MaxConns = cfg.MaxConns
	pc.ConnConfig.ConnectTimeout = cfg.Connect
	pc.HealthCheckPeriod = 10 * time.Second
	set := pc.ConnConfig.RuntimeParams
	set["application_name"] = "nexusd"
	set["timezone"] = "UTC"
	set["statement_timeout"] = fmt.Sprint(cfg.Limit.Milliseconds())
	set["lock_timeout"] = "10000"
	set["idle_in_transaction_session_timeout"] = "60000"
	return pc, nil
}

// Close waits for running transactions and closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Pool is the raw pool, for the job queue, which keeps its own tables. Rows of
// tenants are not visible through it.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping asks the database for an answer within two seconds (or ctx's deadline,
// if that is sooner); fault.Unavailable when there is none.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := db.pool.Ping(ctx); err != nil {
		return unavailable(fmt.Errorf("ping the database: %w", err))
	}
	return nil
}

// Tenant runs fn once in one transaction that sees and writes only this
// tenant's rows, and commits when fn returns nil. tenantID is a UUID. fn must
// not keep tx. An error of the connection comes back as fault.Unavailable, and
// then a commit may or may not have happened: repeat only what is idempotent.
func (db *DB) Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error {
	return db.within(ctx, tenantID, pgx.TxOptions{}, fn)
}

// TenantRead is Tenant for queries only: the transaction is read-only and all
// its statements see one snapshot.
func (db *DB) TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error {
	return db.within(ctx, tenantID, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead}, fn)
}

// System runs fn in a transaction without a tenant: tables under row-level
// security look empty and refuse writes. It is for security definer functions
// (nexus.tenant_by_slug) and the tables that isolation_exempt.go lists.
func (db *DB) System(ctx context.Context, fn func(pgx.Tx) error) error {
	return db.within(ctx, "", pgx.TxOptions{}, fn)
}

const enterTenant = `select set_config('nexus.tenant_id', $1, true)`

func (db *DB) within(ctx context.Context, tenantID string, opts pgx.TxOptions, fn func(pgx.Tx) error) error {
	wait, cancel := context.WithTimeout(ctx, db.acquire)
	conn, err := db.pool.Acquire(wait)
	cancel()
	if err != nil {
		return busyOr(ctx, err)
	}
	defer conn.Release()
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return translate(fmt.Errorf("begin: %w", err))
	}
	// after a commit this does nothing; before it the caller's ctx may be over
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	if _, err := tx.Exec(ctx, enterTenant, tenantID); err != nil {
		return translate(fmt.Errorf("enter the tenant: %w", err))
	}
	if err := fn(tx); err != nil {
		return translate(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return translate(fmt.Errorf("commit: %w", err))
	}
	return nil
}
