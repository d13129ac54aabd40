package identity

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/policy"
)

// Lifetimes. Idle is the time without a refresh after which a session ends,
// whole the time after which it ends in any case.
const (
	accessLife  = 10 * time.Minute
	bearerIdle  = 30 * 24 * time.Hour
	bearerWhole = 180 * 24 * time.Hour
	cookieIdle  = 12 * time.Hour
	cookieWhole = 7 * 24 * time.Hour
)

// session is a row of user_session, as far as tokens need it.
type session struct {
	ID         string
	UserID     string
	DeviceID   string
	Cookie     bool
	Seed       []byte
	Generation uint32
	RotatedAt  time.Time
	ExpiresAt  time.Time
	EndsAt     time.Time
}

func (s session) idle() time.Duration {
	if s.Cookie {
		return cookieIdle
	}
	return bearerIdle
}

// member is a user with the tenant, as far as a session shows them.
type member struct {
	TenantID, TenantName, TenantSlug string
	ID, Email, Name, Role            string
	PasswordHash                     string // empty until an invite is answered
	Disabled                         bool
}

const readMember = `
select t.id::text, t.name, t.slug::text, u.id::text, u.email::text, u.name, u.role, coalesce(u.password_hash, ''), u.disabled_at is not null
from app_user u join tenant t on t.id = u.tenant_id where u.id = $1`

// readMember returns pgx.ErrNoRows for somebody who is not of tx's tenant.
func (s *Service) member(ctx context.Context, tx pgx.Tx, userID string) (m member, err error) {
	err = tx.QueryRow(ctx, readMember, userID).Scan(&m.TenantID, &m.TenantName, &m.TenantSlug, &m.ID, &m.Email, &m.Name, &m.Role, &m.PasswordHash, &m.Disabled)
	return m, err
}

func (m member) me(sessionID string) httpapi.Me {
	return httpapi.Me{
		UserID: m.ID, Email: m.Email, Name: m.Name, Role: m.Role, Permissions: policy.Permissions(m.Role),
		TenantID: m.TenantID, TenantName: m.TenantName, TenantSlug: m.TenantSlug, SessionID: sessionID,
	}
}

const replaceSessions = `
update user_session set revoked_at = $4, revoked_why = 'replaced'
where user_id = $1 and device_id = $2 and cookie = $3 and revoked_at is null returning id::text`

const insertSession = `
insert into user_session (tenant_id, id, user_id, device_id, device_name, cookie, seed, generation, rotated_at,
                          created_at, seen_at, expires_at, ends_at, ip, user_agent)
values (nexus.tenant_id(), $1, $2, $3, $4, $5, $6, 1, $7, $7, $7, $8, $9, $10, $11)`

const userSeen = `update app_user set seen_at = $2 where id = $1`

// begin starts a session of m on a device; how says in the audit trail what
// proved who it is. An earlier session of the same user on the same device
// ends: it cannot be used any more by who it belongs to.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, m member, d httpapi.Device, how string) (session, error) {
	now, from := s.now(), clientFrom(ctx)
	id, err := uuid.NewV7()
	if err != nil {
		return session{}, fmt.Errorf("make a session id: %w", err)
	}
	one := session{ID: id.String(), UserID: m.ID, DeviceID: d.ID, Cookie: d.Cookie, Seed: make([]byte, 32), Generation: 1, RotatedAt: now}
	rand.Read(one.Seed) //nolint:errcheck // it never returns an error (crypto/rand, Go 1.24)
	one.ExpiresAt, one.EndsAt = now.Add(one.idle()), now.Add(bearerWhole)
	if one.Cookie {
		one.EndsAt = now.Add(cookieWhole)
	}
	rows, err := tx.Query(ctx, replaceSessions, m.ID, d.ID, d.Cookie, now)
	if err != nil {
		return one, fmt.Errorf("replace the device's session: %w", err)
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return one, fmt.Errorf("replace the device's session: %w", err)
	}
	if err := recordRevoked(ctx, tx, kindSession, old...); err != nil {
		return one, err
	}
	_, err = tx.Exec(ctx, insertSession, one.ID, m.ID, d.ID, d.Name, d.Cookie, one.Seed, now, one.ExpiresAt, one.EndsAt, from.ip, from.userAgent)
	if err != nil {
		return one, fmt.Errorf("insert a session: %w", err)
	}
	if _, err := tx.Exec(ctx, userSeen, m.ID, now); err != nil {
		return one, fmt.Errorf("note the sign-in: %w", err)
	}
	return one, audit.Append(ctx, tx, audit.Entry{
		Actor: audit.User(m.ID), Action: "session.started", TargetID: one.ID, Target: orText(d.Name, "a device without a name"),
		Facts: map[string]string{"by": how, "ip": from.ip, "cookie": fmt.Sprint(d.Cookie)},
	})
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

const insertRevocation = `insert into revocation (tenant_id, kind, subject_id) select nexus.tenant_id(), $1, unnest($2::uuid[])`

// recordRevoked tells every process, once tx is committed, that these ended or
// changed. The caller also tells its own (Authenticator.announce).
func recordRevoked(ctx context.Context, tx pgx.Tx, kind string, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, insertRevocation, kind, ids); err != nil {
		return fmt.Errorf("record what was revoked: %w", err)
	}
	return nil
}

// issue makes the tokens of a session's current generation.
func (s *Service) issue(one session, m member) (httpapi.Session, error) {
	tenant, errTenant := uuid.Parse(m.TenantID)
	id, errID := uuid.Parse(one.ID)
	if errTenant != nil || errID != nil {
		return httpapi.Session{}, fmt.Errorf("issue tokens for session %q of tenant %q: not UUIDs", one.ID, m.TenantID)
	}
	expires := s.now().Add(accessLife)
	if one.ExpiresAt.Before(expires) {
		expires = one.ExpiresAt
	}
	expires = expires.UTC().Truncate(time.Second) // what the token can say
	return httpapi.Session{
		AccessToken:  access{tenant: tenant, session: id, cookie: one.Cookie, expires: expires}.seal(s.macs.access),
		RefreshToken: refresh{tenant: tenant, session: id, generation: one.Generation}.seal(s.macs.refresh, one.Seed),
		ExpiresAt:    expires,
		Me:           m.me(one.ID),
	}, nil
}
