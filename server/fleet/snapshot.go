package fleet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/provider/openai"
	"nexusai/server/secret"
)

// provider is one row with its models.
type provider struct {
	id, name, kind, source, baseURL string
	sealed                          []byte
	enabled                         bool
	testedAt                        *time.Time
	testedOK                        *bool
	testedDetail                    string
	createdAt, updatedAt            time.Time
	models                          []httpapi.ProviderModel
	client                          *openai.Client // nil when its key cannot be opened or it is local
	broken                          error          // why there is no client
}

const (
	kindLocal    = "local"
	kindChat     = "chat"
	kindEmbed    = "embedding"
	builtinName  = "This server"
	sourceFile   = "file"
	sourceManual = "console"
)

// snapshot is a tenant's fleet at one version; it is never changed.
type snapshot struct {
	tenant    string
	version   int64
	providers []*provider
	aliases   map[string]string
}

func (s *snapshot) find(id string) *provider {
	i := slices.IndexFunc(s.providers, func(p *provider) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return s.providers[i]
}

// resolve follows an alias; aliases do not chain.
func (s *snapshot) resolve(model string) string {
	if target, ok := s.aliases[model]; ok {
		return target
	}
	return model
}

func (f *Fleet) load(ctx context.Context, tenant string) (*snapshot, error) {
	var s *snapshot
	err := f.DB.TenantRead(ctx, tenant, func(tx pgx.Tx) (err error) {
		s, err = readSnapshot(ctx, tx, tenant)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load providers: %w", err)
	}
	if f.Local != nil && s.find(builtinID(tenant)) == nil {
		if err := f.DB.Tenant(ctx, tenant, func(tx pgx.Tx) error { return insertBuiltin(ctx, tx, tenant) }); err != nil {
			return nil, fmt.Errorf("add the built-in provider: %w", err)
		}
		return f.load(ctx, tenant)
	}
	for _, p := range s.providers {
		f.connect(tenant, p)
	}
	return s, nil
}

const insertOwn = `
insert into provider (tenant_id, id, name, kind, source) values ($1, $2, $3, 'local', 'builtin')
on conflict (tenant_id, id) do nothing`

func insertBuiltin(ctx context.Context, tx pgx.Tx, tenant string) error {
	if _, err := tx.Exec(ctx, insertOwn, tenant, builtinID(tenant), builtinName); err != nil {
		return err
	}
	return bump(ctx, tx, tenant)
}

// connect opens the provider's key and prepares its client; it dials nothing.
func (f *Fleet) connect(tenant string, p *provider) {
	if p.kind == kindLocal {
		return
	}
	key, err := f.open(tenant, p)
	if err != nil {
		p.broken = fmt.Errorf("open the key of provider %s: %w", p.id, err)
		return
	}
	p.client, p.broken = openai.New(openai.Config{BaseURL: p.baseURL, APIKey: openai.Secret(key), HTTP: f.Egress.Client(0), Log: f.Log, Now: f.Now})
}

func (f *Fleet) open(tenant string, p *provider) (string, error) {
	if len(p.sealed) == 0 {
		return "", nil
	}
	plain, err := f.Keys.Open(p.sealed, keyPlace(tenant, p.id))
	return string(plain), err
}

func keyPlace(tenant, id string) secret.Where {
	return secret.Where{Tenant: tenant, Row: id, Column: "provider.key_sealed"}
}

const (
	selectVersion   = `select coalesce((select version from fleet_version where tenant_id = $1), 0)`
	selectProviders = `
select id::text, name, kind, source, base_url, key_sealed, enabled, tested_at, tested_ok, tested_detail, created_at, updated_at
from provider where tenant_id = $1 order by source = 'builtin' desc, created_at, id`
	selectModels  = `select provider_id::text, id, upstream, kind, input_nano_usd, output_nano_usd from provider_model where tenant_id = $1 order by provider_id, position`
	selectAliases = `select alias, model from model_alias where tenant_id = $1`
)

func readSnapshot(ctx context.Context, tx pgx.Tx, tenant string) (*snapshot, error) {
	s := &snapshot{tenant: tenant, aliases: map[string]string{}}
	if err := tx.QueryRow(ctx, selectVersion, tenant).Scan(&s.version); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectProviders, tenant)
	if err != nil {
		return nil, err
	}
	s.providers, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*provider, error) {
		p := &provider{models: []httpapi.ProviderModel{}}
		return p, row.Scan(&p.id, &p.name, &p.kind, &p.source, &p.baseURL, &p.sealed, &p.enabled,
			&p.testedAt, &p.testedOK, &p.testedDetail, &p.createdAt, &p.updatedAt)
	})
	if err != nil {
		return nil, err
	}
	if err := readModels(ctx, tx, tenant, s); err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, selectAliases, tenant); err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var alias, model string
		if err := rows.Scan(&alias, &model); err != nil {
			return nil, err
		}
		s.aliases[alias] = model
	}
	return s, rows.Err()
}

func readModels(ctx context.Context, tx pgx.Tx, tenant string, s *snapshot) error {
	rows, err := tx.Query(ctx, selectModels, tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		var m httpapi.ProviderModel
		if err := rows.Scan(&owner, &m.ID, &m.Upstream, &m.Kind, &m.InputNanoUSD, &m.OutputNanoUSD); err != nil {
			return err
		}
		if p := s.find(owner); p != nil {
			p.models = append(p.models, m)
		}
	}
	return rows.Err()
}

// serves is what a provider offers now: the rows of a remote one, what the
// engine has for the built-in one.
func (f *Fleet) serves(p *provider) []httpapi.ProviderModel {
	if p.kind != kindLocal {
		return p.models
	}
	out := []httpapi.ProviderModel{}
	if f.Local == nil {
		return out
	}
	for _, m := range f.Local.Models() {
		out = append(out, httpapi.ProviderModel{ID: m.ID, Upstream: m.ID, Kind: localKind(m.Kind)})
	}
	return out
}

func localKind(k llamacpp.Kind) string {
	if k == llamacpp.Embeddings {
		return kindEmbed
	}
	return kindChat
}

// seller is who the catalogue's prices must be of.
func (p *provider) seller() string {
	if p.kind == kindLocal {
		return catalog.Local
	}
	return catalog.ProviderOf(p.baseURL)
}
