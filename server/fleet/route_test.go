package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

// route is how a caller of the tenant would be served, as "name@priority" and
// "name!reason".
func (w *world) route(c httpapi.Caller, model string) (out []string, err error) {
	w.t.Helper()
	c.TenantID = w.tenant
	route, err := w.fleet.Candidates(httpapi.WithCaller(w.t.Context(), c), broker.Query{Model: model, Need: broker.CanChat})
	for _, d := range route.Deployments {
		out = append(out, d.Name+"@"+string(rune('0'+d.Priority/1000)))
	}
	for _, x := range route.Excluded {
		out = append(out, x.Name+"!"+string(x.Reason))
	}
	slices.Sort(out)
	return out, err
}

func (w *world) apply(doc string) {
	w.t.Helper()
	_, err := w.fleet.Apply(w.t.Context(), w.tenant, []byte(doc))
	w.must(err)
}

const three = `
providers:
  - {name: Here, base_url: "https://a.example.com/v1", region: eu, models: [m, {id: dear, usd_per_million: {input: 9, output: 9}}]}
  - {name: There, base_url: "https://b.example.com/v1", region: us, models: [m, n, {id: cheap, usd_per_million: {input: 1, output: 1}}]}
  - {name: Somewhere, base_url: "https://c.example.com/v1", models: [m, {id: off, enabled: false}]}
`

func TestRegionsPricesAndRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name, doc, model string
		caller           httpapi.Caller
		want             string
		code             fault.Code
	}{
		{"everywhere", "", "m", httpapi.Caller{}, "Here@0 Somewhere@0 There@0", ""},
		{"the team's region", "routing: {regions: [eu]}", "m", httpapi.Caller{}, "Here@0 Somewhere!region There!region", ""},
		{"nobody there", "routing: {regions: [br]}", "m", httpapi.Caller{}, "Here!region Somewhere!region There!region", fault.Forbidden},
		{"the alias's region, too", "routing: {regions: [eu, us]}\naliases: {a: {targets: [m], regions: [us]}}", "a", httpapi.Caller{}, "Here!region Somewhere!region There@0", ""},
		{"in order", "routing: {}\naliases: {a: {targets: [n, m]}}", "a", httpapi.Caller{}, "Here@1 Somewhere@1 There@0 There@1", ""},
		{"a model's own fallbacks", "fallbacks: {n: [m]}", "n", httpapi.Caller{}, "Here@1 Somewhere@1 There@0 There@1", ""},
		{"under the cap", "routing: {max_usd_per_million: {input: 2}}", "cheap", httpapi.Caller{}, "There@0", ""},
		{"over the cap", "routing: {max_usd_per_million: {input: 2}}", "dear", httpapi.Caller{}, "Here!price", fault.Forbidden},
		{"an unknown price may be any", "routing: {max_usd_per_million: {input: 2}}", "n", httpapi.Caller{}, "There!price", fault.Forbidden},
		{"switched off", "routing: {}", "off", httpapi.Caller{}, "Somewhere!disabled", fault.ModelUnknown},
		{"a role's list", "routing: {roles: {member: [n]}}", "m", httpapi.Caller{Role: "member"}, "", fault.ModelUnknown},
		{"on a role's list", "routing: {roles: {member: [n]}}", "n", httpapi.Caller{Role: "member"}, "There@0", ""},
		{"another role", "routing: {roles: {member: [n]}}", "m", httpapi.Caller{Role: "admin"}, "Here@0 Somewhere@0 There@0", ""},
		{"a key of such a member", "routing: {roles: {member: [n]}}", "m", httpapi.Caller{Role: "member", KeyID: "k", Models: []string{"m"}}, "", fault.ModelUnknown},
	} {
		w.apply(three + tt.doc)
		got, err := w.route(tt.caller, tt.model)
		if text := strings.Join(got, " "); text != tt.want || (err != nil || tt.code != "") && fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %q %v, want %q %s", tt.name, text, err, tt.want, tt.code)
		}
	}
	// Who may not use a model does not see it.
	w.apply(three + "routing: {regions: [us], roles: {member: [m, dear]}}")
	models, err := w.fleet.ListModels(httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: w.tenant, Role: "member"}))
	if err != nil || len(models) != 1 || models[0].ID != "m" || models[0].Provider != "There" {
		t.Errorf("listed %+v %v", models, err)
	}
}

