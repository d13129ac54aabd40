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

const setPassword = `update app_user set password_hash = $2 where id = $1`

const setName = `update app_user set name = $2 where id = $1`

// Register answers an invite, set-up or reset link with a password. A reset
// ends every session that the user had.
func (s *Service) Register(ctx context.Context, r httpapi.Registration) (out httpapi.Session, err error) {
	tenantID, hash, device, err := s.answer(ctx, r.Token, r.Device)
	if err != nil {
		return out, err
	}
	r.Device = device
	if r.Name, err = cleanText("body.name", r.Name, 0, maxName); err != nil {
		return out, err
	}
	phc, err := s.prepare(ctx, tenantID, hash, r)
	if err != nil {
		return out, err
	}
	var one session
	var m member
	err = s.db.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		t, err := s.readLink(ctx, tx, useLink, hash, InviteLink, SetupLink, ResetLink)
		if err != nil {
			return err
		}
		m.ID = t.UserID
		if err := s.lockSignIn(ctx, tx, &m); err != nil {
			return err
		}
		if m.Disabled {
			return errLink
		}
		one, err = s.join(ctx, tx, &m, t.Kind, r, phc)
		return err
	})
	if err != nil {
		return out, err
	}
	s.gate.announce(ref{kindUser, m.ID})
	s.cfg.Hints.Notify(tenantID, "users", m.ID)
	return s.issue(one, m)
}

// prepare hashes the password, slowly, only for a link that can be used, and
// before the transaction that uses it up.
func (s *Service) prepare(ctx context.Context, tenantID string, hash []byte, r httpapi.Registration) (phc string, err error) {
	var t target
	var m member
	err = s.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		if t, err = s.readLink(ctx, tx, peekLink, hash, InviteLink, SetupLink, ResetLink); err != nil {
			return err
		}
		m, err = s.member(ctx, tx, t.UserID)
		return err
	})
	if err != nil {
		return "", err
	}
	if r.Name == "" && m.Name == "" && t.Kind != ResetLink {
		return "", fault.New(fault.BadRequest, "Say what you are called.", nil).At("body.name")
	}
	if err := checkPassword("body.password", r.Password, m.Email); err != nil {
		return "", err
	}
	return s.passwords.hash(ctx, r.Password)
}

// join sets password and name, and begins the session.
func (s *Service) join(ctx context.Context, tx pgx.Tx, m *member, kind LinkKind, r httpapi.Registration, phc string) (session, error) {
	action := "user.joined"
	if kind == ResetLink {
		action = "password.reset"
		if err := s.endSessions(ctx, tx, endAllBut, m.ID, "", "password reset"); err != nil && !errors.Is(err, errNoSession) {
			return session{}, err
		}
	}
	if _, err := tx.Exec(ctx, setPassword, m.ID, phc); err != nil {
		return session{}, fmt.Errorf("set a password: %w", err)
	}
	if r.Name != "" && kind != ResetLink {
		m.Name = r.Name
		if _, err := tx.Exec(ctx, setName, m.ID, m.Name); err != nil {
			return session{}, fmt.Errorf("set a name: %w", err)
		}
	}
	one, err := s.begin(ctx, tx, *m, r.Device, string(kind)+" link")
	if err != nil {
		return one, err
	}
	return one, audit.Append(ctx, tx, audit.Entry{
		Actor: audit.User(m.ID), Action: action, TargetID: m.ID, Target: orText(m.Name, m.Email), Facts: map[string]string{"ip": clientFrom(ctx).ip},
	})
}
