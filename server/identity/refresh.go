package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

// refreshGrace is how long the device that has used a refresh token gets the
// same successor again: it may have crashed before it kept it.
const refreshGrace = 60 * time.Second

const lockSession = `
select id::text, user_id::text, device_id::text, cookie, seed, generation, rotated_at, expires_at, ends_at
from user_session where id = $1 and revoked_at is null for no key update`

const rotateSession = `
update user_session set generation = $2, rotated_at = $3, seen_at = $3, expires_at = $4, ip = $5, user_agent = $6 where id = $1`

// Refresh gives the successor of a refresh token. A token that was used before
// is theft, unless the same device repeats itself within a minute: then the
// session ends, and with it every token that came of it.
func (s *Service) Refresh(ctx context.Context, r httpapi.Refresh) (httpapi.Session, error) {
	claims, err := readRefresh(r.RefreshToken)
	if err != nil {
		return httpapi.Session{}, errRefused
	}
	device, err := uuid.Parse(r.DeviceID)
	if err != nil {
		return httpapi.Session{}, errRefused
	}
	var one session
	var m member
	var theft string
	err = s.db.Tenant(ctx, claims.tenant.String(), func(tx pgx.Tx) error {
		if one, m, err = s.openRefresh(ctx, tx, claims, r.RefreshToken); err != nil {
			return err
		}
		if theft = one.judge(claims, device.String(), s.now()); theft != "" {
			return s.endTheft(ctx, tx, m, one, theft)
		}
		if claims.generation < one.Generation {
			return nil // a repeat: the successor is told again
		}
		return s.rotate(ctx, tx, &one)
	})
	if err != nil {
		return httpapi.Session{}, err
	}
	if theft != "" {
		s.gate.announce(ref{kindSession, one.ID})
		return httpapi.Session{}, errRefused
	}
	return s.issue(one, m)
}

// openRefresh locks the session of a token that was once issued; errRefused
// for any other.
func (s *Service) openRefresh(ctx context.Context, tx pgx.Tx, claims refresh, token string) (one session, m member, err error) {
	err = tx.QueryRow(ctx, lockSession, claims.session).Scan(&one.ID, &one.UserID, &one.DeviceID, &one.Cookie, &one.Seed, &one.Generation, &one.RotatedAt, &one.ExpiresAt, &one.EndsAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return one, m, errRefused
	}
	if err != nil {
		return one, m, fmt.Errorf("lock a session: %w", err)
	}
	if !verifyRefresh(s.macs.refresh, token, one.Seed) || !s.now().Before(one.ExpiresAt) || claims.generation > one.Generation {
		return one, m, errRefused
	}
	if one.Cookie {
		if err := clientFrom(ctx).forbidForeign(); err != nil {
			return one, m, err
		}
	}
	if m, err = s.member(ctx, tx, one.UserID); err != nil {
		return one, m, fmt.Errorf("read the session's user: %w", err)
	}
	if m.Disabled {
		return one, m, errRefused
	}
	return one, m, nil
}

// judge says why a token of the session means theft, or nothing.
func (one session) judge(claims refresh, deviceID string, now time.Time) string {
	switch {
	case deviceID != one.DeviceID:
		return "used by another device"
	case claims.generation == one.Generation:
		return ""
	case claims.generation == one.Generation-1 && now.Sub(one.RotatedAt) <= refreshGrace:
		return ""
	}
	return "used twice"
}

func (s *Service) rotate(ctx context.Context, tx pgx.Tx, one *session) error {
	now, from := s.now(), clientFrom(ctx)
	one.Generation++
	one.RotatedAt = now
	one.ExpiresAt = now.Add(one.idle())
	if one.EndsAt.Before(one.ExpiresAt) {
		one.ExpiresAt = one.EndsAt
	}
	if _, err := tx.Exec(ctx, rotateSession, one.ID, one.Generation, now, one.ExpiresAt, from.ip, from.userAgent); err != nil {
		return fmt.Errorf("rotate a session: %w", err)
	}
	return nil
}

func (s *Service) endTheft(ctx context.Context, tx pgx.Tx, m member, one session, why string) error {
	if err := s.endSessions(ctx, tx, endOne, m.ID, one.ID, "refresh token "+why); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{
		Actor: audit.System, Action: "session.stolen", TargetID: one.ID, Target: orText(m.Name, m.Email),
		Facts: map[string]string{"why": "refresh token " + why, "ip": clientFrom(ctx).ip},
	})
}
