package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"nexusai/server/tenant"
)

// document is what a file declares.
type document struct {
	tenant    string // slug; empty: the command line says it
	routing   *rules // nil: the file says nothing of it
	providers []declared
	aliases   []*alias
	prices    []declaredPrice
	teams     []declaredTeam
	limits    []declaredLimit
	budgets   []declaredBudget
	contents  *tenant.Contents // nil: the file says nothing of it
}

// maxNodes bounds a file after its anchors are followed.
const maxNodes = 200_000

// parse reads the file. Errors begin with "line N: ".
func parse(data []byte) (document, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return document{}, fmt.Errorf("this is not YAML: %w", err)
	}
	var doc document
	if len(root.Content) == 0 {
		return doc, nil
	}
	if left := count(root.Content[0], maxNodes); left < 0 {
		return doc, fmt.Errorf("line 1: the file has more than %d parts", maxNodes)
	}
	fields, err := members(root.Content[0], "tenant", "routing", "providers", "aliases", "fallbacks", "prices", "teams", "limits", "budgets", "contents")
	if err != nil {
		return doc, err
	}
	if doc.tenant, err = text(fields["tenant"]); err != nil {
		return doc, err
	}
	for _, section := range []struct {
		name string
		read func(*yaml.Node) error
	}{
		{"routing", doc.parseRouting}, {"providers", doc.parseProviders}, {"aliases", doc.parseAliases}, {"fallbacks", doc.parseFallbacks},
		{"prices", doc.parsePrices}, {"teams", doc.parseTeams}, {"limits", doc.parseLimits}, {"budgets", doc.parseBudgets}, {"contents", doc.parseContents},
	} {
		if n := fields[section.name]; n != nil {
			if err := section.read(n); err != nil {
				return document{}, err
			}
		}
	}
	return doc, nil
}

// count is left less the nodes below n. It follows no aliases: no reader here does.
func count(n *yaml.Node, left int) int {
	left--
	for _, c := range n.Content {
		if left < 0 {
			return left
		}
		left = count(c, left)
	}
	return left
}

// members are the values of a map that may have these keys only.
func members(n *yaml.Node, allowed ...string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, wrong(n, "expected a map with %v", allowed)
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if !slices.Contains(allowed, key.Value) {
			return nil, wrong(key, "%q is not known here; known are %v", key.Value, allowed)
		}
		if out[key.Value] != nil {
			return nil, wrong(key, "%q stands here twice", key.Value)
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
		return wrong(n, "expected a list")
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
		return "", wrong(n, "expected a text without control characters")
	}
	return n.Value, nil
}

func texts(n *yaml.Node) ([]string, error) {
	out := []string{}
	return out, items(n, func(n *yaml.Node) error {
		one, err := text(n)
		out = append(out, one)
		return err
	})
}

// flag is b unless n says otherwise.
func flag(n *yaml.Node, b bool) (bool, error) {
	if n != nil && (n.Kind != yaml.ScalarNode || n.Decode(&b) != nil) {
		return b, wrong(n, "expected true or false")
	}
	return b, nil
}

// optional is what n says, or nil.
func optional(n *yaml.Node) (*bool, error) {
	if n == nil {
		return nil, nil //nolint:nilnil // not said is no error
	}
	b, err := flag(n, false)
	return &b, err
}

func number(n *yaml.Node, usual, least, most int64) (int64, error) {
	if n == nil {
		return usual, nil
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil || i < least || i > most {
		return 0, wrong(n, "expected a whole number from %d to %d", least, most)
	}
	return i, nil
}

// span is a time as 1.5s or 2m; 0 when n says nothing.
func span(n *yaml.Node, most time.Duration) (time.Duration, error) {
	if n == nil {
		return 0, nil
	}
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < 0 || d > most || d%time.Millisecond != 0 {
		return 0, wrong(n, "expected a time such as 500ms, 10s or 2m, up to %s", most)
	}
	return d, nil
}

func wrong(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...))
}

// onLine is a refusal with the line of the file that is to blame.
type onLine struct {
	line  int
	cause error
}

func (e *onLine) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.cause) }
func (e *onLine) Unwrap() error { return e.cause }

// located says on which line a thing stands that is refused, unless err names
// that of a part of it.
func located(line int, err error) error {
	if _, already := errors.AsType[*onLine](err); already {
		return err
	}
	return &onLine{line, err}
}
