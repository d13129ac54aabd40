package fleet

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"nexusai/backend/httpapi"
)

// document is what a models.yaml declares.
type document struct {
	tenant    string // slug; empty: the command line says it
	providers []declared
	aliases   map[string]string
}

// declared is one provider of the file.
type declared struct {
	line    int
	name    string
	baseURL string
	key     reference
	enabled bool
	models  []httpapi.ProviderModel
}

// reference says where a secret is; both empty: there is none.
type reference struct {
	line      int
	env, file string
}

// parse reads the file. Errors begin with "line N: ".
func parse(data []byte) (document, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return document{}, fmt.Errorf("this is not YAML: %w", err)
	}
	doc := document{aliases: map[string]string{}}
	if len(root.Content) == 0 {
		return doc, nil
	}
	fields, err := members(root.Content[0], "tenant", "providers", "aliases")
	if err != nil {
		return document{}, err
	}
	if doc.tenant, err = text(fields["tenant"]); err != nil {
		return document{}, err
	}
	if err := items(fields["providers"], func(n *yaml.Node) error {
		p, err := parseProvider(n)
		if err == nil && slices.ContainsFunc(doc.providers, func(d declared) bool { return d.name == p.name }) {
			err = at(n, "two providers are called %q", p.name)
		}
		doc.providers = append(doc.providers, p)
		return err
	}); err != nil {
		return document{}, err
	}
	return doc, parseAliases(fields["aliases"], doc.aliases)
}

func parseAliases(n *yaml.Node, into map[string]string) error {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return at(n, "aliases are a map of name to model")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		alias, model := n.Content[i].Value, n.Content[i+1].Value
		if alias == "" || model == "" || alias == model || n.Content[i+1].Kind != yaml.ScalarNode || !shown(alias+model) || max(len(alias), len(model)) > 200 {
			return at(n.Content[i], "alias %q must name another model", alias)
		}
		into[alias] = model
	}
	return nil
}

func parseProvider(n *yaml.Node) (declared, error) {
	p := declared{line: n.Line, enabled: true, models: []httpapi.ProviderModel{}}
	fields, err := members(n, "name", "base_url", "key", "enabled", "models")
	if err != nil {
		return p, err
	}
	if p.name, err = text(fields["name"]); err != nil {
		return p, err
	}
	if p.baseURL, err = text(fields["base_url"]); err != nil {
		return p, err
	}
	if p.name == "" || len(p.name) > 120 || p.baseURL == "" {
		return p, at(n, "a provider needs a name of at most 120 characters and a base_url")
	}
	if e := fields["enabled"]; e != nil && e.Decode(&p.enabled) != nil {
		return p, at(e, "enabled is true or false")
	}
	if p.key, err = parseReference(fields["key"]); err != nil {
		return p, err
	}
	return p, items(fields["models"], func(n *yaml.Node) error {
		m, err := parseModel(n)
		if err == nil && slices.ContainsFunc(p.models, func(o httpapi.ProviderModel) bool { return o.ID == m.ID }) {
			err = at(n, "two models are called %q", m.ID)
		}
		p.models = append(p.models, m)
		return err
	})
}

// parseReference refuses a secret that stands in the file itself.
func parseReference(n *yaml.Node) (reference, error) {
	if n == nil {
		return reference{}, nil
	}
	r := reference{line: n.Line}
	if n.Kind != yaml.MappingNode {
		return r, at(n, "a key is given as {env: NAME} or {file: PATH}, never in the file itself")
	}
	fields, err := members(n, "env", "file")
	if err != nil {
		return r, err
	}
	if r.env, err = text(fields["env"]); err != nil {
		return r, err
	}
	if r.file, err = text(fields["file"]); err != nil {
		return r, err
	}
	if (r.env == "") == (r.file == "") {
		return r, at(n, "a key is given as {env: NAME} or {file: PATH}")
	}
	return r, nil
}

func parseModel(n *yaml.Node) (m httpapi.ProviderModel, err error) {
	if n.Kind == yaml.ScalarNode { // a bare name
		n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "id"}, n}}
	}
	fields, err := members(n, "id", "upstream", "kind", "usd_per_million")
	if err != nil {
		return m, err
	}
	for name, into := range map[string]*string{"id": &m.ID, "upstream": &m.Upstream, "kind": &m.Kind} {
		if *into, err = text(fields[name]); err != nil {
			return m, err
		}
	}
	if m.Upstream == "" {
		m.Upstream = m.ID
	}
	if m.Kind == "" {
		m.Kind = kindChat
	}
	switch {
	case m.ID == "" || len(m.ID) > 200 || len(m.Upstream) > 200:
		return m, at(n, "a model needs an id of at most 200 characters")
	case m.Kind != kindChat && m.Kind != kindEmbed:
		return m, at(n, "the kind of a model is chat or embedding, not %q", m.Kind)
	case fields["usd_per_million"] == nil:
		return m, nil
	}
	prices, err := members(fields["usd_per_million"], "input", "output")
	if err != nil {
		return m, err
	}
	if m.InputNanoUSD, err = price(prices["input"]); err != nil {
		return m, err
	}
	m.OutputNanoUSD, err = price(prices["output"])
	return m, err
}

// price turns US dollars per million tokens into nano dollars per thousand.
func price(n *yaml.Node) (*int64, error) {
	if n == nil {
		return nil, nil //nolint:nilnil // no price is no error
	}
	// Only plain decimals: an exponent could ask for gigabytes of digits.
	if n.Kind != yaml.ScalarNode || len(n.Value) > 30 || strings.Trim(n.Value, "0123456789.") != "" {
		return nil, at(n, "%q is not a price in US dollars", n.Value)
	}
	dollars, ok := new(big.Rat).SetString(n.Value)
	if !ok {
		return nil, at(n, "%q is not a price in US dollars", n.Value)
	}
	nano := dollars.Mul(dollars, big.NewRat(1_000_000, 1))
	if !nano.IsInt() || !nano.Num().IsInt64() {
		return nil, at(n, "the price %s has more than six decimals or is too large", n.Value)
	}
	whole := nano.Num().Int64()
	return &whole, nil
}

// members are the values of a map that may have these keys only.
func members(n *yaml.Node, allowed ...string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, at(n, "expected a map with %v", allowed)
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if !slices.Contains(allowed, key.Value) {
			return nil, at(key, "%q is not known here; known are %v", key.Value, allowed)
		}
		if out[key.Value] != nil {
			return nil, at(key, "%q stands here twice", key.Value)
		}
		out[key.Value] = n.Content[i+1]
	}
	return out, nil
}

func items(n *yaml.Node, fn func(*yaml.Node) error) error {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return at(n, "expected a list")
	}
	for _, item := range n.Content {
		if err := fn(item); err != nil {
			return err
		}
	}
	return nil
}

func text(n *yaml.Node) (string, error) {
	if n == nil {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode || !shown(n.Value) {
		return "", at(n, "expected a text without control characters")
	}
	return n.Value, nil
}

func at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...))
}
