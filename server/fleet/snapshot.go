package fleet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/provider"
)

// vendor is one row of provider with its keys and what it serves.
type vendor struct {
	id, name, kind, source      string
	baseURL, apiVersion, region string
	enabled                     bool
	testedAt                    *time.Time
	testedOK                    *bool
	testedDetail                string
	createdAt, updatedAt        time.Time
	keys                        []*poolKey
	deployments                 []*deployment
	open                        provider.Client // without a key; nil when it has keys, is broken or local
	broken                      error           // why it cannot be asked with any key
	load                        broker.Load     // nil: it does not tell
	sells                       string          // see seller
	asks                        bool            // see paid
}

// poolKey is one key of a provider's pool.
type poolKey struct {
	id, name, reference  string
	sealed               []byte
	enabled              bool
	createdAt, rotatedAt time.Time
	client               provider.Client // nil: broken or not connected
	broken               error           // why it cannot be opened
}

// deployment is a model of a vendor under a name of ours.
type deployment struct {
	id, model, upstream, kind string
	enabled                   bool
	region                    string // empty: the vendor's
	weight, priority          int
	deadlines                 httpapi.DeploymentDeadlines
	overrides                 httpapi.DeploymentOverrides
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
	tenant  string
	version int64
	vendors []*vendor
	aliases map[string]*alias
	policy  rules
	prices  map[priced][]override // newest first
}

func (s *snapshot) find(id string) *vendor {
	i := slices.IndexFunc(s.vendors, func(p *vendor) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return s.vendors[i]
}

// targets are the models that a name stands for, in the order in which they
// are asked; a name that is no alias stands for itself. Aliases do not chain.
func (s *snapshot) targets(name string) []string {
	if a := s.aliases[name]; a != nil {
		return a.targets
	}
	return []string{name}
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
	for _, p := range s.vendors {
		p.sells, p.asks = p.seller(), p.paid() // each call asks for its price several times
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

const (
	selectVersion = `select coalesce((select version from fleet_version where tenant_id = $1), 0)`
	selectVendors = `select ` + vendorColumns + ` from provider where tenant_id = $1 order by source = 'builtin' desc, created_at, id`
	selectKeys    = `
select provider_id::text, id::text, name, reference, sealed, enabled, created_at, rotated_at
from provider_key where tenant_id = $1 order by provider_id, created_at, id`
	selectDeployments = `
select provider_id::text, ` + deploymentColumns + ` from deployment where tenant_id = $1 order by provider_id, position, model`
)

func readSnapshot(ctx context.Context, tx pgx.Tx, tenant string) (*snapshot, error) {
	s := &snapshot{tenant: tenant}
	if err := tx.QueryRow(ctx, selectVersion, tenant).Scan(&s.version); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectVendors, tenant)
	if err != nil {
		return nil, err
	}
	if s.vendors, err = pgx.CollectRows(rows, scanVendor); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, pgx.Tx, string) error{s.readKeys, s.readDeployments, s.readAliases, s.readPolicy, s.readPrices} {
		if err := read(ctx, tx, tenant); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *snapshot) readKeys(ctx context.Context, tx pgx.Tx, tenant string) error {
	rows, err := tx.Query(ctx, selectKeys, tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		k := &poolKey{}
		if err := rows.Scan(&owner, &k.id, &k.name, &k.reference, &k.sealed, &k.enabled, &k.createdAt, &k.rotatedAt); err != nil {
			return err
		}
		if p := s.find(owner); p != nil {
			p.keys = append(p.keys, k)
		}
	}
	return rows.Err()
}

func (s *snapshot) readDeployments(ctx context.Context, tx pgx.Tx, tenant string) error {
	rows, err := tx.Query(ctx, selectDeployments, tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		d := &deployment{}
		if err := rows.Scan(append([]any{&owner}, d.fields()...)...); err != nil {
			return err
		}
		if p := s.find(owner); p != nil {
			p.deployments = append(p.deployments, d)
		}
	}
	return rows.Err()
}

// serves is what a vendor offers now: the rows of a remote one, what the
// engine has for the built-in one, whose rows say only what was set by hand.
func (f *Fleet) serves(p *vendor) []*deployment {
	if p.kind != kindLocal {
		return p.deployments
	}
	out := []*deployment{}
	if f.Local == nil {
		return out
	}
	for _, m := range f.Local.Models() {
		d := &deployment{id: localID(p.id, m.ID), model: m.ID, upstream: m.ID, kind: localKind(m.Kind), enabled: true, weight: 1}
		for _, row := range p.deployments {
			if row.model == m.ID {
				d = row
			}
		}
		out = append(out, d)
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
func (p *vendor) seller() string {
	if p.kind == kindLocal {
		return catalog.Local
	}
	return catalog.ProviderOf(p.baseURL)
}

// paid says that the vendor is known to ask for money.
func (p *vendor) paid() bool {
	about, ok := provider.Of(provider.Kind(p.kind))
	return p.seller() != "custom" && p.kind != kindLocal || ok && about.Key && about.Kind != provider.OpenAI
}
