package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
)

const bumpVersion = `
insert into fleet_version (tenant_id, version) values ($1, 1)
on conflict (tenant_id) do update set version = fleet_version.version + 1`

// bump also makes changes of one tenant wait for each other.
func bump(ctx context.Context, tx pgx.Tx, tenant string) error {
	if _, err := tx.Exec(ctx, bumpVersion, tenant); err != nil {
		return fmt.Errorf("move the fleet's version: %w", err)
	}
	return nil
}

const selectProvider = `
select id::text, name, kind, source, base_url, key_sealed, enabled, tested_at, tested_ok, tested_detail, created_at, updated_at
from provider where tenant_id = $1 and id = $2 for update`

// lock reads a provider, without its models, for a change.
func lock(ctx context.Context, tx pgx.Tx, tenant, id string) (*provider, error) {
	if uuid.Validate(id) != nil {
		return nil, notFound()
	}
	p := &provider{}
	err := tx.QueryRow(ctx, selectProvider, tenant, id).Scan(&p.id, &p.name, &p.kind, &p.source, &p.baseURL, &p.sealed, &p.enabled,
		&p.testedAt, &p.testedOK, &p.testedDetail, &p.createdAt, &p.updatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read a provider: %w", err)
	}
	return p, nil
}

func notFound() error { return fault.New(fault.NotFound, "There is no such provider.", nil) }

const insertProvider = `
insert into provider (tenant_id, id, name, kind, source, base_url, key_sealed, enabled)
values ($1, $2, $3, $4, $5, $6, $7, $8)`

func insert(ctx context.Context, tx pgx.Tx, tenant string, p *provider) error {
	if _, err := tx.Exec(ctx, insertProvider, tenant, p.id, p.name, p.kind, p.source, p.baseURL, p.sealed, p.enabled); err != nil {
		return fmt.Errorf("store a provider: %w", err)
	}
	return replaceModels(ctx, tx, tenant, p)
}

const updateProvider = `
update provider set name = $3, base_url = $4, key_sealed = $5, enabled = $6, source = $7,
    tested_at = $8, tested_ok = $9, tested_detail = $10, updated_at = now()
where tenant_id = $1 and id = $2`

// update stores p; its models too, unless they are nil, which means unchanged.
func update(ctx context.Context, tx pgx.Tx, tenant string, p *provider) error {
	_, err := tx.Exec(ctx, updateProvider, tenant, p.id, p.name, p.baseURL, p.sealed, p.enabled, p.source, p.testedAt, p.testedOK, p.testedDetail)
	if err != nil {
		return fmt.Errorf("store a provider: %w", err)
	}
	if p.models == nil {
		return nil
	}
	return replaceModels(ctx, tx, tenant, p)
}

const (
	deleteModels = `delete from provider_model where tenant_id = $1 and provider_id = $2`
	insertModel  = `
insert into provider_model (tenant_id, provider_id, id, upstream, kind, input_nano_usd, output_nano_usd, position)
values ($1, $2, $3, $4, $5, $6, $7, $8)`
)

func replaceModels(ctx context.Context, tx pgx.Tx, tenant string, p *provider) error {
	var batch pgx.Batch
	batch.Queue(deleteModels, tenant, p.id)
	for i, m := range p.models {
		batch.Queue(insertModel, tenant, p.id, m.ID, m.Upstream, m.Kind, m.InputNanoUSD, m.OutputNanoUSD, i)
	}
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("store a provider's models: %w", err)
	}
	return nil
}

const deleteProvider = `delete from provider where tenant_id = $1 and id = $2`

func remove(ctx context.Context, tx pgx.Tx, tenant, id string) error {
	if _, err := tx.Exec(ctx, deleteProvider, tenant, id); err != nil {
		return fmt.Errorf("delete a provider: %w", err)
	}
	return nil
}
