package fleet

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/store"
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

// write runs fn in a transaction that moves the fleet's version, and then lets
// everybody look again.
func (f *Fleet) write(ctx context.Context, tenant string, fn func(pgx.Tx) error) error {
	err := f.DB.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		if err := bump(ctx, tx, tenant); err != nil {
			return err
		}
		return fn(tx)
	})
	switch {
	case store.Violates(err, "provider_name"):
		return fault.New(fault.Conflict, "Another provider has this name.", err).At("body.name")
	case store.Violates(err, "provider_key_name"):
		return fault.New(fault.Conflict, "Another key of this provider has this name.", err).At("body.name")
	case store.Violates(err, "deployment_name"):
		return fault.New(fault.Conflict, "The provider offers a model of this name already.", err).At("body.model")
	}
	if err == nil {
		f.forget(tenant)
	}
	return err
}

const vendorColumns = `id::text, name, kind, source, base_url, api_version, region, enabled, tested_at, tested_ok, tested_detail, created_at, updated_at`

func scanVendor(row pgx.CollectableRow) (*vendor, error) {
	p := &vendor{}
	return p, row.Scan(&p.id, &p.name, &p.kind, &p.source, &p.baseURL, &p.apiVersion, &p.region, &p.enabled,
		&p.testedAt, &p.testedOK, &p.testedDetail, &p.createdAt, &p.updatedAt)
}

// locked reads a tenant's fleet inside a change, and one vendor of it.
func locked(ctx context.Context, tx pgx.Tx, tenant, id string) (*snapshot, *vendor, error) {
	if uuid.Validate(id) != nil {
		return nil, nil, notFound()
	}
	s, err := readSnapshot(ctx, tx, tenant) // bump has made other changes wait
	if err != nil {
		return nil, nil, fmt.Errorf("read the fleet: %w", err)
	}
	p := s.find(id)
	if p == nil {
		return nil, nil, notFound()
	}
	return s, p, nil
}

func notFound() error { return fault.New(fault.NotFound, "There is no such provider.", nil) }

const insertVendor = `
insert into provider (tenant_id, id, name, kind, source, base_url, api_version, region, enabled)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// insert stores p without its keys and deployments.
func insert(ctx context.Context, tx pgx.Tx, tenant string, p *vendor) error {
	if _, err := tx.Exec(ctx, insertVendor, tenant, p.id, p.name, p.kind, p.source, p.baseURL, p.apiVersion, p.region, p.enabled); err != nil {
		return fmt.Errorf("store a provider: %w", err)
	}
	return nil
}

const updateVendor = `
update provider set name = $3, base_url = $4, api_version = $5, region = $6, enabled = $7, source = $8,
    tested_at = $9, tested_ok = $10, tested_detail = $11, updated_at = now()
where tenant_id = $1 and id = $2`

// update stores p without its keys and deployments.
func update(ctx context.Context, tx pgx.Tx, tenant string, p *vendor) error {
	_, err := tx.Exec(ctx, updateVendor, tenant, p.id, p.name, p.baseURL, p.apiVersion, p.region, p.enabled, p.source, p.testedAt, p.testedOK, p.testedDetail)
	if err != nil {
		return fmt.Errorf("store a provider: %w", err)
	}
	return nil
}

const deleteVendor = `delete from provider where tenant_id = $1 and id = $2`

func remove(ctx context.Context, tx pgx.Tx, tenant, id string) error {
	if _, err := tx.Exec(ctx, deleteVendor, tenant, id); err != nil {
		return fmt.Errorf("delete a provider: %w", err)
	}
	return nil
}

const (
	upsertKey = `
insert into provider_key (tenant_id, id, provider_id, name, sealed, enabled, reference, rotated_at)
values ($1, $2, $3, $4, $5, $6, $7, now())
on conflict (tenant_id, id) do update set name = excluded.name, enabled = excluded.enabled, reference = excluded.reference,
    rotated_at = case when provider_key.sealed = excluded.sealed then provider_key.rotated_at else now() end, sealed = excluded.sealed`
	deleteKey = `delete from provider_key where tenant_id = $1 and id = $2`
)

func saveKey(ctx context.Context, tx pgx.Tx, tenant, vendorID string, k *poolKey) error {
	if _, err := tx.Exec(ctx, upsertKey, tenant, k.id, vendorID, k.name, k.sealed, k.enabled, k.reference); err != nil {
		return fmt.Errorf("store a provider's key: %w", err)
	}
	return nil
}

func removeKey(ctx context.Context, tx pgx.Tx, tenant, id string) error {
	if _, err := tx.Exec(ctx, deleteKey, tenant, id); err != nil {
		return fmt.Errorf("delete a provider's key: %w", err)
	}
	return nil
}

const deploymentColumns = `id::text, model, upstream, kind, enabled, region, weight, priority, connect_ms, first_token_ms, between_ms,
    context_tokens, max_output, images, tools, schema, reasoning, prefill`

// fields are d's places for deploymentColumns.
func (d *deployment) fields() []any {
	o := &d.overrides
	return []any{&d.id, &d.model, &d.upstream, &d.kind, &d.enabled, &d.region, &d.weight, &d.priority,
		&d.deadlines.ConnectMS, &d.deadlines.FirstTokenMS, &d.deadlines.BetweenTokensMS,
		&o.ContextTokens, &o.MaxOutputTokens, &o.Images, &o.Tools, &o.Schema, &o.Reasoning, &o.Prefill}
}

const (
	upsertDeployment = `
insert into deployment (tenant_id, provider_id, position, id, model, upstream, kind, enabled, region, weight, priority,
    connect_ms, first_token_ms, between_ms, context_tokens, max_output, images, tools, schema, reasoning, prefill)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
on conflict (tenant_id, id) do update set position = excluded.position, upstream = excluded.upstream, kind = excluded.kind,
    enabled = excluded.enabled, region = excluded.region, weight = excluded.weight, priority = excluded.priority,
    connect_ms = excluded.connect_ms, first_token_ms = excluded.first_token_ms, between_ms = excluded.between_ms,
    context_tokens = excluded.context_tokens, max_output = excluded.max_output, images = excluded.images, tools = excluded.tools,
    schema = excluded.schema, reasoning = excluded.reasoning, prefill = excluded.prefill`
	deleteDeployment = `delete from deployment where tenant_id = $1 and id = $2`
)

// saveDeployments makes a vendor's deployments those of want, by id.
func saveDeployments(ctx context.Context, tx pgx.Tx, tenant, vendorID string, have, want []*deployment) error {
	var batch pgx.Batch
	kept := map[string]bool{}
	for _, d := range want {
		kept[d.id] = true
	}
	for _, d := range have {
		if !kept[d.id] {
			batch.Queue(deleteDeployment, tenant, d.id)
		}
	}
	for i, d := range want {
		batch.Queue(upsertDeployment, append([]any{tenant, vendorID, i}, d.fields()...)...)
	}
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("store a provider's deployments: %w", err)
	}
	return nil
}
