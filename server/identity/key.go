package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/policy"
)

// mostKeys bounds a tenant's keys that are not revoked.
const mostKeys = 1000

// maxModel bounds the name of a model in a key's list, in characters.
const maxModel = 200

const selectKeys = `
select k.id::text, k.name, k.prefix, k.scopes, k.models, k.cache, k.private, coalesce(nullif(u.name, ''), u.email::text, 'operator'),
       k.created_at, k.expires_at, k.used_at, k.revoked_at
from api_key k left join app_user u on u.tenant_id = k.tenant_id and u.id = k.created_by`

const listKeys = selectKeys + `
order by k.revoked_at is not null, k.created_at desc, k.id desc limit 2000`

func scanKey(row pgx.CollectableRow) (k httpapi.Key, err error) {
	err = row.Scan(&k.ID, &k.Name, &k.Prefix, &k.Scopes, &k.Models, &k.Cache, &k.Private, &k.CreatedBy, &k.CreatedAt, &k.ExpiresAt, &k.UsedAt, &k.RevokedAt)
	k.CreatedAt, k.ExpiresAt, k.UsedAt, k.RevokedAt = k.CreatedAt.UTC(), utc(k.ExpiresAt), utc(k.UsedAt), utc(k.RevokedAt)
	return k, err
}

// Keys are the tenant's API keys, those in force first.
func (s *Service) Keys(ctx context.Context, c httpapi.Caller) (all []httpapi.Key, err error) {
	err = s.db.TenantRead(ctx, c.TenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listKeys)
		if err != nil {
			return fmt.Errorf("list API keys: %w", err)
		}
		all, err = pgx.CollectRows(rows, scanKey)
		return err
	})
	return all, err
}

const countKeys = `select count(*) from api_key where revoked_at is null`

const insertKey = `
insert into api_key (tenant_id, id, name, prefix, hash, scopes, models, cache, private, created_by, created_at, expires_at)
values (nexus.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, nullif($9, '')::uuid, $10, $11)`

// CreateKey makes a key that can do at most what the caller can. Its secret is
// in the answer and nowhere else.
func (s *Service) CreateKey(ctx context.Context, c httpapi.Caller, n httpapi.NewKey) (out httpapi.CreatedKey, err error) {
	if n, err = s.cleanKey(c, n); err != nil {
		return out, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return out, fmt.Errorf("make a key id: %w", err)
	}
	out.Secret = newAPIKey(s.cfg.KeyEnv)
	out.Key = httpapi.Key{
		ID: id.String(), Name: n.Name, Prefix: shownPrefix(out.Secret), Scopes: n.Scopes, Models: n.Models, Cache: n.Cache, Private: n.Private, CreatedAt: s.now().UTC(), ExpiresAt: utc(n.ExpiresAt), CreatedBy: "operator",
	}
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error { return s.addKey(ctx, tx, c, &out) })
	if err != nil {
		return httpapi.CreatedKey{}, err
	}
	s.changed(c.TenantID, "keys", out.Key.ID)
	return out, nil
}

func (s *Service) addKey(ctx context.Context, tx pgx.Tx, c httpapi.Caller, out *httpapi.CreatedKey) error {
	if c.UserID != "" {
		m, err := s.member(ctx, tx, c.UserID)
		if err != nil {
			return fmt.Errorf("read the key's maker: %w", err)
		}
		out.Key.CreatedBy = orText(m.Name, m.Email)
	}
	var there int
	if err := tx.QueryRow(ctx, countKeys).Scan(&there); err != nil {
		return fmt.Errorf("count API keys: %w", err)
	}
	if there >= mostKeys {
		return fault.New(fault.Conflict, "There are as many API keys as there can be. Revoke some first.", nil)
	}
	k := out.Key
	if _, err := tx.Exec(ctx, insertKey, k.ID, k.Name, k.Prefix, s.macs.key.Sum(out.Secret), k.Scopes, k.Models, k.Cache, k.Private, c.UserID, k.CreatedAt, k.ExpiresAt); err != nil {
		return fmt.Errorf("insert an API key: %w", err)
	}
	facts := map[string]string{"prefix": k.Prefix, "scopes": strings.Join(k.Scopes, " ")}
	if len(k.Models) > 0 {
		facts["models"] = strings.Join(k.Models, ", ")
	}
	if k.Cache {
		facts["cache"] = "use"
	}
	if k.Private {
		facts["private"] = "yes"
	}
	if k.ExpiresAt != nil {
		facts["expires_at"] = k.ExpiresAt.Format(time.RFC3339)
	}
	return audit.Append(ctx, tx, audit.Entry{Actor: audit.By(c), Action: "key.created", TargetID: k.ID, Target: k.Name, Facts: facts})
}

