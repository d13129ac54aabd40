package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// How long what is over is kept: sessions for a look back, revocations until
// every process has surely heard of them.
const (
	keepSessions    = 30 * 24 * time.Hour
	keepLinks       = 30 * 24 * time.Hour
	keepRevocations = time.Hour
)

const (
	cleanTickets     = `delete from socket_ticket where expires_at < $1`
	cleanLinks       = `delete from one_time_link where least(expires_at, used_at) < $1`
	cleanSessions    = `delete from user_session where least(expires_at, revoked_at) < $1`
	cleanRevocations = `delete from revocation where at < $1`
	cleanAttempts    = `delete from sign_in_attempt where last_at < $1`
)

// Clean removes tokens that are long over. A job calls it about once an hour;
// it goes on after a tenant that fails, and returns the first error.
func (s *Service) Clean(ctx context.Context) error {
	now := s.now()
	var tenants []string
	err := s.db.System(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, cleanAttempts, now.Add(-forgetTries)); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select id::text from nexus.tenant_ids() as t(id)`)
		if err != nil {
			return err
		}
		tenants, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return fmt.Errorf("clean the tries to sign in: %w", err)
	}
	for _, id := range tenants {
		if failed := s.db.Tenant(ctx, id, func(tx pgx.Tx) error { return cleanTenant(ctx, tx, now) }); failed != nil && err == nil {
			err = fmt.Errorf("clean the tokens of tenant %s: %w", id, failed)
		}
	}
	return err
}

func cleanTenant(ctx context.Context, tx pgx.Tx, now time.Time) error {
	for _, c := range []struct {
		sql    string
		before time.Time
	}{
		{cleanTickets, now}, {cleanLinks, now.Add(-keepLinks)}, {cleanSessions, now.Add(-keepSessions)},
		{cleanRevocations, time.Now().Add(-keepRevocations)}, // written by the database's clock
	} {
		if _, err := tx.Exec(ctx, c.sql, c.before); err != nil {
			return err
		}
	}
	return nil
}
