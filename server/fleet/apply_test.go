package fleet_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/fleet"
	"nexusai/server/limit"
	"nexusai/server/team"
)

const models = `
tenant: acme
providers:
  - name: Team
    base_url: https://models.example.com/v1
    key: {env: TEAM_KEY}
    models:
      - llama-3.3-70b
      - {id: fast, upstream: vendor/fast, usd_per_million: {input: "2.5", output: 10}}
      - {id: embed, kind: embedding}
aliases:
  best: llama-3.3-70b
`

func TestApplyIsIdempotentAndSaysWhatChanged(t *testing.T) { // not parallel: it sets the environment
	t.Setenv("TEAM_KEY", "sk-1")
	w := newWorld(t)
	apply := func(doc string) []string {
		t.Helper()
		changes, err := w.fleet.Apply(t.Context(), w.tenant, []byte(doc))
		w.must(err)
		return changes
	}
	if got := apply(models); !slices.Equal(got, []string{`added provider "Team" with 3 models`, `added alias "best"`}) {
		t.Errorf("first: %q", got)
	}
	if got := apply(models); len(got) != 0 {
		t.Errorf("again: %q", got)
	}
	if !w.serves(w.fleet, w.tenant, "best") || !w.serves(w.fleet, w.tenant, "fast") || w.serves(w.fleet, w.other, "best") {
		t.Error("not served to this tenant alone")
	}
	list, err := w.fleet.List(t.Context(), w.tenant, nil)
	w.must(err)
	if p := list[len(list)-1]; p.Source != "file" || !p.HasKey || *p.Models[1].InputNanoUSD != 2_500_000 || *p.Models[1].OutputNanoUSD != 10_000_000 {
		t.Errorf("provider %+v", p)
	}
	t.Setenv("TEAM_KEY", "sk-2")
	if got := apply(strings.Replace(models, "      - llama-3.3-70b\n", "", 1)); !slices.Equal(got, []string{`changed provider "Team": key, models`}) {
		t.Errorf("changed: %q", got)
	}
	_, err = w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("By hand", "https://hand.example.com/v1", "k"))
	w.must(err)
	if got := apply("providers: []"); !slices.Equal(got, []string{`removed provider "Team"`, `removed alias "best"`}) {
		t.Errorf("emptied: %q", got)
	}
	list, err = w.fleet.List(t.Context(), w.tenant, nil)
	w.must(err)
	if !slices.ContainsFunc(list, func(p httpapi.Provider) bool { return p.Name == "By hand" }) {
		t.Errorf("what people made is gone: %+v", list)
	}
}

func TestApplyNamesTheLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ doc, want string }{
		"not YAML":             {"providers: [", "YAML"},
		"an unknown key":       {"providers:\n  - name: A\n    base_url: https://a.example.com\n    apikey: x\n", `line 4: "apikey"`},
		"a key in the file":    {"providers:\n  - name: A\n    base_url: https://a.example.com\n    key: sk-1\n", "line 4: a key is given as"},
		"an empty variable":    {"providers:\n  - name: A\n    base_url: https://a.example.com\n    key: {env: NEXUS_NO_SUCH}\n", "line 4: the environment variable"},
		"an empty file":        {"providers:\n  - name: A\n    base_url: https://a.example.com\n    key: {file: " + empty + "}\n", "line 4: the key file"},
		"both":                 {"providers:\n  - name: A\n    base_url: https://a.example.com\n    key: {file: a, env: B}\n", "line 4"},
		"a private address":    {"providers:\n  - name: A\n    base_url: http://10.0.0.1/v1\n", "line 2"},
		"no name":              {"providers:\n  - base_url: https://a.example.com\n", "line 2: a provider needs"},
		"a provider twice":     {"providers:\n  - {name: A, base_url: \"https://a.example.com\"}\n  - {name: A, base_url: \"https://a.example.com\"}\n", "line 3: two providers"},
		"a model twice":        {"providers:\n  - name: A\n    base_url: https://a.example.com\n    models: [m,\n      m]\n", "line 5: two models"},
		"an unknown kind":      {"providers:\n  - name: A\n    base_url: https://a.example.com\n    models:\n      - {id: m, kind: image}\n", "line 5: the kind"},
		"a negative price":     {"providers:\n  - name: A\n    base_url: https://a.example.com\n    models:\n      - {id: m, usd_per_million: {input: -1}}\n", "line 5"},
		"too exact a price":    {"providers:\n  - name: A\n    base_url: https://a.example.com\n    models:\n      - {id: m, usd_per_million: {input: 0.0000000001}}\n", "line 5: the price"},
		"an alias of itself":   {"aliases:\n  a: a\n", "line 2: alias"},
		"a list that is a map": {"providers: {}\n", "line 1: expected a list"},
		"a team without name":  {"teams:\n  - members: []\n", "line 2: a team needs"},
		"a team twice":         {"teams:\n  - name: A\n  - name: a\n", "line 3: two teams"},
		"nobody in a team":     {"teams:\n  - name: A\n    members:\n      - nobody@acme.test\n", `line 4: there is no user "nobody@acme.test"`},
	} {
		_, err := w.fleet.Apply(t.Context(), w.tenant, []byte(tt.doc))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if list, err := w.fleet.List(t.Context(), w.tenant, nil); err != nil || len(list) > 1 {
		t.Errorf("a refused file left %+v %v", list, err)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(models))
	f.Add([]byte(everything))
	f.Add([]byte("providers: [&a {name: *a}]"))
	f.Add([]byte("fallbacks: {m: [m]}\nlimits: [{for: user, measure: requests, amount: 1, per: 1h}]\nbudgets: [{for: tenant, period: day, usd: 1e9}]"))
	f.Add([]byte("a: &a [x,x]\nb: &b [*a,*a]\nproviders: [*b,*b]"))
	f.Add([]byte("aliases: {a: [b]}\nproviders:\n- models: [{usd_per_million: {input: 1e999999}}]"))
	f.Fuzz(func(_ *testing.T, doc []byte) {
		_, _ = fleet.Tenant(doc) // must not panic, loop or take long
	})
}

