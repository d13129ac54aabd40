package fleet

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/store"
)

// List returns a tenant's providers, the built-in one first.
func (f *Fleet) List(ctx context.Context, tenant string) ([]httpapi.Provider, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]httpapi.Provider, 0, len(s.providers))
	for _, p := range s.providers {
		out = append(out, f.show(p))
	}
	return out, nil
}

// Create adds an OpenAI-compatible endpoint.
func (f *Fleet) Create(ctx context.Context, tenant string, actor audit.Actor, in httpapi.ProviderInput) (httpapi.Provider, error) {
	p := &provider{id: uuid.Must(uuid.NewV7()).String(), kind: "openai", source: sourceManual, enabled: true}
	facts, err := f.merge(tenant, p, in)
	if err != nil {
		return httpapi.Provider{}, err
	}
	if p.name == "" || p.baseURL == "" {
		return httpapi.Provider{}, fault.New(fault.BadRequest, "A provider needs a name and an address.", nil).At("body.name")
	}
	if _, err := f.snapshot(ctx, tenant); err != nil { // so that the built-in one has its name first
		return httpapi.Provider{}, err
	}
	err = f.write(ctx, tenant, func(tx pgx.Tx) error {
		if err := insert(ctx, tx, tenant, p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "provider.created", p, facts))
	})
	if err != nil {
		return httpapi.Provider{}, err
	}
	return f.one(ctx, tenant, p.id)
}

// Change changes what is present in in. The built-in provider can only be
// enabled and disabled.
func (f *Fleet) Change(ctx context.Context, tenant string, actor audit.Actor, id string, in httpapi.ProviderInput) (httpapi.Provider, error) {
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		p, err := lock(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		if p.kind == kindLocal && (in.Name != nil || in.BaseURL != nil || in.APIKey != nil || in.Models != nil) {
			return fault.New(fault.BadRequest, "The built-in provider can only be enabled and disabled.", nil)
		}
		facts, err := f.merge(tenant, p, in)
		if err != nil {
			return err
		}
		if err := update(ctx, tx, tenant, p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "provider.changed", p, facts))
	})
	if err != nil {
		return httpapi.Provider{}, err
	}
	return f.one(ctx, tenant, id)
}

// Remove deletes a provider and its key. The built-in one stays.
func (f *Fleet) Remove(ctx context.Context, tenant string, actor audit.Actor, id string) error {
	return f.write(ctx, tenant, func(tx pgx.Tx) error {
		p, err := lock(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		if p.kind == kindLocal {
			return fault.New(fault.Conflict, "The built-in provider cannot be removed.", nil).WithHint("Disable it instead.")
		}
		if err := remove(ctx, tx, tenant, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "provider.deleted", p, nil))
	})
}

func entry(actor audit.Actor, action string, p *provider, facts map[string]string) audit.Entry {
	return audit.Entry{Actor: actor, Action: action, TargetID: p.id, Target: p.name, Facts: facts}
}

func (f *Fleet) one(ctx context.Context, tenant, id string) (httpapi.Provider, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.Provider{}, err
	}
	p := s.find(id)
	if p == nil {
		return httpapi.Provider{}, notFound()
	}
	return f.show(p), nil
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
	if store.Violates(err, "provider_name") {
		return fault.New(fault.Conflict, "Another provider has this name.", err).At("body.name")
	}
	if err == nil {
		f.forget(tenant)
	}
	return err
}

// merge puts in into p and returns what changed, in words fit for the audit.
func (f *Fleet) merge(tenant string, p *provider, in httpapi.ProviderInput) (map[string]string, error) {
	facts := map[string]string{}
	if in.Name != nil && *in.Name != p.name {
		if p.name = strings.TrimSpace(*in.Name); p.name == "" || !shown(p.name) {
			return nil, fault.New(fault.BadRequest, "A provider needs a name that can be shown.", nil).At("body.name")
		}
		facts["name"] = p.name
	}
	if in.BaseURL != nil && *in.BaseURL != p.baseURL {
		if err := f.setAddress(p, *in.BaseURL, in.APIKey != nil); err != nil {
			return nil, err
		}
		facts["base_url"] = p.baseURL
	}
	if in.APIKey != nil {
		if err := f.setKey(tenant, p, *in.APIKey); err != nil {
			return nil, err
		}
		facts["api_key"] = "replaced"
	}
	if in.Enabled != nil && *in.Enabled != p.enabled {
		p.enabled = *in.Enabled
		facts["enabled"] = strconv.FormatBool(p.enabled)
	}
	if in.Models != nil {
		if err := checkModels(in.Models); err != nil {
			return nil, err
		}
		p.models = in.Models
		facts["models"] = strconv.Itoa(len(p.models))
	}
	return facts, nil
}

// setAddress changes where a provider is. Its key does not move along: whoever
// may change the address could otherwise have it sent to a place of their own.
func (f *Fleet) setAddress(p *provider, address string, withKey bool) error {
	address = strings.TrimRight(strings.TrimSpace(address), "/")
	if err := f.Egress.CheckURL(address); err != nil {
		return fault.From(err).At("body.base_url")
	}
	if strings.ContainsAny(address, "?#") || !shown(address) {
		return fault.New(fault.BadRequest, "The address ends with the version, as in https://api.example.com/v1.", nil).At("body.base_url")
	}
	if p.baseURL != "" && len(p.sealed) > 0 && !withKey {
		return fault.New(fault.BadRequest, "Enter the key again for the new address.", nil).At("body.api_key")
	}
	p.baseURL, p.testedAt, p.testedOK, p.testedDetail = address, nil, nil, ""
	return nil
}

func (f *Fleet) setKey(tenant string, p *provider, key string) error {
	key = strings.TrimSpace(key)
	if !shown(key) {
		return fault.New(fault.BadRequest, "The key holds a line break or another control character.", nil).At("body.api_key")
	}
	p.sealed, p.testedAt, p.testedOK, p.testedDetail = nil, nil, nil, ""
	if key == "" {
		return nil
	}
	sealed, err := f.Keys.Seal([]byte(key), keyPlace(tenant, p.id))
	if err != nil {
		return fmt.Errorf("seal a provider's key: %w", err)
	}
	p.sealed = sealed
	return nil
}

func checkModels(models []httpapi.ProviderModel) error {
	seen := map[string]bool{}
	for i, m := range models {
		at := "body.models." + strconv.Itoa(i)
		if strings.TrimSpace(m.ID) != m.ID || m.ID == "" || m.Upstream == "" || !shown(m.ID) || !shown(m.Upstream) {
			return fault.New(fault.BadRequest, "A model needs a name that can be shown, without spaces around it.", nil).At(at)
		}
		if seen[m.ID] {
			return fault.New(fault.BadRequest, "Two models have the same name.", nil).At(at)
		}
		seen[m.ID] = true
	}
	return nil
}

// shown says that a name holds nothing that cannot be shown, or stored.
func shown(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}
