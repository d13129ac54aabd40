package fleet

import (
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/provider"
	"nexusai/server/audit"
)

const (
	maxVendors = 200 // of one tenant
	maxKeys    = 50  // of one provider
)

// List returns a tenant's providers, the built-in one first. health says how
// deployments are doing; nil where nobody knows.
func (f *Fleet) List(ctx context.Context, tenant string, health Health) ([]httpapi.Provider, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]httpapi.Provider, 0, len(s.vendors))
	for _, p := range s.vendors {
		out = append(out, f.show(s, p, health))
	}
	return out, nil
}

// Create adds a provider.
func (f *Fleet) Create(ctx context.Context, tenant string, actor audit.Actor, in httpapi.ProviderInput) (httpapi.Provider, error) {
	p := &vendor{id: newID(), kind: string(provider.OpenAI), source: sourceManual, enabled: true}
	if in.Kind != nil {
		p.kind = *in.Kind
	}
	about, ok := provider.Of(provider.Kind(p.kind))
	if !ok {
		return httpapi.Provider{}, fault.New(fault.BadRequest, "This kind of provider cannot be used here.", nil).At("body.kind")
	}
	if in.BaseURL == nil || *in.BaseURL == "" {
		in.BaseURL = &about.BaseURL
	}
	if in.Name == nil || *in.BaseURL == "" {
		return httpapi.Provider{}, fault.New(fault.BadRequest, "A provider needs a name and an address.", nil).At("body.name")
	}
	if err := f.setAddress(&vendor{}, *in.BaseURL, true); err != nil { // before anything is asked
		return httpapi.Provider{}, err
	}
	if _, err := f.snapshot(ctx, tenant); err != nil { // so that the built-in one has its name first
		return httpapi.Provider{}, err
	}
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		s, err := readSnapshot(ctx, tx, tenant)
		if err != nil {
			return err
		}
		if len(s.vendors) >= maxVendors {
			return fault.New(fault.Conflict, "There are as many providers as there can be.", nil)
		}
		c := change{f: f, tx: tx, tenant: tenant, actor: actor, snap: s}
		return c.provider(ctx, p, in, true)
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
		s, p, err := locked(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		if p.kind == kindLocal && (in.Name != nil || in.BaseURL != nil || in.APIKey != nil || in.Models != nil || in.APIVersion != nil) {
			return fault.New(fault.BadRequest, "The built-in provider can only be enabled and disabled.", nil)
		}
		if in.Kind != nil && *in.Kind != p.kind {
			return fault.New(fault.BadRequest, "The kind of a provider does not change.", nil).At("body.kind")
		}
		c := change{f: f, tx: tx, tenant: tenant, actor: actor, snap: s}
		return c.provider(ctx, p, in, false)
	})
	if err != nil {
		return httpapi.Provider{}, err
	}
	return f.one(ctx, tenant, id)
}

// Remove deletes a provider with its keys and deployments. The built-in one stays.
func (f *Fleet) Remove(ctx context.Context, tenant string, actor audit.Actor, id string) error {
	return f.write(ctx, tenant, func(tx pgx.Tx) error {
		_, p, err := locked(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		if p.kind == kindLocal {
			return fault.New(fault.Conflict, "The built-in provider cannot be removed.", nil).WithHint("Disable it instead.")
		}
		if err := remove(ctx, tx, tenant, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "provider.deleted", p.id, p.name, nil))
	})
}

func entry(actor audit.Actor, action, id, name string, facts map[string]string) audit.Entry {
	return audit.Entry{Actor: actor, Action: action, TargetID: id, Target: name, Facts: facts}
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
	return f.show(s, p, nil), nil
}

// change is one change to a tenant's fleet inside its transaction.
type change struct {
	f      *Fleet
	tx     pgx.Tx
	tenant string
	actor  audit.Actor
	snap   *snapshot
}

// provider puts in into p and stores it.
func (c change) provider(ctx context.Context, p *vendor, in httpapi.ProviderInput, fresh bool) error {
	facts, err := c.f.merge(p, in)
	if err != nil {
		return err
	}
	store, action := update, "provider.changed"
	if fresh {
		store, action = insert, "provider.created"
	}
	if in.APIKey != nil {
		p.testedAt, p.testedOK, p.testedDetail = nil, nil, ""
	}
	if err := store(ctx, c.tx, c.tenant, p); err != nil {
		return err
	}
	if in.APIKey != nil {
		facts["api_key"] = "replaced"
		if err := c.firstKey(ctx, p, *in.APIKey); err != nil {
			return err
		}
	}
	if in.Models != nil {
		facts["models"] = strconv.Itoa(len(in.Models))
		if err := c.models(ctx, p, in.Models); err != nil {
			return err
		}
	}
	return audit.Append(ctx, c.tx, entry(c.actor, action, p.id, p.name, facts))
}

// merge puts the plain parts of in into p and returns what changed, in words
// fit for the audit.
func (f *Fleet) merge(p *vendor, in httpapi.ProviderInput) (map[string]string, error) {
	facts := map[string]string{}
	if in.Name != nil && *in.Name != p.name {
		if p.name = strings.TrimSpace(*in.Name); p.name == "" || !shown(p.name) {
			return nil, fault.New(fault.BadRequest, "A provider needs a name that can be shown.", nil).At("body.name")
		}
		facts["name"] = p.name
	}
	if in.BaseURL != nil && *in.BaseURL != p.baseURL {
		if err := f.setAddress(p, *in.BaseURL, in.APIKey != nil && len(p.keys) <= 1); err != nil {
			return nil, err
		}
		facts["base_url"] = p.baseURL
	}
	for _, text := range []struct {
		name string
		in   *string
		have *string
	}{{"api_version", in.APIVersion, &p.apiVersion}, {"region", in.Region, &p.region}} {
		if text.in == nil || *text.in == *text.have {
			continue
		}
		if *text.have = strings.TrimSpace(*text.in); !shown(*text.have) || len(*text.have) > 40 {
			return nil, fault.New(fault.BadRequest, "This must be a short text that can be shown.", nil).At("body." + text.name)
		}
		facts[text.name] = *text.have
	}
	if in.Enabled != nil && *in.Enabled != p.enabled {
		p.enabled = *in.Enabled
		facts["enabled"] = strconv.FormatBool(p.enabled)
	}
	return facts, nil
}

// setAddress changes where a provider is. Its keys do not move along: whoever
// may change the address could otherwise have them sent to a place of their own.
func (f *Fleet) setAddress(p *vendor, address string, withKey bool) error {
	address = strings.TrimRight(strings.TrimSpace(address), "/")
	if err := f.Egress.CheckURL(address); err != nil {
		return fault.From(err).At("body.base_url")
	}
	if strings.ContainsAny(address, "?#") || !shown(address) {
		return fault.New(fault.BadRequest, "The address ends with the version, as in https://api.example.com/v1.", nil).At("body.base_url")
	}
	if p.baseURL != "" && len(p.keys) > 0 && !withKey {
		return fault.New(fault.BadRequest, "Enter the key again for the new address. Of several keys remove all but one first.", nil).At("body.api_key")
	}
	p.baseURL, p.testedAt, p.testedOK, p.testedDetail = address, nil, nil, ""
	return nil
}

// shown says that a name holds nothing that cannot be shown, or stored.
func shown(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, hidden)
}

// hidden also covers the marks that reorder text: a name must not be able to
// look like another one.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF'
}
