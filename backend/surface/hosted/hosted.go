// Package hosted finds in requests what a provider would read or do beyond their
// bytes, so that what they can cost is bounded all the same.
package hosted

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"nexusai/backend/broker"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
)

// usualUses is how often a tool that names no most is taken to be used: a turn
// of Anthropic's ends after ten, the others say no number.
const usualUses = 10

// maxUses is how many uses of all tools a price is still said for.
const maxUses = 10_000

// priced are the hosted tools that cost nothing but tokens and searches; others
// are billed by what nobody here counts (containers, pictures, stored bytes).
var priced = []string{"web_search", "web_fetch", "mcp", "tool_search"}

// Tools notes in b what of a request's tools would run at the provider. mine are
// how the types of those begin that run at the caller; one without a type does.
func Tools(b *broker.Bound, list []byte, mine ...string) {
	if len(list) == 0 || list[0] != '[' {
		return
	}
	splice.Each(list, func(_ int, raw []byte) bool {
		kind, most := tool(raw)
		if kind == "" || begins(kind, mine) {
			return true
		}
		b.Open = true
		b.Uses += most
		if strings.HasPrefix(kind, "web_search") {
			b.Searches = min(b.Searches+most, maxUses)
		}
		b.Unpriced = b.Unpriced || !begins(kind, priced) || b.Uses > maxUses
		b.Uses = min(b.Uses, maxUses)
		return true
	})
}

// tool is a tool's type and how often it may be used. What cannot be read the
// provider may read otherwise: it counts as more than anybody says a price for.
func tool(raw []byte) (kind string, most int) {
	said := 0.0
	object.Members(raw, func(key string, value []byte) bool {
		switch key {
		case "type":
			_ = json.Unmarshal(value, &kind) // of a wrong type: the provider will say so
		case "max_uses":
			if json.Unmarshal(value, &said) != nil {
				said = maxUses + 1
			}
		}
		return true
	})
	if said <= 0 {
		return kind, usualUses
	}
	return kind, int(math.Ceil(min(said, maxUses+1)))
}

func begins(kind string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(kind, p) })
}

// Tier notes a class of service, a speed or a place that is dearer than the
// prices that are known. What is cheaper (flex) is bounded by them.
func Tier(b *broker.Bound, raw []byte) {
	var tier string
	if raw == nil || json.Unmarshal(raw, &tier) != nil {
		return // none, or the provider will say so
	}
	if !slices.Contains([]string{"", "auto", "default", "standard", "standard_only", "flex", "global"}, tier) {
		b.Unpriced = true
	}
}

// Said says that a member is there and neither null nor empty.
func Said(raw []byte) bool {
	return raw != nil && !slices.Contains([]string{"null", "[]", "{}", `""`, "false"}, string(raw))
}
