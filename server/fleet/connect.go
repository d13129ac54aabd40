package fleet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/backend/provider"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gauge"
	"nexusai/server/secret"
)

// connect opens a vendor's keys and prepares a client for each; it dials nothing.
func (f *Fleet) connect(tenant string, p *vendor) {
	if p.kind == kindLocal {
		return
	}
	if len(p.keys) == 0 {
		p.open, p.broken = f.dial(p, "")
		f.gauge(p, "")
		return
	}
	for _, k := range p.keys {
		plain, err := f.unseal(tenant, p.id, k)
		if err == nil {
			f.gauge(p, plain)
			k.client, err = f.dial(p, plain)
		}
		if err != nil {
			k.broken = fmt.Errorf("open key %s of provider %s: %w", k.id, p.id, err)
		}
	}
}

func (f *Fleet) dial(p *vendor, key string) (provider.Client, error) {
	return provider.Open(provider.Config{
		Kind: provider.Kind(p.kind), BaseURL: p.baseURL, APIVersion: p.apiVersion, Key: endpoint.Secret(key),
		HTTP: f.Egress.Client(0), Pictures: f.Pictures, Inside: f.Egress.Inside, ForceTools: f.forced, Log: f.Log, Now: f.Now,
	})
}

// forced says that a model calls tools only where a schema forces it to.
func (f *Fleet) forced(model string) bool {
	known, _ := f.Catalog.Model(model)
	return known.ForcedTools
}

// gauge has the vendor's load looked at, with one of its keys.
func (f *Fleet) gauge(p *vendor, key string) {
	if f.Gauges != nil && p.load == nil && provider.TellsLoad(provider.Kind(p.kind)) {
		p.load = f.Gauges.Of(gauge.Engine{BaseURL: p.baseURL, Key: endpoint.Secret(key), HTTP: f.Egress.Client(0)})
	}
}

func (f *Fleet) unseal(tenant, vendorID string, k *poolKey) (string, error) {
	plain, err := f.Keys.Open(k.sealed, keyPlace(tenant, vendorID, k.id))
	return string(plain), err
}

// seal puts a secret into k.
func (f *Fleet) seal(tenant, vendorID string, k *poolKey, plain string) error {
	sealed, err := f.Keys.Seal([]byte(plain), keyPlace(tenant, vendorID, k.id))
	if err != nil {
		return fmt.Errorf("seal a provider's key: %w", err)
	}
	k.sealed = sealed
	return nil
}

// keyPlace binds a key to its provider: moved to another one, whose address is
// elsewhere, it does not open. A key from before there were pools has its
// provider's id and the place that it was sealed for.
func keyPlace(tenant, vendorID, keyID string) secret.Where {
	row := vendorID
	if keyID != vendorID {
		row += "/" + keyID
	}
	return secret.Where{Tenant: tenant, Row: row, Column: "provider.key_sealed"}
}

// cleanSecret is a key as it may be sent in a header.
func cleanSecret(at, key string) (string, error) {
	key = strings.TrimSpace(key)
	if !shown(key) {
		return "", fault.New(fault.BadRequest, "The key holds a line break or another control character.", nil).At(at)
	}
	return key, nil
}

// usable are the keys of the pool that calls may go to, and whether there are
// others.
func (p *vendor) usable() (keys []*poolKey, others bool) {
	for _, k := range p.keys {
		if k.enabled && k.client != nil {
			keys = append(keys, k)
		}
	}
	return keys, len(keys) < len(p.keys)
}

func (p *vendor) key(id string) *poolKey {
	i := slices.IndexFunc(p.keys, func(k *poolKey) bool { return k.id == id })
	if i < 0 {
		return nil
	}
	return p.keys[i]
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
