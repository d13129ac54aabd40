package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/identity"
	"nexusai/server/store/storetest"
)

const password = "correct horse battery"

// tool runs nexusctl on a migrated database of its own.
type tool struct {
	t       *testing.T
	data    string
	environ []string
	app     string // the database's address
}

func newTool(t *testing.T) *tool {
	t.Helper()
	app, _ := storetest.URLs(t)
	x := &tool{t: t, data: t.TempDir(), environ: []string{"NEXUS_DATABASE_URL=" + app}, app: app}
	x.run(password+"\n", "tenant", "create", "--name", "Acme", "--owner", "ana@acme.test").want(done, "acme\n")
	requireKey(t, x.data)
	return x
}

// requireKey: whoever makes the first team makes the key, too.
func requireKey(t *testing.T, data string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(data, "secret", "master.key")); err != nil {
		t.Fatalf("the first team came without a master key: %v", err)
	}
}

type outcome struct {
	t                *testing.T
	status           int
	stdout, complain string
}

func (x *tool) run(stdin string, args ...string) outcome {
	x.t.Helper()
	var out, complain bytes.Buffer
	status := run(context.WithoutCancel(x.t.Context()), process{
		args: append([]string{"--data", x.data}, args...), environ: x.environ, stdin: strings.NewReader(stdin), stdout: &out, stderr: &complain,
	})
	return outcome{x.t, status, out.String(), complain.String()}
}

// want compares status and, when it is given, all of standard output.
func (o outcome) want(status int, stdout ...string) outcome {
	o.t.Helper()
	if o.status != status || len(stdout) > 0 && o.stdout != stdout[0] {
		o.t.Fatalf("status %d, want %d\nstdout: %q\nstderr: %q", o.status, status, o.stdout, o.complain)
	}
	return o
}

func (o outcome) says(words ...string) outcome {
	o.t.Helper()
	for _, w := range words {
		if !strings.Contains(o.stdout+o.complain, w) {
			o.t.Errorf("%q is not in %q", w, o.stdout+o.complain)
		}
	}
	return o
}

