package fleet

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/provider"
)

// declared is one provider of the file.
type declared struct {
	line   int
	want   vendor // name, kind, source, address, region, enabled
	keys   []declaredKey
	models []declaredModel
}

// declaredKey is one of its keys, by reference.
type declaredKey struct {
	name    string
	enabled bool
	ref     reference
}

// declaredModel is one of its deployments, without an id, and its price; nil:
// the catalogue's.
type declaredModel struct {
	line  int
	d     deployment
	rates *httpapi.Rates
}

// reference says where a secret is: in the environment, in a file, or with the
// server already.
type reference struct {
	line      int
	env, file string
	stored    bool
}

// String is the reference as it is kept beside the key.
func (r reference) String() string {
	switch {
	case r.env != "":
		return "env:" + r.env
	case r.file != "":
		return "file:" + r.file
	}
	return ""
}

func (doc *document) parseProviders(n *yaml.Node) error {
	return items(n, func(n *yaml.Node) error {
		p, err := parseProvider(n)
		if err == nil && slices.ContainsFunc(doc.providers, func(d declared) bool { return d.want.name == p.want.name }) {
			err = wrong(n, "two providers are called %q", p.want.name)
		}
		doc.providers = append(doc.providers, p)
		return err
	})
}

func parseProvider(n *yaml.Node) (declared, error) {
	p := declared{line: n.Line, want: vendor{source: sourceFile}}
	fields, err := members(n, "name", "kind", "base_url", "api_version", "region", "key", "keys", "enabled", "models", "managed_by")
	if err != nil {
		return p, err
	}
	managed := ""
	for name, into := range map[string]*string{
		"name": &p.want.name, "kind": &p.want.kind, "base_url": &p.want.baseURL, "api_version": &p.want.apiVersion,
		"region": &p.want.region, "managed_by": &managed,
	} {
		if *into, err = text(fields[name]); err != nil {
			return p, err
		}
	}
	if p.want.enabled, err = flag(fields["enabled"], true); err != nil {
		return p, err
	}
	if p.want.source, err = owner(fields["managed_by"], managed); err != nil {
		return p, err
	}
	if err := p.parseKeys(fields["key"], fields["keys"]); err != nil {
		return p, err
	}
	if err := p.check(n); err != nil {
		return p, err
	}
	return p, items(fields["models"], func(n *yaml.Node) error {
		m, err := parseModel(n)
		if err == nil && slices.ContainsFunc(p.models, func(o declaredModel) bool { return o.d.model == m.d.model }) {
			err = wrong(n, "two models are called %q", m.d.model)
		}
		p.models = append(p.models, m)
		return err
	})
}

// owner is who a thing belongs to: what the console manages stays when the
// file no longer names it.
func owner(n *yaml.Node, managed string) (string, error) {
	switch managed {
	case "":
		return sourceFile, nil
	case sourceFile, sourceManual:
		return managed, nil
	}
	return "", wrong(n, "managed_by is file or console")
}

func (p *declared) check(n *yaml.Node) error {
	if p.want.kind == kindLocal {
		if p.want.baseURL+p.want.apiVersion+p.want.region != "" || len(p.keys) > 0 {
			return wrong(n, "the built-in provider has no address and no keys")
		}
		p.want.name = builtinName
		return nil
	}
	if p.want.kind == "" {
		p.want.kind = string(provider.OpenAI)
	}
	about, ok := provider.Of(provider.Kind(p.want.kind))
	if !ok {
		return wrong(n, "there is no kind %q of provider", p.want.kind)
	}
	if p.want.baseURL == "" && p.want.kind != string(provider.OpenAI) {
		p.want.baseURL = about.BaseURL
	}
	if p.want.name == "" || len(p.want.name) > 120 || p.want.baseURL == "" {
		return wrong(n, "a provider needs a name of at most 120 characters and a base_url")
	}
	if len(p.want.region) > 40 || len(p.want.apiVersion) > 40 {
		return wrong(n, "a region and an api_version have at most 40 characters")
	}
	return nil
}

// parseKeys takes one key for a provider that has one, and a list for a pool.
func (p *declared) parseKeys(one, several *yaml.Node) error {
	if one != nil && several != nil {
		return wrong(several, "a provider has a key or keys, not both")
	}
	if one != nil {
		ref, err := parseReference(one, nil)
		p.keys = []declaredKey{{name: "default", enabled: true, ref: ref}}
		return err
	}
	return items(several, func(n *yaml.Node) error {
		k := declaredKey{}
		fields, err := members(n, "name", "enabled", "env", "file", "stored")
		if err != nil {
			return err
		}
		if k.name, err = text(fields["name"]); err != nil {
			return err
		}
		if k.name == "" || len(k.name) > 120 || slices.ContainsFunc(p.keys, func(o declaredKey) bool { return o.name == k.name }) {
			return wrong(n, "each key needs a name of its own of at most 120 characters")
		}
		if k.enabled, err = flag(fields["enabled"], true); err != nil {
			return err
		}
		k.ref, err = parseReference(n, fields)
		p.keys = append(p.keys, k)
		if len(p.keys) > maxKeys {
			return wrong(n, "a provider has at most %d keys", maxKeys)
		}
		return err
	})
}

