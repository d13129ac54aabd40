// Package database opens the server's database: the one that the configuration
// names, or else a private cluster in the data folder.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"nexusai/backend/fault"
	"nexusai/server/store"
	"nexusai/server/store/postgres"
)

// Config is what the operator chose.
type Config struct {
	Dir      string       // the data folder; required without URL
	URL      string       // NEXUS_DATABASE_URL: an outside database under the application role; empty: a private cluster
	OwnerURL string       // NEXUS_DATABASE_OWNER_URL: the same database under the schema's owner, for migrations; may be empty
	Log      *slog.Logger // required
	MaxConns int32        // see store.Config
}

// Database is an open, migrated database. Safe for concurrent use.
type Database struct {
	db      *store.DB
	cluster *postgres.Cluster // nil for an outside database
}

// Open starts or attaches to the private cluster if no URL is given, brings the
// schema up to date as far as it has the owner's role, and connects. Without
// that role an outside database that lacks migrations is store.ErrBehind. The
// caller closes the Database.
func Open(ctx context.Context, cfg Config) (*Database, error) {
	d := &Database{}
	app, owner, err := d.locate(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if owner != "" {
		err = store.Migrate(ctx, owner, cfg.Log)
	}
	if err == nil {
		d.db, err = store.Open(ctx, store.Config{URL: app, Log: cfg.Log, MaxConns: cfg.MaxConns})
	}
	if err == nil {
		err = d.db.Current(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Migrate is `nexusctl migrate`: it only brings the schema up to date. An
// outside database needs OwnerURL.
func Migrate(ctx context.Context, cfg Config) error {
	d := &Database{}
	_, owner, err := d.locate(ctx, cfg)
	if err != nil {
		return err
	}
	if owner == "" {
		err = errors.New("set NEXUS_DATABASE_OWNER_URL to the role that owns the schema")
	} else {
		err = store.Migrate(ctx, owner, cfg.Log)
	}
	return errors.Join(err, d.Close())
}

// locate returns the two connection URLs; it starts the private cluster.
func (d *Database) locate(ctx context.Context, cfg Config) (app, owner string, err error) {
	if cfg.URL != "" || cfg.OwnerURL != "" {
		return cfg.URL, cfg.OwnerURL, nil
	}
	d.cluster, err = postgres.Start(ctx, postgres.Config{Dir: cfg.Dir, Log: cfg.Log})
	if err != nil {
		return "", "", fmt.Errorf("start the private database: %w", err)
	}
	return d.cluster.AppURL(), d.cluster.OwnerURL(), nil
}

// Store is the door to the rows.
func (d *Database) Store() *store.DB { return d.db }

// Cluster is the private cluster, or nil for an outside database.
func (d *Database) Cluster() *postgres.Cluster { return d.cluster }

// Ready returns nil when the database answers, fault.Unavailable otherwise; it
// takes two seconds at most.
func (d *Database) Ready(ctx context.Context) error {
	if d.cluster != nil && !d.cluster.Ready() {
		return fault.New(fault.Unavailable, "The database is restarting.", nil)
	}
	return d.db.Ping(ctx)
}

// Close ends the connections and then the private cluster, if this process
// runs it, and waits. The work that uses the database has to be over.
func (d *Database) Close() error {
	if d.db != nil {
		d.db.Close()
	}
	if d.cluster != nil {
		return d.cluster.Stop()
	}
	return nil
}