func TestTenantCreate(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	for _, tt := range []struct {
		name, stdin string
		args        []string
		status      int
		says        string
	}{
		{"taken", password, []string{"--name", "Acme", "--owner", "ana@acme.test"}, failed, "a tenant with this slug already"},
		{"no password", "", []string{"--name", "Beta", "--owner", "ana@beta.test"}, misused, "standard input"},
		{"short password", "short", []string{"--name", "Beta", "--owner", "ana@beta.test"}, failed, "at least 10 characters"},
		{"no address", password, []string{"--name", "Beta", "--owner", "nobody"}, failed, "not an e-mail address"},
		{"no name", password, []string{"--owner", "ana@beta.test"}, misused, "--name"},
		{"unknown flag", password, []string{"--nome", "Beta"}, misused, "nome"},
		{"a word too much", password, []string{"--name", "Beta", "--owner", "ana@beta.test", "please"}, misused, "please"},
	} {
		got := x.run(tt.stdin, append([]string{"tenant", "create"}, tt.args...)...)
		if got.status != tt.status || !strings.Contains(got.complain, tt.says) || got.stdout != "" {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	x.run("", "tenant", "create", "--name", "Beta GmbH", "--owner", "bo@beta.test", "--setup-link", "--url", "https://ai.beta.test").
		want(done).says("https://ai.beta.test/console#kind=setup&link=nxl_")
	x.run("", "tenant", "list").want(done).says("acme", "beta-gmbh", "Beta GmbH")
	x.run("", "key", "create", "--name", "ci").want(misused).says("several tenants (acme, beta-gmbh)")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	key := x.run("", "key", "create", "--tenant", "acme", "--name", "ci", "--expires", "720h").want(done).stdout
	if !regexp.MustCompile(`^nxs_live_[0-9A-Za-z]{49}\n$`).MatchString(key) {
		t.Errorf("standard output is %q", key)
	}
	x.run("", "key", "create", "--tenant", "acme", "--name", "ci2", "--scopes", "models.use, logs.read").want(done)
	x.run("", "key", "create", "--tenant", "acme", "--name", "x", "--scopes", "users.write").want(failed).says("cannot have this scope")
	x.run("", "key", "create", "--tenant", "nowhere", "--name", "x").want(failed).says(`no tenant "nowhere"`)
	x.run("", "key", "create", "--tenant", "acme", "--name", "x", "--expires", "soon").want(misused)
	x.run("", "key", "revoke", "--key", "ci").want(done, "")
	x.run("", "key", "revoke", "--key", "nothing").want(failed).says("no key")
	var all []httpapi.Key
	if err := json.Unmarshal([]byte(x.run("", "--json", "key", "list").want(done).stdout), &all); err != nil || len(all) != 2 {
		t.Fatalf("%+v (%v)", all, err)
	}
	for _, k := range all {
		if (k.RevokedAt != nil) != (k.Name == "ci") || k.CreatedBy != "operator" {
			t.Errorf("key %+v", k)
		}
	}
	if strings.Contains(x.run("", "key", "list").want(done).says("models.use").stdout, strings.TrimSpace(key)) {
		t.Error("the list shows a secret")
	}
}

// service is what nexusd would answer with.
func (x *tool) service() *identity.Service {
	x.t.Helper()
	d := &desk{process: process{stderr: os.Stderr}}
	d.values = map[string]*value{"data": {x.data, ""}}
	if err := d.fill(x.environ); err != nil {
		x.t.Fatal(err)
	}
	s, err := d.identity(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { d.close() })
	return s
}

func TestUsersAndLinks(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	s := x.service()
	login := func() error {
		_, err := s.Login(t.Context(), httpapi.Credentials{Email: "ana@acme.test", Password: password, Device: httpapi.Device{ID: uuid.NewString()}})
		return err
	}
	if err := login(); err != nil {
		t.Fatalf("the owner cannot sign in: %v", err)
	}
	link := x.run("", "link", "create", "--owner", "Ana@acme.test", "--console", "--server", "http://127.0.0.1:8080").want(done).stdout
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Path != "/console" || u.RawQuery != "" {
		t.Fatalf("link %q (%v)", link, err)
	}
	fragment, err := url.ParseQuery(u.Fragment)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Exchange(t.Context(), httpapi.Exchange{Token: fragment.Get("link"), Device: httpapi.Device{ID: uuid.NewString()}})
	if err != nil || got.Me.Role != "owner" {
		t.Errorf("exchange: %+v (%v)", got.Me, err)
	}
	x.run("", "link", "create", "--owner", "ana@acme.test", "--desktop").want(done).says("/console#kind=desktop")
	x.run("", "link", "create", "--owner", "ana@acme.test").want(misused).says("--console and --desktop")
	x.run("", "link", "create", "--owner", "nobody@acme.test", "--console").want(failed).says("no member")
	x.run("", "user", "invite", "--email", "bo@acme.test", "--role", "developer").want(done).says("kind=invite")
	x.run("", "user", "invite", "--email", "bo@acme.test").want(failed).says("member already")
	x.run("", "user", "invite", "--email", "cy@acme.test", "--role", "king").want(failed).says("no such role")
	x.run("", "user", "reset", "--user", "bo@acme.test").want(done).says("kind=invite")
	x.run("", "link", "create", "--user", "bo@acme.test", "--console").want(failed).says("have not answered")
	x.run("", "user", "list").want(done).says("bo@acme.test", "invited", "developer")
	x.run("", "user", "disable", "--user", "ana@acme.test").want(failed).says("last owner")
	x.run("", "user", "disable", "--user", "bo@acme.test").want(done, "")
	x.run("", "user", "enable", "--user", "bo@acme.test").want(done, "")
	x.run("", "user", "signout", "--user", "ana@acme.test").want(done, "")
	if err := login(); err != nil {
		t.Errorf("after signing out everywhere: %v", err)
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	x.run("", "user", "invite", "--email", "bo@acme.test").want(done)
	x.run("", "team", "create").want(misused).says("--name")
	x.run("", "team", "create", "--name", "Research").want(done)
	x.run("", "team", "create", "--name", "RESEARCH").want(failed).says("this name already")
	x.run("", "team", "add", "--team", "research", "--user", "bo@acme.test").want(done, "")
	x.run("", "team", "add", "--team", "Research", "--user", "ana@acme.test").want(done, "")
	x.run("", "team", "add", "--user", "ana@acme.test").want(misused).says("--team NAME")
	x.run("", "team", "add", "--team", "Tools", "--user", "ana@acme.test").want(failed).says(`no team "Tools"`)
	x.run("", "team", "add", "--team", "Research", "--user", "nobody@acme.test").want(failed).says("no member")
	x.run("", "team", "list", "--team", "Research").want(done).says("ana@acme.test", "bo@acme.test", "invited")
	x.run("", "budget", "create", "--holder", "team", "--id", "Research", "--usd", "5").want(done)
	x.run("", "budget", "create", "--holder", "user", "--id", "bo@acme.test", "--usd", "5").want(done)
	exported := x.run("", "export").want(done).says("name: Research", "- bo@acme.test", "who: Research", "who: bo@acme.test").stdout
	x.run(exported, "diff", "-f", "-").want(done, "")
	x.run("", "team", "remove", "--team", "Research", "--user", "bo@acme.test").want(done, "")
	var all []httpapi.Team
	if err := json.Unmarshal([]byte(x.run("", "--json", "team", "list").want(done).stdout), &all); err != nil || len(all) != 1 || all[0].Members != 1 {
		t.Errorf("%+v (%v)", all, err)
	}
	x.run(exported, "diff", "-f", "-").want(failed).says(`changed team "Research": 1 joined`)
	x.run("", "team", "delete", "--team", "Research").want(done, "deleted Research with 1 members and 1 budgets; what was spent stays in the ledger\n")
	x.run("", "team", "list").want(done, "NAME  MEMBERS  SOURCE  MADE  ID\n")
	x.run("", "audit", "verify").want(done).says("intact")
}

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	x.run("", "audit", "verify").want(done).says("acme", "intact")
	x.run("", "audit", "verify", "--tenant", "acme").want(done).says("intact")
	x.run("", "audit", "verify", "--tenant", "nowhere").want(failed).says("no tenant")
	super, err := pgx.Connect(t.Context(), storetest.SuperURL(t, x.app))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(t.Context())
	if _, err := super.Exec(t.Context(), `update audit_entry set target = 'x' where seq = 1`); err != nil {
		t.Fatal(err)
	}
	x.run("", "audit", "verify").want(notIntact).says("BROKEN", "entry 1 was changed")
	var found []finding
	if err := json.Unmarshal([]byte(x.run("", "audit", "verify", "--json").want(notIntact).stdout), &found); err != nil || len(found) != 1 || found[0].OK || found[0].BadSeq != 1 {
		t.Errorf("%+v (%v)", found, err)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	x.run("", "apply").want(misused).says("-f FILE")
	x.run("", "apply", "-f", filepath.Join(x.data, "none.yaml")).want(failed).says("none.yaml")
	x.run("providers: 3", "apply", "-f", "-").want(failed).says("line 1")
	x.run("tenant: nowhere", "apply", "-f", "-").want(failed).says("no tenant")
	models := "tenant: acme\nproviders:\n- name: lab\n  base_url: https://llm.acme.test/v1\n  models: [tiny]\naliases: {fast: tiny}\n"
	x.run(models, "apply", "-f", "-").want(done).says("lab")
	x.run(models, "apply", "-f", "-").want(done, "nothing to change\n")
	x.run(models, "diff", "-f", "-").want(done, "")
	x.run(strings.Replace(models, "lab", "lab2", 1), "diff", "-f", "-").want(failed).says("added provider", "removed provider")
	x.run("", "diff").want(misused).says("-f FILE")
	exported := x.run("", "export").want(done).says("base_url").stdout
	x.run(exported, "diff", "-f", "-").want(done, "")
	x.run("", "route", "explain").want(misused).says("--model")
	x.run("", "route", "explain", "--model", "nope").want(done).says("nobody would answer", "model.unknown")
	x.run("", "route", "explain", "--model", "fast").want(done).says("alias of tiny", "LOAD", "50", "chosen: no other qualifies")
}

// TestARefusedFileSaysWhereAndWhy: refusals that only the database's contents
// bring about name their line, too.
func TestARefusedFileSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	lab := "providers:\n- name: lab\n  base_url: https://llm.acme.test/v1\n"
	x.run(lab, "apply", "-f", "-").want(done)
	for name, tt := range map[string]struct{ doc, want string }{
		"a private address":           {"providers:\n- name: A\n  base_url: http://10.0.0.1/v1\n", `-: line 2: provider "A": `},
		"another kind":                {lab + "  kind: anthropic\n", `line 2: provider "lab": the kind of a provider does not change`},
		"the built-in one's name":     {"providers:\n- {name: This server, base_url: \"https://llm.acme.test/v1\"}\n", `line 2: provider "This server": this is the name of the built-in`},
		"a query in the address":      {"providers:\n- name: A\n  base_url: https://a.example.com/v1?x=1\n", `line 2: provider "A": The address ends with the version`},
		"a key that is not stored":    {lab + "  keys:\n  - {name: spare, stored: true}\n", `provider "lab": line 5: the server has no key "spare"`},
		"two prices of one model":     {lab + "  models:\n  - {id: a, upstream: m}\n  - {id: b, upstream: m, usd_per_million: {input: 1}}\n", `line 6: two names of the model "m"`},
		"a price of nobody":           {"prices:\n- {provider: gone, model: m, from: 2030-01-01T00:00:00Z, catalogue: true}\n", `line 2: there is no provider "gone"`},
		"a price in the past":         {lab + "prices:\n- {provider: lab, model: m, from: 2020-01-01T00:00:00Z, usd_per_million: {input: 1}}\n", "line 5: a price cannot begin in the past"},
		"a team that cannot be shown": {"teams:\n- name: \"\\u202e\"\n", "line 2: "},
		"a limit of nobody":           {"limits:\n- {for: key, who: 0192f3a4-7b1c-7def-8123-456789abcdef, measure: requests, amount: 1, per: 1m}\n", "line 2: there is no key"},
		"a budget of no conversation": {"budgets:\n- {for: conversation, who: 0192f3a4-7b1c-7def-8123-456789abcdef, period: day, usd: 1}\n", "line 2: Whom the budget is for does not exist."},
		"a limit that is too much":    {"limits:\n- {for: tenant, measure: requests, amount: 1, per: 1m}\n- {for: tenant, measure: requests, amount: 2, per: 1m}\n", "line 3: there are two limits"},
	} {
		got := x.run(tt.doc, "apply", "-f", "-").want(failed)
		if !strings.Contains(got.complain, tt.want) {
			t.Errorf("%s: %q, want %q", name, got.complain, tt.want)
		}
	}
}

func TestHelpAndMistakes(t *testing.T) {
	t.Parallel()
	x := &tool{t: t, data: filepath.Join(t.TempDir(), "none")}
	x.run("", "help").want(done).says("audit verify", "key create", "Exit status")
	x.run("", "key", "create", "--help").want(done).says("-expires", "-scopes")
	x.run("").want(done).says("nexusctl works on")
	x.run("", "frobnicate", "it").want(misused).says(`no command "frobnicate it"`)
	x.run("", "--frobnicate").want(misused)
	x.run("", "key", "list").want(failed).says("there is no server in", "--data")
	if _, err := os.Stat(x.data); err == nil {
		t.Error("asking about a folder that is not there made it")
	}
	x.environ = []string{"NEXUS_DATABASE_URL=postgres://nexus_app:hunter2@db.test/nexus"}
	x.run("", "key", "list").want(failed).says("there is no master key")
	config := x.run("", "config", "--public-url", "https://ai.acme.test").want(done).
		says("environment NEXUS_DATABASE_URL", "flag --public-url", "postgres://nexus_app:…@db.test/nexus", "usual")
	if strings.Contains(config.stdout, "hunter2") {
		t.Error("config shows the password")
	}
	file := filepath.Join(t.TempDir(), "nexus.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:9\npublic_url: https://file.test\ndatabase_url: postgres://x@y/z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.run("", "config", "--config", file).want(done).says("https://file.test", "file "+file, "db.test") // the environment wins over the file
	x.run("", "config", "--config", file+"x").want(failed)
}

// TestPrivateDatabase makes a server out of nothing, as the first command on a
// new machine does.
func TestPrivateDatabase(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "nxctl") // reachable for PostgreSQL's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	x := &tool{t: t, data: filepath.Join(dir, "server")}
	x.run("", "migrate").want(done, "")
	x.run(password+"\n", "tenant", "create", "--name", "Acme", "--owner", "ana@acme.test").want(done, "acme\n")
	x.run("", "key", "create", "--tenant", "acme", "--name", "ci").want(done).says("nxs_live_")
	x.run("", "audit", "verify").want(done).says("intact")
}
