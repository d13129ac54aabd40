package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

// LinkKind says what a one-time link is good for.
type LinkKind string

// The kinds. Register answers the first three, Exchange the others.
const (
	InviteLink  LinkKind = "invite"
	SetupLink   LinkKind = "setup" // the first owner's
	ResetLink   LinkKind = "reset"
	ConsoleLink LinkKind = "console"
	DesktopLink LinkKind = "desktop"
)

var linkLife = map[LinkKind]time.Duration{
	InviteLink:  7 * 24 * time.Hour,
	SetupLink:   24 * time.Hour,
	ResetLink:   24 * time.Hour,
	ConsoleLink: time.Hour,
	DesktopLink: 10 * time.Minute,
}

// errLink is one answer for a link that was used, is too old, was replaced, is
// of another kind or never was.
var errLink = fault.New(fault.Gone, "This link does not work any more.", nil).
	WithHint("Each link works once and for a limited time. Ask for a new one.")

const dropLinks = `update one_time_link set used_at = $3 where user_id = $1 and kind = $2 and used_at is null`

const insertLink = `
insert into one_time_link (tenant_id, id, kind, user_id, hash, created_at, expires_at)
values (nexus.tenant_id(), $1, $2, $3, $4, $5, $6)`

// newLink makes a link and, except for sign-in links, ends earlier ones of its
// kind: a second invite takes the first one back.
func (s *Service) newLink(ctx context.Context, tx pgx.Tx, tenantID, userID string, kind LinkKind) (httpapi.Link, error) {
	now := s.now()
	if kind != ConsoleLink && kind != DesktopLink {
		if _, err := tx.Exec(ctx, dropLinks, userID, kind, now); err != nil {
			return httpapi.Link{}, fmt.Errorf("end earlier links: %w", err)
		}
	}
	token, hash, err := newChance(linkPrefix, tenantID)
	if err != nil {
		return httpapi.Link{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return httpapi.Link{}, fmt.Errorf("make a link id: %w", err)
	}
	expires := now.Add(linkLife[kind]).UTC()
	if _, err := tx.Exec(ctx, insertLink, id.String(), kind, userID, hash, now, expires); err != nil {
		return httpapi.Link{}, fmt.Errorf("insert a link: %w", err)
	}
	return httpapi.Link{URL: s.linkURL(token, kind), ExpiresAt: expires}, nil
}

// linkURL carries the token in the fragment, which browsers do not send: it
// reaches no log and no Referer.
func (s *Service) linkURL(token string, kind LinkKind) string {
	fragment := url.Values{"link": {token}, "kind": {string(kind)}}.Encode()
	return strings.TrimSuffix(s.cfg.PublicURL, "/") + "/console#" + fragment
}

// SignInLink makes a console or desktop link for a member; the operator's way
// in, and how `make run` opens the window signed in.
func (s *Service) SignInLink(ctx context.Context, c httpapi.Caller, userID string, kind LinkKind) (link httpapi.Link, err error) {
	if kind != ConsoleLink && kind != DesktopLink {
		return link, fmt.Errorf("a %s link does not sign in", kind)
	}
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		user, err := s.manageable(ctx, tx, c, userID)
		if err != nil {
			return err
		}
		if user.State != stateActive {
			return fault.New(fault.Conflict, "This member cannot sign in: they are disabled or have not answered their invite.", nil)
		}
		if link, err = s.newLink(ctx, tx, c.TenantID, user.ID, kind); err != nil {
			return err
		}
		link.User = user
		return audit.Append(ctx, tx, audit.Entry{
			Actor: audit.By(c), Action: "link.created", TargetID: user.ID, Target: nameOf(user), Facts: map[string]string{"kind": string(kind)},
		})
	})
	return link, err
}

// target is the row of a link that can still be used.
type target struct {
	Kind   LinkKind
	UserID string
}

const peekLink = `select kind, user_id::text from one_time_link where hash = $1 and used_at is null and expires_at > $2`

const useLink = `
update one_time_link set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 returning kind, user_id::text`

// readLink runs one of the two statements above; errLink when no row fits or
// the link is of none of kinds.
func (s *Service) readLink(ctx context.Context, tx pgx.Tx, sql string, hash []byte, kinds ...LinkKind) (t target, err error) {
	err = tx.QueryRow(ctx, sql, hash, s.now()).Scan(&t.Kind, &t.UserID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !slices.Contains(kinds, t.Kind) {
		return t, errLink
	}
	if err != nil {
		return t, fmt.Errorf("read a link: %w", err)
	}
	return t, nil
}

// Exchange trades a console or desktop link for a session.
func (s *Service) Exchange(ctx context.Context, e httpapi.Exchange) (out httpapi.Session, err error) {
	tenantID, hash, device, err := s.answer(ctx, e.Token, e.Device)
	if err != nil {
		return out, err
	}
	var one session
	var m member
	err = s.db.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		t, err := s.readLink(ctx, tx, useLink, hash, ConsoleLink, DesktopLink)
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
		one, err = s.begin(ctx, tx, m, device, string(t.Kind)+" link")
		return err
	})
	if err != nil {
		return out, err
	}
	s.gate.announce()
	return s.issue(one, m)
}

// answer checks what every answer to a link brings, before any database.
func (s *Service) answer(ctx context.Context, token string, d httpapi.Device) (tenantID string, hash []byte, device httpapi.Device, err error) {
	if d.Cookie {
		if err := clientFrom(ctx).forbidForeign(); err != nil {
			return "", nil, d, err
		}
	}
	if device, err = cleanDevice(d); err != nil {
		return "", nil, d, err
	}
	tenantID, hash, err = readChance(linkPrefix, token)
	if err != nil {
		return "", nil, d, errLink
	}
	return tenantID, hash, device, nil
}