func (s *Service) cleanKey(c httpapi.Caller, n httpapi.NewKey) (httpapi.NewKey, error) {
	name, err := cleanText("body.name", n.Name, 1, maxName)
	if err != nil {
		return n, err
	}
	n.Name = name
	if len(n.Scopes) == 0 {
		n.Scopes = []string{string(httpapi.UseModels)}
	}
	n.Scopes = slices.Compact(slices.Sorted(slices.Values(n.Scopes)))
	for _, scope := range n.Scopes {
		if !policy.KeyScope(scope) {
			return n, fault.New(fault.BadRequest, "A key cannot have this scope.", nil).At("body.scopes")
		}
		if c.Role != policy.Operator && !c.Can(httpapi.Permission(scope)) {
			return n, fault.New(fault.Forbidden, "A key cannot do what you cannot do.", nil).At("body.scopes")
		}
	}
	if n.Models, err = cleanModels(n.Models); err != nil {
		return n, err
	}
	if n.ExpiresAt != nil && !s.now().Before(*n.ExpiresAt) {
		return n, fault.New(fault.BadRequest, "The time of expiry is over already.", nil).At("body.expires_at")
	}
	return n, nil
}

// cleanModels checks a key's list of models: names or "x*", in the caller's order.
func cleanModels(models []string) ([]string, error) {
	out := make([]string, 0, len(models))
	for _, m := range models {
		name, err := cleanText("body.models", m, 1, maxModel)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

const lockKey = `select name, prefix, coalesce(created_by::text, ''), revoked_at is not null from api_key where id = $1 for update`

// heldKey is a key in the transaction that changes it.
type heldKey struct {
	id, name, prefix string
	revoked          bool
}

// hold locks a key for a change. Who may not manage people may change only keys
// of their own.
func hold(ctx context.Context, tx pgx.Tx, c httpapi.Caller, id string) (k heldKey, err error) {
	maker := ""
	k.id = id
	err = tx.QueryRow(ctx, lockKey, id).Scan(&k.name, &k.prefix, &maker, &k.revoked)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, errNoKey
	}
	if err != nil {
		return k, fmt.Errorf("read an API key: %w", err)
	}
	if c.Role != policy.Operator && !c.Can(httpapi.WriteUsers) && maker != c.UserID {
		return k, fault.New(fault.Forbidden, "Only its maker or an administrator can change or revoke this key.", nil)
	}
	return k, nil
}

// changed writes what was done to a key into the audit trail, and tells every
// process to look at it again.
func (k heldKey) changed(ctx context.Context, tx pgx.Tx, c httpapi.Caller, action string, facts map[string]string) error {
	facts["prefix"] = k.prefix
	if err := recordRevoked(ctx, tx, kindKey, k.id); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Actor: audit.By(c), Action: action, TargetID: k.id, Target: k.name, Facts: facts})
}

const revokeKey = `update api_key set revoked_at = $2 where id = $1`

// RevokeKey ends a key within a second; revoking twice is fine. Who may not
// manage people may revoke only keys of their own.
func (s *Service) RevokeKey(ctx context.Context, c httpapi.Caller, keyID string) error {
	return s.withKey(ctx, c, keyID, func(tx pgx.Tx, k heldKey) error {
		if k.revoked {
			return nil
		}
		if _, err := tx.Exec(ctx, revokeKey, k.id, s.now()); err != nil {
			return fmt.Errorf("revoke an API key: %w", err)
		}
		return k.changed(ctx, tx, c, "key.revoked", map[string]string{})
	})
}

// withKey lets fn change a key, and tells everybody once that is stored.
func (s *Service) withKey(ctx context.Context, c httpapi.Caller, keyID string, fn func(pgx.Tx, heldKey) error) error {
	id, err := rowID(keyID)
	if err != nil {
		return errNoKey
	}
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		k, err := hold(ctx, tx, c, id)
		if err != nil {
			return err
		}
		return fn(tx, k)
	})
	if err != nil {
		return err
	}
	s.gate.announce(ref{kindKey, id})
	s.changed(c.TenantID, "keys", id)
	return nil
}

// errNoKey also stands for another tenant's.
var errNoKey = fault.New(fault.NotFound, "There is no such key.", nil)
