package main

import (
	"context"
	"fmt"
	"log/slog"

	"nexusai/server/store"
	"nexusai/server/store/postgres"
)

// openDatabase uses the configured PostgreSQL or starts the private one, brings
// the schema up to date and connects. cluster is nil for an outside one.
func openDatabase(ctx context.Context, s settings, log *slog.Logger) (db *store.DB, cluster *postgres.Cluster, err error) {
	url, owner := s["database_url"].text, s["database_owner_url"].text
	if url == "" {
		if cluster, err = postgres.Start(ctx, postgres.Config{Dir: s["data"].text, Log: log}); err != nil {
			return nil, nil, fmt.Errorf("start the database: %w", err)
		}
		url, owner = cluster.AppURL(), cluster.OwnerURL()
	}
	if owner != "" {
		if err = store.Migrate(ctx, owner, log); err != nil {
			return nil, cluster, fmt.Errorf("migrate the database: %w", err)
		}
	}
	if db, err = store.Open(ctx, store.Config{URL: url, Log: log}); err != nil {
		return nil, cluster, fmt.Errorf("open the database: %w", err)
	}
	if err = db.Current(ctx); err != nil {
		db.Close()
		return nil, cluster, err
	}
	return db, cluster, nil
}
