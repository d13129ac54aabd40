package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
)

const ticketLife = 30 * time.Second

const insertTicket = `
insert into socket_ticket (tenant_id, hash, session_id, expires_at)
select nexus.tenant_id(), $1, id, $3 from user_session where id = $2 and revoked_at is null`

// Ticket lets the caller's session open one WebSocket.
func (s *Service) Ticket(ctx context.Context, c httpapi.Caller) (httpapi.Ticket, error) {
	if c.SessionID == "" {
		return httpapi.Ticket{}, errKeyHasNone
	}
	token, hash, err := newChance(ticketPrefix, c.TenantID)
	if err != nil {
		return httpapi.Ticket{}, err
	}
	expires := s.now().Add(ticketLife).UTC()
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, insertTicket, hash, c.SessionID, expires)
		if err != nil {
			return fmt.Errorf("insert a ticket: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errRefused
		}
		return nil
	})
	return httpapi.Ticket{Ticket: token, ExpiresAt: expires}, err
}

const takeTicket = `delete from socket_ticket where hash = $1 returning session_id::text, expires_at`

// Redeem uses a ticket up and returns whom it was made for, without IP and
// UserAgent. fault.Unauthenticated for one that was used, is too old or is not
// ours.
func (a *Authenticator) Redeem(ctx context.Context, ticket string) (httpapi.Caller, error) {
	tenantID, hash, err := readChance(ticketPrefix, ticket)
	if err != nil {
		return httpapi.Caller{}, errRefused
	}
	var sessionID string
	var expires time.Time
	err = a.db.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, takeTicket, hash).Scan(&sessionID, &expires)
	})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !a.now().Before(expires) {
		return httpapi.Caller{}, errRefused
	}
	if err != nil {
		return httpapi.Caller{}, fmt.Errorf("use a ticket: %w", err)
	}
	s, err := a.load(ctx, tenantID, ref{kindSession, sessionID})
	return s.caller, err
}
