package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/policy"
)

// subject is a session or an API key as the database knows it now.
type subject struct {
	caller httpapi.Caller // without IP and UserAgent, which belong to a request
	cookie bool
	until  time.Time // zero: no end
}

func (s subject) alive(now time.Time) bool { return s.until.IsZero() || now.Before(s.until) }

const loadSession = `
select s.user_id::text, s.device_id::text, s.cookie, s.expires_at, u.role
from user_session s join app_user u on u.tenant_id = s.tenant_id and u.id = s.user_id
where s.id = $1 and s.revoked_at is null and u.disabled_at is null`

const loadKey = `
select coalesce(k.created_by::text, ''), k.scopes, k.models, k.cache, k.private, k.expires_at, coalesce(u.role, '')
from api_key k left join app_user u on u.tenant_id = k.tenant_id and u.id = k.created_by
where k.id = $1 and k.revoked_at is null and u.disabled_at is null`

// load asks the database; errRefused when there is no such session or key, or
// not any more.
func (a *Authenticator) load(ctx context.Context, tenantID string, ref ref) (s subject, err error) {
	s.caller.TenantID = tenantID
	err = a.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		var err error
		if ref.kind == kindSession {
			s.caller.SessionID = ref.id
			err = tx.QueryRow(ctx, loadSession, ref.id).Scan(&s.caller.UserID, &s.caller.DeviceID, &s.cookie, &s.until, &s.caller.Role)
			s.caller.Permissions = policy.Permissions(s.caller.Role)
		} else {
			var scopes []string
			var until *time.Time
			var maker string
			s.caller.KeyID = ref.id
			err = tx.QueryRow(ctx, loadKey, ref.id).Scan(&s.caller.UserID, &scopes, &s.caller.Models, &s.caller.Cache, &s.caller.Private, &until, &maker)
			s.caller.Role = maker // what its role may not use, it may not either
			s.caller.Permissions = policy.KeyPermissions(scopes, maker)
			if until != nil {
				s.until = *until
			}
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return errRefused
		}
		return err
	})
	if err != nil && !errors.Is(err, errRefused) {
		err = fmt.Errorf("look up a %s: %w", ref.kind, err)
	}
	if err == nil && !s.alive(a.now()) {
		err = errRefused
	}
	return s, err
}

var errRefused = fault.New(fault.Unauthenticated, "Sign in first.", nil)

const findSubjects = `select tenant_id::text, id::text from nexus.sign_in_subjects($1, $2, $3)`

// found is who an address or a key's hash may belong to.
type found struct{ TenantID, ID string }

func (a *Authenticator) find(ctx context.Context, kind, address string, hashes [][]byte) (all []found, err error) {
	err = a.db.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, findSubjects, kind, address, hashes)
		if err != nil {
			return fmt.Errorf("look up an %s: %w", kind, err)
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[found])
		return err
	})
	return all, err
}

// session returns the subject of a verified access token.
func (a *Authenticator) session(ctx context.Context, tenant, id uuid.UUID) (subject, error) {
	ref := ref{kindSession, id.String()}
	if s, ok := a.cache.get(ref.String()); ok && a.fresh() && s.alive(a.now()) {
		return s, nil
	}
	before := a.cache.epoch()
	s, err := a.load(ctx, tenant.String(), ref)
	if err == nil {
		a.cache.put(ref.String(), s, before)
	}
	return s, err
}

// apiKey returns the subject of a key whose checksum fits.
func (a *Authenticator) apiKey(ctx context.Context, key string) (subject, error) {
	sum := sha256.Sum256([]byte(key)) // of 256 random bits: it need not be keyed, for it stays in memory
	name := "hash:" + string(sum[:])
	if s, ok := a.cache.get(name); ok && a.fresh() && s.alive(a.now()) {
		return s, nil
	}
	before := a.cache.epoch()
	all, err := a.find(ctx, "key", "", a.macs.key.Candidates(key))
	if err != nil {
		return subject{}, err
	}
	if len(all) != 1 {
		return subject{}, errRefused
	}
	s, err := a.load(ctx, all[0].TenantID, ref{kindKey, all[0].ID})
	if err == nil {
		a.cache.put(name, s, before)
	}
	return s, err
}

// same says whether a caller may still do what it could.
func (s subject) same(c httpapi.Caller) bool {
	return s.caller.Role == c.Role && slices.Equal(s.caller.Permissions, c.Permissions)
}
