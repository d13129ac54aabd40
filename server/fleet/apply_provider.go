package fleet

import (
	"context"
	"crypto/subtle"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// same compares values that hold pointers.
func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

func (a *application) providers(ctx context.Context, want []declared) error {
	named := map[string]bool{}
	for _, d := range want {
		named[d.want.name] = true
		i := slices.IndexFunc(a.snap.vendors, func(p *vendor) bool { return p.name == d.want.name })
		var err error
		if i < 0 {
			err = a.create(ctx, d)
		} else {
			err = a.update(ctx, a.snap.vendors[i], d)
		}
		if err != nil {
			return located(d.line, fmt.Errorf("provider %q: %w", d.want.name, err))
		}
	}
	for _, p := range slices.Clone(a.snap.vendors) {
		if p.source != sourceFile || named[p.name] {
			continue
		}
		if err := remove(ctx, a.tx, a.tenant, p.id); err != nil {
			return err
		}
		if err := a.done(ctx, "provider.deleted", p.id, p.name, "removed provider %q", p.name); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) create(ctx context.Context, d declared) error {
	p := &vendor{id: newID(), kind: d.want.kind, source: d.want.source, name: d.want.name, enabled: d.want.enabled, region: d.want.region, apiVersion: d.want.apiVersion}
	if len(a.snap.vendors) >= maxVendors {
		return fault.New(fault.Conflict, "there are as many providers as there can be", nil)
	}
	if err := a.f.setAddress(p, d.want.baseURL, true); err != nil {
		return err
	}
	if err := insert(ctx, a.tx, a.tenant, p); err != nil {
		return err
	}
	a.snap.vendors = append(a.snap.vendors, p)
	if _, err := a.pool(ctx, p, d); err != nil {
		return err
	}
	before := len(a.changes)
	if _, err := a.deployments(ctx, p, d); err != nil {
		return err
	}
	a.changes = a.changes[:before]
	return a.done(ctx, "provider.created", p.id, p.name, "added provider %q with %d models", p.name, len(p.deployments))
}

func (a *application) update(ctx context.Context, p *vendor, d declared) error {
	if p.kind == kindLocal && d.want.kind != kindLocal {
		return fault.New(fault.Conflict, "this is the name of the built-in provider", nil)
	}
	if p.kind != d.want.kind {
		return fault.New(fault.Conflict, "the kind of a provider does not change: give it another name", nil)
	}
	var parts []string
	note := func(part string, differs bool) bool {
		if differs {
			parts = append(parts, part)
		}
		return differs
	}
	if p.kind != kindLocal {
		if err := a.place(p, d, note); err != nil {
			return err
		}
	}
	if note("enabled", p.enabled != d.want.enabled) {
		p.enabled = d.want.enabled
	}
	keys, err := a.pool(ctx, p, d)
	if err != nil {
		return err
	}
	note("key", keys)
	models, err := a.deployments(ctx, p, d)
	if err != nil {
		return err
	}
	note("models", models)
	if len(parts) == 0 {
		return nil
	}
	if err := update(ctx, a.tx, a.tenant, p); err != nil {
		return err
	}
	return a.done(ctx, "provider.changed", p.id, p.name, "changed provider %q: %s", p.name, strings.Join(parts, ", "))
}

// place brings to what the file says where a provider is; the built-in one is
// here.
func (a *application) place(p *vendor, d declared, note func(part string, differs bool) bool) error {
	if note("source", p.source != d.want.source) {
		p.source = d.want.source
	}
	if note("address", p.baseURL != strings.TrimRight(d.want.baseURL, "/")) {
		if err := a.mayMove(p, d); err != nil {
			return err
		}
		if err := a.f.setAddress(p, d.want.baseURL, true); err != nil {
			return err
		}
	}
	if note("region", p.region != d.want.region) {
		p.region = d.want.region
	}
	if note("api_version", p.apiVersion != d.want.apiVersion) {
		p.apiVersion = d.want.apiVersion
	}
	return nil
}

// mayMove: a key that the server keeps does not go to another address.
func (a *application) mayMove(p *vendor, d declared) error {
	for _, k := range d.keys {
		if k.ref.stored {
			return fault.New(fault.BadRequest, "the address changes, so say where its keys are: the stored ones do not move along", nil)
		}
	}
	return nil
}

// pool makes p's keys those of the file.
func (a *application) pool(ctx context.Context, p *vendor, d declared) (changed bool, err error) {
	named := map[string]bool{}
	for _, w := range d.keys {
		named[w.name] = true
		i := slices.IndexFunc(p.keys, func(k *poolKey) bool { return k.name == w.name })
		k := &poolKey{id: newID(), name: w.name}
		if i >= 0 {
			k = p.keys[i]
		}
		differs, err := a.key(p, k, w, i < 0)
		if err != nil {
			return false, err
		}
		if !differs {
			continue
		}
		changed = true
		if err := saveKey(ctx, a.tx, a.tenant, p.id, k); err != nil {
			return false, err
		}
	}
	for _, k := range p.keys {
		if named[k.name] {
			continue
		}
		changed = true
		if err := removeKey(ctx, a.tx, a.tenant, k.id); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// key puts w into k and says whether that changed it.
func (a *application) key(p *vendor, k *poolKey, w declaredKey, fresh bool) (bool, error) {
	differs := fresh || k.enabled != w.enabled || !w.ref.stored && k.reference != w.ref.String()
	k.enabled = w.enabled
	if w.ref.stored {
		if fresh {
			return false, located(w.ref.line, fmt.Errorf("the server has no key %q", w.name))
		}
		return differs, nil
	}
	k.reference = w.ref.String()
	secret, known := a.secrets[w.ref]
	if !known { // to compare only
		if fresh {
			k.sealed = []byte{}
		}
		return differs, nil
	}
	if !fresh {
		old, err := a.f.unseal(a.tenant, p.id, k)
		if err == nil && subtle.ConstantTimeCompare([]byte(old), []byte(secret)) == 1 {
			return differs, nil
		}
	}
	return true, a.f.seal(a.tenant, p.id, k, secret)
}

// deployments makes p's deployments and their prices those of the file.
func (a *application) deployments(ctx context.Context, p *vendor, d declared) (changed bool, err error) {
	want := make([]*deployment, 0, len(d.models))
	for _, m := range d.models {
		one := m.d
		one.id = newID()
		if p.kind == kindLocal {
			one.id = localID(p.id, one.model)
		}
		if i := slices.IndexFunc(p.deployments, func(o *deployment) bool { return o.model == one.model }); i >= 0 {
			one.id = p.deployments[i].id
		}
		want = append(want, &one)
	}
	if len(want) > maxDeployments {
		return false, fault.New(fault.BadRequest, "the provider has too many models", nil)
	}
	if !slices.EqualFunc(p.deployments, want, func(x, y *deployment) bool { return same(*x, *y) }) {
		changed = true
		if err := saveDeployments(ctx, a.tx, a.tenant, p.id, p.deployments, want); err != nil {
			return false, err
		}
	}
	p.deployments = want
	set := map[string]*httpapi.Rates{}
	for _, m := range d.models {
		if before, twice := set[m.d.upstream]; twice && !same(before, m.rates) {
			return false, located(m.line, fmt.Errorf("two names of the model %q have different prices", m.d.upstream))
		}
		set[m.d.upstream] = m.rates
		differs, err := a.rates(ctx, p, m)
		if err != nil {
			return false, located(m.line, err)
		}
		changed = changed || differs
	}
	return changed, nil
}

// rates sets a model's price from now on, unless it holds already.
func (a *application) rates(ctx context.Context, p *vendor, m declaredModel) (bool, error) {
	of, now := priced{p.id, m.d.upstream}, a.f.Now().UTC()
	have, set := a.snap.inForce(of, now)
	switch {
	case m.rates == nil && !set, m.rates != nil && set && same(have.rates, *m.rates):
		return false, nil
	case m.rates == nil:
		return true, a.price(ctx, p, of, override{from: now, withdrawn: true})
	}
	return true, a.price(ctx, p, of, override{from: now, rates: *m.rates})
}
