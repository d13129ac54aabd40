package fleet

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"nexusai/backend/fault"
	"nexusai/server/policy"
)

func (doc *document) parseAliases(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return wrong(n, "aliases are a map of name to model, or to a map with its targets")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		a, err := parseAlias(n.Content[i], n.Content[i+1])
		if err != nil {
			return err
		}
		if err := doc.add(n.Content[i], a); err != nil {
			return err
		}
	}
	return nil
}

func (doc *document) add(n *yaml.Node, a *alias) error {
	if err := a.check("alias"); err != nil {
		return wrong(n, "alias %q: %s", a.name, fault.From(err).Safe)
	}
	if slices.ContainsFunc(doc.aliases, func(o *alias) bool { return o.name == a.name }) {
		return wrong(n, "%q has its targets twice", a.name)
	}
	if len(doc.aliases) >= maxAliases {
		return wrong(n, "a tenant has at most %d aliases", maxAliases)
	}
	doc.aliases = append(doc.aliases, a)
	return nil
}

func parseAlias(key, n *yaml.Node) (*alias, error) {
	a := &alias{name: key.Value, source: sourceFile, regions: []string{}}
	if n.Kind == yaml.ScalarNode {
		a.targets = []string{n.Value}
		return a, nil
	}
	if n.Kind == yaml.SequenceNode {
		var err error
		a.targets, err = texts(n)
		return a, err
	}
	fields, err := members(n, "targets", "larger", "regions", "max_usd_per_million", "hedge_after", "managed_by")
	if err != nil {
		return nil, err
	}
	if a.targets, err = texts(fields["targets"]); err != nil {
		return nil, err
	}
	if a.larger, err = text(fields["larger"]); err != nil {
		return nil, err
	}
	if a.regions, err = texts(fields["regions"]); err != nil {
		return nil, err
	}
	managed, err := text(fields["managed_by"])
	if err != nil {
		return nil, err
	}
	if a.source, err = owner(fields["managed_by"], managed); err != nil {
		return nil, err
	}
	if a.maxInput, a.maxOut, err = parseCap(fields["max_usd_per_million"]); err != nil {
		return nil, err
	}
	late, err := span(fields["hedge_after"], 10*time.Minute)
	a.hedgeAfter = late.Milliseconds()
	return a, err
}

func parseCap(n *yaml.Node) (input, output *int64, err error) {
	if n == nil {
		return nil, nil, nil
	}
	fields, err := members(n, "input", "output")
	if err != nil {
		return nil, nil, err
	}
	if fields["input"] != nil {
		if input, err = dollars(fields["input"]); err != nil {
			return nil, nil, err
		}
	}
	if fields["output"] != nil {
		output, err = dollars(fields["output"])
	}
	return input, output, err
}

// parseFallbacks: a model's fallbacks are an alias of its own name, which stands
// for itself first.
func (doc *document) parseFallbacks(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return wrong(n, "fallbacks are a map of a model to a list of others")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		others, err := texts(n.Content[i+1])
		if err != nil {
			return err
		}
		if len(others) == 0 {
			return wrong(n.Content[i], "%q has no fallbacks", n.Content[i].Value)
		}
		a := &alias{name: n.Content[i].Value, source: sourceFile, regions: []string{}}
		a.targets = append([]string{a.name}, others...)
		if err := doc.add(n.Content[i], a); err != nil {
			return err
		}
	}
	return nil
}

func (doc *document) parseRouting(n *yaml.Node) error {
	fields, err := members(n, "regions", "max_usd_per_million", "roles")
	if err != nil {
		return err
	}
	p := rules{models: map[string][]string{}}
	if p.regions, err = texts(fields["regions"]); err != nil {
		return err
	}
	if p.maxInput, p.maxOut, err = parseCap(fields["max_usd_per_million"]); err != nil {
		return err
	}
	if roles := fields["roles"]; roles != nil {
		all, err := members(roles, policy.Owner, policy.Admin, policy.Developer, policy.Member, policy.Auditor)
		if err != nil {
			return err
		}
		for role, list := range all {
			if p.models[role], err = texts(list); err != nil {
				return err
			}
		}
	}
	if err := p.check("routing"); err != nil {
		return wrong(n, "%s", fault.From(err).Safe)
	}
	doc.routing = &p
	return nil
}