// parseReference refuses a secret that stands in the file itself. fields are
// n's where other things stand in it, too.
func parseReference(n *yaml.Node, fields map[string]*yaml.Node) (reference, error) {
	const how = "a key is given as {env: NAME}, {file: PATH} or {stored: true}"
	r := reference{line: n.Line}
	if n.Kind != yaml.MappingNode {
		return r, wrong(n, how+", never in the file itself")
	}
	var err error
	if fields == nil {
		if fields, err = members(n, "env", "file", "stored"); err != nil {
			return r, err
		}
	}
	if r.env, err = text(fields["env"]); err != nil {
		return r, err
	}
	if r.file, err = text(fields["file"]); err != nil {
		return r, err
	}
	if r.stored, err = flag(fields["stored"], false); err != nil {
		return r, err
	}
	said := 0
	for _, one := range []bool{r.env != "", r.file != "", r.stored} {
		if one {
			said++
		}
	}
	if said != 1 || len(r.env) > 500 || len(r.file) > 900 {
		return r, wrong(n, how)
	}
	return r, nil
}

func parseModel(n *yaml.Node) (declaredModel, error) {
	if n.Kind == yaml.ScalarNode { // a bare name
		n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "id"}, n}}
	}
	m := declaredModel{line: n.Line}
	fields, err := members(n, "id", "upstream", "kind", "enabled", "region", "weight", "priority", "deadlines",
		"context_tokens", "max_output_tokens", "images", "tools", "schema", "reasoning", "prefill", "usd_per_million", "usd_each")
	if err != nil {
		return m, err
	}
	for name, into := range map[string]*string{"id": &m.d.model, "upstream": &m.d.upstream, "kind": &m.d.kind, "region": &m.d.region} {
		if *into, err = text(fields[name]); err != nil {
			return m, err
		}
	}
	if m.d.upstream == "" {
		m.d.upstream = m.d.model
	}
	if m.d.kind == "" {
		m.d.kind = kindChat
	}
	switch {
	case !name(m.d.model) || !name(m.d.upstream):
		return m, wrong(n, "a model needs an id of at most 200 characters")
	case !slices.Contains(kinds, m.d.kind):
		return m, wrong(n, "the kind of a model is one of %v, not %q", kinds, m.d.kind)
	}
	if err := parseSettings(fields, &m.d); err != nil {
		return m, err
	}
	if err := m.d.check("models"); err != nil {
		return m, wrong(n, "%s", fault.From(err).Safe)
	}
	m.rates, err = parseRates(fields["usd_per_million"], fields["usd_each"])
	return m, err
}

func parseSettings(fields map[string]*yaml.Node, d *deployment) (err error) {
	if d.enabled, err = flag(fields["enabled"], true); err != nil {
		return err
	}
	weight, err := number(fields["weight"], 1, 1, 1000)
	if err != nil {
		return err
	}
	priority, err := number(fields["priority"], 0, 0, 100)
	if err != nil {
		return err
	}
	d.weight, d.priority = int(weight), int(priority)
	if n := fields["deadlines"]; n != nil {
		if err := parseDeadlines(n, &d.deadlines); err != nil {
			return err
		}
	}
	o := &d.overrides
	for name, into := range map[string]**int{"context_tokens": &o.ContextTokens, "max_output_tokens": &o.MaxOutputTokens} {
		if fields[name] == nil {
			continue
		}
		tokens, err := number(fields[name], 0, 1, 100_000_000)
		if err != nil {
			return err
		}
		whole := int(tokens)
		*into = &whole
	}
	for name, into := range map[string]**bool{"images": &o.Images, "tools": &o.Tools, "schema": &o.Schema, "reasoning": &o.Reasoning, "prefill": &o.Prefill} {
		if *into, err = optional(fields[name]); err != nil {
			return err
		}
	}
	return nil
}

func parseDeadlines(n *yaml.Node, into *httpapi.DeploymentDeadlines) error {
	fields, err := members(n, "connect", "first_token", "between_tokens")
	if err != nil {
		return err
	}
	for name, one := range map[string]struct {
		ms   *int64
		most time.Duration
	}{
		"connect": {&into.ConnectMS, 10 * time.Minute}, "first_token": {&into.FirstTokenMS, time.Hour}, "between_tokens": {&into.BetweenTokensMS, 10 * time.Minute},
	} {
		d, err := span(fields[name], one.most)
		if err != nil {
			return err
		}
		*one.ms = d.Milliseconds()
	}
	return nil
}