// TestAFileSaysWhoIsInATeam: what it says of members holds, and what it does
// not say is the console's.
func TestAFileSaysWhoIsInATeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into app_user (tenant_id, id, email, role, created_at)
			select nexus.tenant_id(), gen_random_uuid(), email, 'member', now() from unnest(array['ana@acme.test', 'rui@acme.test']) as email`)
		if err != nil {
			return err
		}
		_, err = team.Put(t.Context(), tx, w.tenant, audit.Operator, "By hand", team.FromConsole)
		return err
	}))
	for _, step := range []struct {
		doc  string
		want []string
	}{
		{"teams: [{name: Research, members: [ana@acme.test]}]\nbudgets: [{for: team, who: Research, period: day, usd: 1}]",
			[]string{`added team "Research" with 1 members`, "added a budget a day for team Research"}},
		{"teams: [{name: RESEARCH, members: [rui@acme.test]}]\nbudgets: [{for: team, who: Research, period: day, usd: 1}]",
			[]string{`changed team "RESEARCH": name, 1 joined, 1 left`}},
		{"teams: [{name: RESEARCH}, {name: By hand}]\nbudgets: [{for: team, who: Research, period: day, usd: 1}]",
			[]string{`changed team "By hand": managed by file`}},
		{"teams: [{name: By hand, members: [], managed_by: console}]",
			[]string{`removed team "RESEARCH" and 1 budgets of it`, `changed team "By hand": managed by console`}},
		{"teams: []", nil},
	} {
		got, err := w.fleet.Apply(t.Context(), w.tenant, []byte(step.doc))
		w.must(err)
		slices.Sort(got)
		slices.Sort(step.want)
		if !slices.Equal(got, step.want) {
			t.Errorf("%s\nchanged %q, want %q", step.doc, got, step.want)
		}
		if again, err := w.fleet.Diff(t.Context(), w.tenant, []byte(step.doc)); err != nil || len(again) != 0 {
			t.Errorf("%s\nagain %q %v", step.doc, again, err)
		}
	}
	_, err := w.fleet.Apply(t.Context(), w.tenant, []byte("budgets: [{for: team, who: Research, period: day, usd: 1}]"))
	if err == nil || !strings.Contains(err.Error(), `line 1: there is no team "Research"`) {
		t.Errorf("a budget of a team that is gone: %v", err)
	}
}

// TestWhatTheConsoleBoundsStays: a file takes back its own limits and budgets
// only.
func TestWhatTheConsoleBoundsStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
		if _, err := limit.Put(t.Context(), tx, w.tenant, audit.Operator, limit.Kept{Rule: limit.Rule{Holder: limit.OfKey, Measure: limit.Concurrent, Amount: 2}}); err != nil {
			return err
		}
		_, err := budget.Put(t.Context(), tx, w.tenant, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Daily, Limit: 1})
		return err
	}))
	for _, step := range []struct {
		doc  string
		want []string
	}{
		{"limits: [{for: tenant, measure: concurrency, amount: 3}]\nbudgets: [{for: user, period: day, usd: 1}]", []string{"added a limit of concurrency for tenant", "added a budget a day for user"}},
		{"limits: [{for: tenant, measure: concurrency, amount: 3, on_failure: open}]\nbudgets: [{for: user, period: day, usd: 1, unpriced: allow}]",
			[]string{"changed the limit of concurrency for tenant", "changed the budget a day for user to 1 USD"}},
		{"{}", []string{"removed the limit of concurrency for tenant", "removed the budget a day for user"}},
	} {
		if got, err := w.fleet.Apply(t.Context(), w.tenant, []byte(step.doc)); err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%s changed %q %v", step.doc, got, err)
		}
	}
	w.must(w.db.TenantRead(t.Context(), w.tenant, func(tx pgx.Tx) error {
		limits, err := limit.List(t.Context(), tx, w.tenant)
		if err != nil || len(limits) != 1 || limits[0].Source != "console" {
			t.Errorf("limits %+v %v", limits, err)
		}
		budgets, err := budget.List(t.Context(), tx, w.tenant)
		if err != nil || len(budgets) != 1 || budgets[0].Source != "console" {
			t.Errorf("budgets %+v %v", budgets, err)
		}
		return nil
	}))
}
