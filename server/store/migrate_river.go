package store

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// RiverSchema holds the job queue's tables, apart from ours.
const RiverSchema = "river"

// the queue's own migrations grant nothing; repeating a grant is harmless
const grantRiver = `
grant select, insert, update, delete on all tables in schema river to nexus_app;
grant usage, select on all sequences in schema river to nexus_app;
grant execute on all functions in schema river to nexus_app`

func migrateRiver(ctx context.Context, ownerURL string, log *slog.Logger) error {
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect for the job queue's migrations: %w", err)
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: RiverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare the job queue's migrations: %w", err)
	}
	res, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return translate(fmt.Errorf("apply the job queue's migrations: %w", err))
	}
	if _, err := pool.Exec(ctx, grantRiver); err != nil {
		return translate(fmt.Errorf("grant the job queue's tables: %w", err))
	}
	for _, v := range res.Versions {
		log.Info("job queue migration applied", "version", v.Version, "dur_ms", v.Duration.Milliseconds())
	}
	return nil
}