// TestALargerModelKeepsToItsAliasesRules: what is asked in an alias's place
// answers where and for what the alias allows.
func TestALargerModelKeepsToItsAliasesRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(three + "aliases: {here: {targets: [n], larger: m, regions: [eu]}, thrifty: {targets: [cheap], larger: dear, max_usd_per_million: {input: 2}}}")
	for _, tt := range []struct{ via, model, want string }{
		{"", "m", "Here,Somewhere,There"}, {"here", "m", "Here"}, {"", "dear", "Here"}, {"thrifty", "dear", ""}, {"gone", "m", "Here,Somewhere,There"},
	} {
		route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: tt.model, Need: broker.CanChat, Via: tt.via})
		var got []string
		for _, d := range route.Deployments {
			got = append(got, d.Name)
		}
		slices.Sort(got)
		if strings.Join(got, ",") != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s via %q: %q %v", tt.model, tt.via, got, err)
		}
	}
}

func TestAPoolIsADeploymentForEachKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("Pool", "https://api.example.com/v1", "sk-1", "m"))
	w.must(err)
	for _, name := range []string{"two", "three"} {
		p, err = w.fleet.AddKey(t.Context(), w.tenant, audit.Operator, p.ID, httpapi.NewProviderKey{Name: name, Secret: "sk-" + name})
		w.must(err)
	}
	_, err = w.fleet.ChangeKey(t.Context(), w.tenant, audit.Operator, p.ID, p.Keys[2].ID, httpapi.ProviderKeyPatch{Enabled: ptr(false)})
	w.must(err)
	route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: "m", Need: broker.CanChat})
	w.must(err)
	if len(route.Deployments) != 2 || route.Deployments[0].ID != route.Deployments[1].ID || route.Deployments[0].Key == route.Deployments[1].Key {
		t.Errorf("deployments %+v", route.Deployments)
	}
	if len(route.Excluded) != 1 || route.Excluded[0].Reason != broker.ReasonDisabled || route.Excluded[0].Name != "Pool (three)" {
		t.Errorf("excluded %+v", route.Excluded)
	}
}

func TestDeploymentsSayWhatTheCatalogueKnowsAndWhatWasSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(`
providers:
  - {name: OpenAI, base_url: "https://api.openai.com/v1", models: [gpt-4o, {id: narrow, upstream: gpt-4o, images: false, context_tokens: 1000, weight: 4, priority: 3, deadlines: {connect: 1s, between_tokens: 3s}}]}
  - {name: Own, kind: ollama, base_url: "https://ollama.example.com/v1", models: [own]}
`)
	of := func(model string) broker.Deployment {
		route, err := w.fleet.Candidates(w.as(w.tenant), broker.Query{Model: model, Need: broker.CanChat})
		w.must(err)
		return route.Deployments[0]
	}
	known, set := of("gpt-4o"), of("narrow")
	if !of("own").Engine || known.Engine {
		t.Error("an engine of the team's own is not told from a hosted provider")
	}
	if !known.Skills.Known || !known.Skills.Images || known.Context != 128000 || known.InputNano != 2_500_000_000 || known.Deadlines != (broker.Deadlines{}) {
		t.Errorf("known %+v", known)
	}
	if set.Skills.Images || set.Context != 1000 || set.Weight != 4 || set.Priority != 3 || set.Deadlines.Connect != time.Second || set.Deadlines.BetweenTokens != 3*time.Second {
		t.Errorf("set %+v", set)
	}
}
