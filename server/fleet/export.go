package fleet

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"

	"nexusai/backend/httpapi"
)

// Export is what a tenant has as a file that Apply reads: applied again it
// changes nothing. Secrets are references only; one that came from nowhere but
// the console is "stored".
func (f *Fleet) Export(ctx context.Context, tenant, slug string) ([]byte, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	file := f.file(s, slug)
	err = f.DB.TenantRead(ctx, tenant, func(tx pgx.Tx) error {
		groups, err := teams(ctx, tx, tenant)
		if err != nil {
			return err
		}
		file.put("teams", groups, len(groups) == 0)
		limits, budgets, err := bounds(ctx, tx, tenant, f.deploymentNames(s))
		file.put("limits", limits, len(limits) == 0)
		file.put("budgets", budgets, len(budgets) == 0)
		if err != nil {
			return err
		}
		contents, err := exportContents(ctx, tx)
		file.put("contents", contents, contents == nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(file); err != nil {
		return nil, fmt.Errorf("write the file: %w", err)
	}
	return out.Bytes(), e.Close()
}

// entries is a map in the order in which it is written.
type entries struct{ node yaml.Node }

func mapping() *entries { return &entries{yaml.Node{Kind: yaml.MappingNode}} }

func (m *entries) MarshalYAML() (any, error) { return &m.node, nil }

// put adds a member, unless it says what holds anyway.
func (m *entries) put(name string, value any, usual bool) {
	if usual {
		return
	}
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		panic(fmt.Sprintf("encode %s: %v", name, err)) // texts, numbers and lists of them
	}
	m.node.Content = append(m.node.Content, scalar(name), &n)
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func (m *entries) empty() bool { return len(m.node.Content) == 0 }

func (f *Fleet) file(s *snapshot, slug string) *entries {
	out := mapping()
	out.put("tenant", slug, slug == "")
	if rules := exportRules(s.policy); !rules.empty() {
		out.put("routing", rules, false)
	}
	providers := []*entries{}
	for _, p := range s.vendors {
		if one := f.exportVendor(s, p); one != nil {
			providers = append(providers, one)
		}
	}
	out.put("providers", providers, false)
	aliases := mapping()
	names := make([]string, 0, len(s.aliases))
	for name := range s.aliases {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		aliases.put(name, exportAlias(s.aliases[name]), false)
	}
	out.put("aliases", aliases, aliases.empty())
	later := f.exportLater(s)
	out.put("prices", later, len(later) == 0)
	return out
}

func exportRules(p rules) *entries {
	out := mapping()
	out.put("regions", p.regions, len(p.regions) == 0)
	putCap(out, p.maxInput, p.maxOut)
	roles := mapping()
	for _, r := range p.show().Roles {
		roles.put(r.Role, r.Models, false)
	}
	out.put("roles", roles, roles.empty())
	return out
}

func putCap(out *entries, input, output *int64) {
	limit := mapping()
	if input != nil {
		limit.put("input", decimal(*input), false)
	}
	if output != nil {
		limit.put("output", decimal(*output), false)
	}
	out.put("max_usd_per_million", limit, limit.empty())
}

// exportVendor is nil for a built-in provider of which nothing was set.
func (f *Fleet) exportVendor(s *snapshot, p *vendor) *entries {
	out := mapping()
	if p.kind == kindLocal {
		if p.enabled && len(p.deployments) == 0 {
			return nil
		}
		out.put("kind", p.kind, false)
	} else {
		out.put("name", p.name, false)
		out.put("kind", p.kind, false)
		out.put("base_url", p.baseURL, false)
		out.put("api_version", p.apiVersion, p.apiVersion == "")
		out.put("region", p.region, p.region == "")
		out.put("managed_by", p.source, p.source != sourceManual)
	}
	out.put("enabled", p.enabled, p.enabled)
	keys := []*entries{}
	for _, k := range p.keys {
		keys = append(keys, exportKey(k))
	}
	out.put("keys", keys, len(keys) == 0)
	models := []*entries{}
	for _, d := range p.deployments {
		models = append(models, f.exportDeployment(s, p, d))
	}
	out.put("models", models, len(models) == 0)
	return out
}

func exportKey(k *poolKey) *entries {
	out := mapping()
	out.put("name", k.name, false)
	out.put("enabled", k.enabled, k.enabled)
	kind, where, _ := strings.Cut(k.reference, ":")
	if where == "" {
		out.put("stored", true, false)
		return out
	}
	out.put(kind, where, false)
	return out
}

func (f *Fleet) exportDeployment(s *snapshot, p *vendor, d *deployment) *entries {
	out := mapping()
	out.put("id", d.model, false)
	out.put("upstream", d.upstream, d.upstream == d.model)
	out.put("kind", d.kind, d.kind == kindChat)
	out.put("enabled", d.enabled, d.enabled)
	out.put("region", d.region, d.region == "")
	out.put("weight", d.weight, d.weight == 1)
	out.put("priority", d.priority, d.priority == 0)
	limits := mapping()
	for _, one := range []struct {
		name string
		ms   int64
	}{{"connect", d.deadlines.ConnectMS}, {"first_token", d.deadlines.FirstTokenMS}, {"between_tokens", d.deadlines.BetweenTokensMS}} {
		limits.put(one.name, (time.Duration(one.ms) * time.Millisecond).String(), one.ms == 0)
	}
	out.put("deadlines", limits, limits.empty())
	o := d.overrides
	out.put("context_tokens", o.ContextTokens, o.ContextTokens == nil)
	out.put("max_output_tokens", o.MaxOutputTokens, o.MaxOutputTokens == nil)
	for _, one := range []struct {
		name string
		set  *bool
	}{{"images", o.Images}, {"tools", o.Tools}, {"schema", o.Schema}, {"reasoning", o.Reasoning}, {"prefill", o.Prefill}} {
		out.put(one.name, one.set, one.set == nil)
	}
	if set, ok := s.inForce(priced{p.id, d.upstream}, f.Now()); ok {
		putRates(out, set.rates)
	}
	return out
}

func putRates(out *entries, r httpapi.Rates) {
	million, each := mapping(), mapping()
	for _, u := range units {
		nano := *u.at(&r)
		if nano == nil {
			continue
		}
		into := million
		if u.each {
			into = each
		}
		into.put(u.name, decimal(*nano), false)
	}
	out.put("usd_per_million", million, million.empty())
	out.put("usd_each", each, each.empty())
}

func exportAlias(a *alias) *entries {
	out := mapping()
	out.put("targets", a.targets, false)
	out.put("larger", a.larger, a.larger == "")
	out.put("regions", a.regions, len(a.regions) == 0)
	putCap(out, a.maxInput, a.maxOut)
	out.put("hedge_after", (time.Duration(a.hedgeAfter) * time.Millisecond).String(), a.hedgeAfter == 0)
	out.put("managed_by", a.source, a.source != sourceManual)
	return out
}

// exportLater are the prices that have not begun.
func (f *Fleet) exportLater(s *snapshot) []*entries {
	out := []*entries{}
	for _, p := range s.vendors {
		var upstreams []string
		for of := range s.prices {
			if of.vendor == p.id {
				upstreams = append(upstreams, of.upstream)
			}
		}
		slices.Sort(upstreams)
		for _, upstream := range upstreams {
			out = append(out, f.exportPrices(s, p, upstream)...)
		}
	}
	return out
}

func (f *Fleet) exportPrices(s *snapshot, p *vendor, upstream string) []*entries {
	var out []*entries
	seen := map[time.Time]bool{} // of several that begin at one moment the newest holds
	for _, o := range s.prices[priced{p.id, upstream}] {
		if !f.Now().Before(o.from) || seen[o.from] {
			continue
		}
		seen[o.from] = true
		one := mapping()
		one.put("provider", p.name, false)
		one.put("model", upstream, false)
		one.put("from", o.from.UTC().Format(time.RFC3339Nano), false)
		one.put("catalogue", true, !o.withdrawn)
		putRates(one, o.rates)
		out = append(out, one)
	}
	return out
}
