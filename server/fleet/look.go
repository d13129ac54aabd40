package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Alias is the alias of that name, or nil.
func (f *Fleet) Alias(ctx context.Context, tenant, name string) (*httpapi.Alias, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil || s.aliases[name] == nil {
		return nil, err
	}
	shown := s.aliases[name].show()
	return &shown, nil
}

// KeyNames are the names of a tenant's providers' keys by id.
func (f *Fleet) KeyNames(ctx context.Context, tenant string) (map[string]string, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range s.vendors {
		for _, k := range p.keys {
			names[k.id] = k.name
		}
	}
	return names, nil
}

const selectBearer = `
select k.models, coalesce(u.role, '') from api_key k left join app_user u on u.tenant_id = k.tenant_id and u.id = k.created_by
where k.tenant_id = $1 and k.id = $2`

// Bearer is an API key as a caller, to ask what it could use.
func (f *Fleet) Bearer(ctx context.Context, tenant, keyID string) (httpapi.Caller, error) {
	out := httpapi.Caller{TenantID: tenant, KeyID: keyID}
	missing := fault.New(fault.NotFound, "There is no such key.", nil)
	if uuid.Validate(keyID) != nil {
		return out, missing
	}
	err := f.DB.TenantRead(ctx, tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, selectBearer, tenant, keyID).Scan(&out.Models, &out.Role)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return out, missing
	}
	if err != nil {
		return out, fmt.Errorf("read an API key's models: %w", err)
	}
	return out, nil
}
