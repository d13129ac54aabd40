package fleet

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

// AddKey adds a key to a provider's pool; calls use it at once.
func (f *Fleet) AddKey(ctx context.Context, tenant string, actor audit.Actor, vendorID string, n httpapi.NewProviderKey) (httpapi.Provider, error) {
	return f.changePool(ctx, tenant, vendorID, func(c change, p *vendor) error {
		if p.kind == kindLocal {
			return fault.New(fault.BadRequest, "The built-in provider needs no key.", nil)
		}
		if len(p.keys) >= maxKeys {
			return fault.New(fault.Conflict, "The provider has as many keys as it can have.", nil)
		}
		k := &poolKey{id: newID(), enabled: true}
		if err := c.setKey(p, k, &n.Name, &n.Secret); err != nil {
			return err
		}
		if err := saveKey(ctx, c.tx, tenant, p.id, k); err != nil {
			return err
		}
		return audit.Append(ctx, c.tx, entry(actor, "provider_key.created", k.id, p.name+" · "+k.name, nil))
	})
}

// ChangeKey rotates, renames, enables or disables a key. Calls under way end
// with the old secret.
func (f *Fleet) ChangeKey(ctx context.Context, tenant string, actor audit.Actor, vendorID, keyID string, in httpapi.ProviderKeyPatch) (httpapi.Provider, error) {
	return f.changePool(ctx, tenant, vendorID, func(c change, p *vendor) error {
		k := p.key(strings.ToLower(keyID))
		if k == nil {
			return noKey()
		}
		facts := map[string]string{}
		if in.Name != nil {
			facts["name"] = *in.Name
		}
		if in.Secret != nil {
			facts["secret"] = "replaced"
			k.reference = "" // it is no longer the one of the file
		}
		if in.Enabled != nil {
			k.enabled = *in.Enabled
			facts["enabled"] = strconv.FormatBool(k.enabled)
		}
		if err := c.setKey(p, k, in.Name, in.Secret); err != nil {
			return err
		}
		if err := saveKey(ctx, c.tx, tenant, p.id, k); err != nil {
			return err
		}
		return audit.Append(ctx, c.tx, entry(actor, "provider_key.changed", k.id, p.name+" · "+k.name, facts))
	})
}

// RemoveKey takes a key out of the pool and destroys its secret.
func (f *Fleet) RemoveKey(ctx context.Context, tenant string, actor audit.Actor, vendorID, keyID string) error {
	_, err := f.changePool(ctx, tenant, vendorID, func(c change, p *vendor) error {
		k := p.key(strings.ToLower(keyID))
		if k == nil {
			return noKey()
		}
		if err := removeKey(ctx, c.tx, tenant, k.id); err != nil {
			return err
		}
		return audit.Append(ctx, c.tx, entry(actor, "provider_key.deleted", k.id, p.name+" · "+k.name, nil))
	})
	return err
}

func noKey() error { return fault.New(fault.NotFound, "The provider has no such key.", nil) }

func (f *Fleet) changePool(ctx context.Context, tenant, vendorID string, fn func(change, *vendor) error) (httpapi.Provider, error) {
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		s, p, err := locked(ctx, tx, tenant, vendorID)
		if err != nil {
			return err
		}
		return fn(change{f: f, tx: tx, tenant: tenant, snap: s}, p)
	})
	if err != nil {
		return httpapi.Provider{}, err
	}
	return f.one(ctx, tenant, vendorID)
}

// setKey puts a name and a secret, where given, into k.
func (c change) setKey(p *vendor, k *poolKey, name, secret *string) error {
	if name != nil {
		if k.name = strings.TrimSpace(*name); k.name == "" || !shown(k.name) {
			return fault.New(fault.BadRequest, "A key needs a name that can be shown.", nil).At("body.name")
		}
	}
	if secret == nil {
		return nil
	}
	plain, err := cleanSecret("body.secret", *secret)
	if err != nil {
		return err
	}
	if plain == "" {
		return fault.New(fault.BadRequest, "The key is empty.", nil).At("body.secret")
	}
	return c.f.seal(c.tenant, p.id, k, plain)
}

// firstKey makes secret that of the pool's first key; an empty one removes it.
func (c change) firstKey(ctx context.Context, p *vendor, secret string) error {
	plain, err := cleanSecret("body.api_key", secret)
	if err != nil {
		return err
	}
	switch {
	case plain == "" && len(p.keys) == 0:
		return nil
	case plain == "":
		return removeKey(ctx, c.tx, c.tenant, p.keys[0].id)
	case len(p.keys) == 0:
		p.keys = append(p.keys, &poolKey{id: newID(), name: "default", enabled: true})
	}
	p.keys[0].reference = ""
	if err := c.f.seal(c.tenant, p.id, p.keys[0], plain); err != nil {
		return err
	}
	return saveKey(ctx, c.tx, c.tenant, p.id, p.keys[0])
}
