package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/server/audit"
)

const everything = `
tenant: acme
routing:
  regions: [eu, us]
  max_usd_per_million: {input: 12.5}
  roles:
    member: [fast, "vendor/*"]
providers:
  - kind: local
    models:
      - {id: qwen2.5-coder-0.5b, weight: 3}
  - name: Team
    kind: vllm
    base_url: https://models.example.com/v1
    region: eu
    keys:
      - {name: first, env: TEAM_KEY}
      - {name: second, env: TEAM_KEY_2, enabled: false}
    models:
      - llama-3.3-70b
      - {id: fast, upstream: vendor/fast, region: us, weight: 5, priority: 2, enabled: false, deadlines: {connect: 1500ms, first_token: 20s, between_tokens: 1m}}
      - {id: "true", context_tokens: 32000, max_output_tokens: 4000, images: false, tools: true, schema: true, reasoning: true, prefill: false}
      - {id: say, kind: speech, usd_per_million: {input: 0.000000001, output: "10", characters: 15}, usd_each: {minute: 0.006, image: 0.04, search: 0.002}}
aliases:
  best: llama-3.3-70b
  good: {targets: [fast, llama-3.3-70b], larger: "true", regions: [eu], max_usd_per_million: {input: 1, output: 2.5}, hedge_after: 2s}
fallbacks:
  fast: [llama-3.3-70b]
prices:
  - {provider: Team, model: vendor/fast, from: LATER, usd_per_million: {input: 3, cached_input: 0.3, output: 9}}
  - {provider: Team, model: say, from: LATER, catalogue: true}
teams:
  - {name: Research, members: [rui@acme.test, ana@acme.test]}
  - {name: Later}
limits:
  - {for: tenant, measure: concurrency, amount: 20}
  - {for: user, who: ana@acme.test, measure: requests, amount: 100, per: 1m, on_failure: open}
  - {for: model, measure: output_tokens, amount: 100000, per: 24h}
  - {for: deployment, who: Team/llama-3.3-70b, measure: requests, amount: 50, per: 1m}
  - {for: deployment, who: This server/qwen2.5-coder-0.5b, measure: concurrency, amount: 2}
budgets:
  - {for: tenant, period: month, usd: 100.5, contact: finance}
  - {for: user, period: day, usd: 2, unpriced: allow}
  - {for: team, who: research, period: month, usd: 20}
contents: {keep: true, responses: true, days: 7, readers: [owner, developer]}
`

func TestWhatIsExportedIsWhatIsThere(t *testing.T) { // not parallel: it sets the environment
	t.Setenv("TEAM_KEY", "sk-canary-1")
	t.Setenv("TEAM_KEY_2", "sk-canary-2")
	w := newWorld(t)
	f := w.process(engine{llamacpp.Ready})
	w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into app_user (tenant_id, id, email, role, created_at)
			select nexus.tenant_id(), gen_random_uuid(), email, 'member', now() from unnest(array['ana@acme.test', 'rui@acme.test']) as email`)
		return err
	}))
	doc := []byte(strings.ReplaceAll(everything, "LATER", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	before, err := f.Diff(t.Context(), w.tenant, doc)
	w.must(err)
	changes, err := f.Apply(t.Context(), w.tenant, doc)
	w.must(err)
	if !slices.Equal(before, changes) || len(changes) != 19 {
		t.Fatalf("diff says\n%q, apply\n%q", before, changes)
	}
	again, err := f.Apply(t.Context(), w.tenant, doc)
	if err != nil || len(again) != 0 {
		t.Fatalf("again %q %v", again, err)
	}
	// What people made in the console is in the file, too, and stays theirs.
	_, err = f.Create(t.Context(), w.tenant, audit.Operator, input("By hand", "https://hand.example.com/v1", "sk-canary-3", "m"))
	w.must(err)
	_, err = f.SaveAlias(t.Context(), w.tenant, audit.Operator, httpapi.Alias{Name: "hand", Targets: []string{"m", "fast"}})
	w.must(err)
	out, err := f.Export(t.Context(), w.tenant, "acme")
	w.must(err)
	if strings.Contains(string(out), "canary") {
		t.Errorf("a secret is exported:\n%s", out)
	}
	for _, part := range []string{"env: TEAM_KEY", "stored: true", "managed_by: console", `id: "true"`, `input: "0.000000001"`, "hedge_after: 2s", "who: Research", "who: Team/llama-3.3-70b", "who: This server/qwen2.5-coder-0.5b", "days: 7", "responses: true"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("%q is not in\n%s", part, out)
		}
	}
	t.Setenv("TEAM_KEY", "") // who compares need not have the secrets
	if diff, err := f.Diff(t.Context(), w.tenant, out); err != nil || len(diff) != 0 {
		t.Errorf("export and server differ: %q %v\n%s", diff, err, out)
	}
	t.Setenv("TEAM_KEY", "sk-canary-4")
	if diff, err := f.Diff(t.Context(), w.tenant, out); err != nil || !slices.Equal(diff, []string{`changed provider "Team": key`}) {
		t.Errorf("another secret: %q %v", diff, err)
	}
	t.Setenv("TEAM_KEY", "sk-canary-1")
	less := strings.Replace(strings.Replace(string(doc), "usd: 100.5", "usd: 50", 1), "  - {for: tenant, measure: concurrency, amount: 20}\n", "", 1)
	diff, err := f.Diff(t.Context(), w.tenant, []byte(less))
	if want := []string{"removed the limit of concurrency for tenant", "changed the budget a month for tenant to 50 USD"}; err != nil || !slices.Equal(diff, want) {
		t.Errorf("less: %q %v", diff, err)
	}
	if changed, err := f.Apply(t.Context(), w.tenant, out); err != nil || len(changed) != 0 {
		t.Errorf("applying the export changes %q %v", changed, err)
	}
	if _, err := f.Diff(t.Context(), w.other, out); err == nil || !strings.Contains(err.Error(), "has no key") {
		t.Errorf("another team takes stored keys: %v", err)
	}
	if strings.Contains(w.log.String(), "canary") {
		t.Error("a secret is in the log")
	}
}

func TestADiffChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := []byte("providers:\n  - {name: A, base_url: \"https://a.example.com/v1\", key: {env: NEXUS_NO_SUCH}, models: [m]}\n")
	diff, err := w.fleet.Diff(t.Context(), w.tenant, doc)
	if err != nil || !slices.Equal(diff, []string{`added provider "A" with 1 models`}) {
		t.Errorf("diff %q %v", diff, err)
	}
	if list, err := w.fleet.List(t.Context(), w.tenant, nil); err != nil || len(list) > 1 {
		t.Errorf("a diff left %+v %v", list, err)
	}
	if got := w.actions(w.tenant); len(got) != 0 {
		t.Errorf("audit %v", got)
	}
}

func TestStoredKeysStayWithTheirAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("A", "https://a.example.com/v1", "sk-1", "m"))
	w.must(err)
	_, err = w.fleet.Apply(t.Context(), w.tenant, []byte("providers:\n  - {name: A, base_url: \"https://evil.example.com/v1\", keys: [{name: default, stored: true}]}\n"))
	if err == nil {
		t.Error("a stored key moved to another address")
	}
}
