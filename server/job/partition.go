package job

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store"
)

const maintainPartitions = `select made, dropped from nexus.maintain_partitions()`

// Partitions makes the next months' partitions of the log tables and drops the
// expired ones, daily and at every start.
func Partitions(db *store.DB, log *slog.Logger) Periodic {
	return Periodic{Name: "partitions.maintain", Every: 24 * time.Hour, OnStart: true, Run: func(ctx context.Context) error {
		var made, dropped int
		err := db.System(ctx, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, maintainPartitions).Scan(&made, &dropped)
		})
		if err == nil && made+dropped > 0 {
			log.InfoContext(ctx, "log partitions maintained", "made", made, "dropped", dropped)
		}
		return err
	}}
}
