package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

const endOne = `
update user_session set revoked_at = $3, revoked_why = $4
where user_id = $1 and id::text = $2 and revoked_at is null returning id::text`

const endAllBut = `
update user_session set revoked_at = $3, revoked_why = $4
where user_id = $1 and id::text <> $2 and revoked_at is null returning id::text`

// errNoSession also stands for somebody else's.
var errNoSession = fault.New(fault.NotFound, "There is no such session.", nil)

// endSessions ends one session (endOne) or all of a user but one (endAllBut; all
// without a sessionID) and has every process hear of it. errNoSession when none
// was left.
func (s *Service) endSessions(ctx context.Context, tx pgx.Tx, sql, userID, sessionID, why string) error {
	rows, err := tx.Query(ctx, sql, userID, sessionID, s.now(), why)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	ended, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if len(ended) == 0 {
		return errNoSession
	}
	return recordRevoked(ctx, tx, kindSession, ended...)
}

// EndSession ends one of the caller's own sessions. Somebody else's is
// fault.NotFound.
func (s *Service) EndSession(ctx context.Context, c httpapi.Caller, sessionID string) error {
	if c.UserID == "" || c.KeyID != "" {
		return errKeyHasNone
	}
	id, err := rowID(sessionID)
	if err != nil {
		return errNoSession
	}
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		if err := s.endSessions(ctx, tx, endOne, c.UserID, id, "ended by the user"); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{
			Actor: audit.By(c), Action: "session.ended", TargetID: id, Target: "own session", Facts: map[string]string{"ip": c.IP},
		})
	})
	if err != nil {
		return err
	}
	s.gate.announce(ref{kindSession, id})
	s.cfg.Hints.Notify(c.TenantID, "audit", "")
	return nil
}

// EndOwnSessions signs the caller out everywhere, or everywhere else. It is
// fine when there is no other session.
func (s *Service) EndOwnSessions(ctx context.Context, c httpapi.Caller, others bool) error {
	if c.UserID == "" || c.KeyID != "" {
		return errKeyHasNone
	}
	keep, facts := "", map[string]string{"ip": c.IP}
	if others {
		keep, facts["kept"] = c.SessionID, "this one"
	}
	err := s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		if err := s.endSessions(ctx, tx, endAllBut, c.UserID, keep, "signed out everywhere"); err != nil && !errors.Is(err, errNoSession) {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{
			Actor: audit.By(c), Action: "session.all_ended", TargetID: c.UserID, Target: "own sessions", Facts: facts,
		})
	})
	if err != nil {
		return err
	}
	s.gate.announce(ref{kindUser, c.UserID})
	s.cfg.Hints.Notify(c.TenantID, "audit", "")
	return nil
}

// EndAllSessions signs a user out everywhere: the caller, or somebody whom the
// caller may manage. It is fine when there is no session.
func (s *Service) EndAllSessions(ctx context.Context, c httpapi.Caller, userID string) error {
	err := s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		user, err := s.manageable(ctx, tx, c, userID)
		self := user.ID == c.UserID && c.KeyID == "" && errors.Is(err, errAbove)
		if err != nil && !self {
			return err
		}
		if err := s.endSessions(ctx, tx, endAllBut, user.ID, "", "signed out everywhere"); err != nil && !errors.Is(err, errNoSession) {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Actor: audit.By(c), Action: "session.all_ended", TargetID: user.ID, Target: nameOf(user)})
	})
	if err != nil {
		return err
	}
	s.gate.announce(ref{kindUser, userID})
	s.changed(c.TenantID, "users", userID)
	return nil
}

// errKeyHasNone is for what only people have.
var errKeyHasNone = fault.New(fault.Forbidden, "An API key has no sessions.", nil)

const listSessions = `
select id::text, device_name, created_at, seen_at, ip from user_session
where user_id = $1 and revoked_at is null and expires_at > $2 order by seen_at desc limit 200`

// Sessions are the caller's own that have not ended, the last used first.
func (s *Service) Sessions(ctx context.Context, c httpapi.Caller) ([]httpapi.SessionInfo, error) {
	out := []httpapi.SessionInfo{}
	if c.UserID == "" || c.KeyID != "" {
		return nil, errKeyHasNone
	}
	err := s.db.TenantRead(ctx, c.TenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listSessions, c.UserID, s.now())
		if err != nil {
			return fmt.Errorf("list sessions: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var one httpapi.SessionInfo
			if err := rows.Scan(&one.ID, &one.Device, &one.CreatedAt, &one.SeenAt, &one.IP); err != nil {
				return fmt.Errorf("list sessions: %w", err)
			}
			one.CreatedAt, one.SeenAt = one.CreatedAt.UTC(), one.SeenAt.UTC()
			one.Current = one.ID == c.SessionID
			out = append(out, one)
		}
		return rows.Err()
	})
	return out, err
}

const readKeyName = `select k.name, t.id::text, t.name, t.slug::text from api_key k join tenant t on t.id = k.tenant_id where k.id = $1`

// Me is the caller: a user, or a key under its own name.
func (s *Service) Me(ctx context.Context, c httpapi.Caller) (me httpapi.Me, err error) {
	err = s.db.TenantRead(ctx, c.TenantID, func(tx pgx.Tx) error {
		if c.KeyID != "" {
			me = httpapi.Me{UserID: c.UserID, Role: "key", Permissions: c.Permissions}
			return tx.QueryRow(ctx, readKeyName, c.KeyID).Scan(&me.Name, &me.TenantID, &me.TenantName, &me.TenantSlug)
		}
		m, err := s.member(ctx, tx, c.UserID)
		me = m.me(c.SessionID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return me, errRefused
	}
	return me, err
}
