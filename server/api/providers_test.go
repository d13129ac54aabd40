package api_test

import (
	"strings"
	"testing"
	"time"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
)

func TestAPoolOfKeys(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Reply(200, `{"object":"list","data":[]}`), up.Answer("Hello"))
	p := v.provider()
	root := "/api/admin/providers/" + p.ID + "/keys"
	v.call(v.acme.owner, "POST", root, httpapi.NewProviderKey{Name: "first", Secret: "sk-canary-1"}).want(201)
	got := v.call(v.acme.owner, "POST", root, httpapi.NewProviderKey{Name: "second", Secret: "sk-canary-2"}).want(201)
	p = decode[httpapi.Provider](got)
	if len(p.Keys) != 2 || p.Keys[0].State != "ready" || p.Keys[1].Name != "second" || strings.Contains(got.Body.String(), "canary") {
		t.Fatalf("pool %s", got.Body)
	}
	v.call(v.acme.owner, "POST", root, httpapi.NewProviderKey{Name: "first", Secret: "x"}).want(409)
	v.call(v.acme.owner, "POST", root, httpapi.NewProviderKey{Name: "third", Secret: "a\nb"}).want(400, "body.secret")
	v.call(v.acme.owner, "POST", root+"/"+p.Keys[1].ID+"/test", nil).want(200, `"ok":true`, `"key":"second"`)
	if asked := v.upstream.Requests(); asked[len(asked)-1].Header.Get("Authorization") != "Bearer sk-canary-2" {
		t.Errorf("the test used %q", asked[len(asked)-1].Header.Get("Authorization"))
	}
	on, secret := false, "sk-canary-3"
	v.call(v.acme.owner, "PATCH", root+"/"+p.Keys[0].ID, httpapi.ProviderKeyPatch{Enabled: &on}).want(200, `"state":"disabled"`)
	rotated := decode[httpapi.Provider](v.call(v.acme.owner, "PATCH", root+"/"+p.Keys[1].ID, httpapi.ProviderKeyPatch{Secret: &secret}).want(200))
	if !rotated.Keys[1].RotatedAt.After(p.Keys[1].RotatedAt) {
		t.Errorf("rotated %+v", rotated.Keys)
	}
	v.call(v.acme.owner, "DELETE", root+"/"+p.Keys[0].ID, nil).want(204)
	v.call(v.acme.owner, "DELETE", root+"/"+p.Keys[0].ID, nil).want(404)
	trail := v.call(v.acme.owner, "GET", "/api/admin/audit", nil).want(200, "provider_key.created", "provider_key.changed", "provider_key.deleted")
	if strings.Contains(trail.Body.String(), "canary") {
		t.Error("the audit shows a secret")
	}
}

func TestDeploymentsAreSetUp(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hello"))
	p := v.provider()
	all := decode[[]httpapi.Deployment](v.call(v.acme.owner, "GET", "/api/admin/deployments", nil).want(200))
	m := all[len(all)-1]
	if m.Model != "m" || m.Health.Circuit != "closed" || m.Health.Errors == nil || m.Price.Source != "unknown" || m.Weight != 1 {
		t.Fatalf("deployment %+v", m)
	}
	weight, region, context := 7, "eu", 9000
	in := httpapi.DeploymentPatch{
		Weight: &weight, Region: &region, Deadlines: &httpapi.DeploymentDeadlines{FirstTokenMS: 1500}, Overrides: &httpapi.DeploymentOverrides{ContextTokens: &context},
	}
	m = decode[httpapi.Deployment](v.call(v.acme.owner, "PATCH", "/api/admin/deployments/"+m.ID, in).want(200))
	if m.Weight != 7 || m.Region != "eu" || m.Deadlines.FirstTokenMS != 1500 || m.Facts.ContextTokens != 9000 {
		t.Errorf("patched %+v", m)
	}
	// Choosing the models anew keeps what was set up for one of the same name.
	models := []httpapi.ProviderModel{{ID: "m", Upstream: "m", Kind: "chat"}, {ID: "n", Upstream: "n", Kind: "embedding"}}
	v.call(v.acme.owner, "PATCH", "/api/admin/providers/"+p.ID, httpapi.ProviderInput{Models: models}).want(200)
	v.call(v.acme.owner, "GET", "/api/admin/deployments", nil).want(200, `"weight":7`, m.ID)
	made := decode[httpapi.Deployment](v.call(v.acme.owner, "POST", "/api/admin/deployments", httpapi.NewDeployment{ProviderID: p.ID, Model: "fast", Upstream: "vendor/fast"}).want(201))
	v.call(v.acme.owner, "POST", "/api/admin/deployments", httpapi.NewDeployment{ProviderID: p.ID, Model: "fast"}).want(409)
	v.call(v.acme.owner, "POST", "/api/admin/deployments", httpapi.NewDeployment{ProviderID: p.ID, Model: " x"}).want(400)
	v.call(v.acme.owner, "POST", "/api/admin/deployments/"+made.ID+"/test", nil).want(200, `"tested_model":"vendor/fast"`, `"ok":true`)
	v.call(v.acme.owner, "DELETE", "/api/admin/deployments/"+made.ID, nil).want(204)
	v.call(v.acme.owner, "DELETE", "/api/admin/deployments/"+made.ID, nil).want(404)
}

func TestAliasesRoutingAndPrices(t *testing.T) {
	t.Parallel()
	v := newVertical(t)
	p := v.provider()
	me := v.acme.owner
	v.call(me, "PUT", "/api/admin/aliases", httpapi.Alias{Name: "team/best", Targets: []string{"m", "n"}, Larger: "big"}).want(200)
	v.call(me, "PUT", "/api/admin/aliases", httpapi.Alias{Name: "team/best", Targets: []string{"n", "m"}}).want(200)
	v.call(me, "GET", "/api/admin/aliases", nil).want(200, `"targets":["n","m"]`, `"source":"console"`)
	v.call(me, "PUT", "/api/admin/aliases", httpapi.Alias{Name: "x", Targets: []string{"m", "m"}}).want(400, "body.targets")
	v.call(me, "PUT", "/api/admin/aliases", httpapi.Alias{Name: "a\u202eb", Targets: []string{"m"}}).want(400, "body.name")
	v.call(me, "DELETE", "/api/admin/aliases?name=team%2Fbest", nil).want(204)
	v.call(me, "DELETE", "/api/admin/aliases?name=team%2Fbest", nil).want(404)

	rules := httpapi.RoutingPolicy{Regions: []string{"eu"}, Roles: []httpapi.RoleModels{{Role: "member", Models: []string{"m"}}}}
	v.call(me, "PUT", "/api/admin/routing", rules).want(200)
	v.call(me, "GET", "/api/admin/routing", nil).want(200, `"regions":["eu"]`, `"models":["m"]`)
	v.call(me, "GET", "/api/models", nil).want(200, `[]`) // m says no region

	in, later, past := int64(2_000_000_000), time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	set := httpapi.NewPriceOverride{ProviderID: p.ID, Upstream: "m", Rates: httpapi.Rates{InputNanoUSD: &in}, Note: "contract"}
	v.call(me, "POST", "/api/admin/prices", set).want(201, `"source":"override"`, `"input_nano_usd":2000000000`, `"created_by":"Owner Example"`)
	set.ValidFrom = &past
	v.call(me, "POST", "/api/admin/prices", set).want(400, "body.valid_from")
	back := httpapi.NewPriceOverride{ProviderID: p.ID, Upstream: "m", Withdrawn: true, ValidFrom: &later}
	got := decode[httpapi.PricedModel](v.call(me, "POST", "/api/admin/prices", back).want(201))
	if len(got.History) != 2 || !got.History[0].Withdrawn || got.Now.Source != "override" {
		t.Errorf("history %+v", got)
	}
	v.call(me, "POST", "/api/admin/prices", httpapi.NewPriceOverride{ProviderID: p.ID, Upstream: "m"}).want(400)
	v.call(me, "GET", "/api/admin/prices", nil).want(200, "contract")
}

// TestWhatRunsTheFleetIsItsTeamsAlone calls every route of the fleet as nobody,
// as a member, and as the owner of another team.
func TestWhatRunsTheFleetIsItsTeamsAlone(t *testing.T) {
	t.Parallel()
	v := newVertical(t)
	p := v.provider()
	p = decode[httpapi.Provider](v.call(v.acme.owner, "POST", "/api/admin/providers/"+p.ID+"/keys", httpapi.NewProviderKey{Name: "k", Secret: "s"}).want(201))
	all := decode[[]httpapi.Deployment](v.call(v.acme.owner, "GET", "/api/admin/deployments", nil).want(200))
	d, key := "/api/admin/deployments/"+all[len(all)-1].ID, "/api/admin/providers/"+p.ID+"/keys/"+p.Keys[0].ID
	v.call(v.acme.owner, "PUT", "/api/admin/aliases", httpapi.Alias{Name: "best", Targets: []string{"m"}}).want(200)
	in := int64(1)
	member := v.join(v.acme, "bo@acme.test", "member").AccessToken
	for _, tt := range []struct {
		method, path string
		body         any
		other        int
	}{
		{"POST", "/api/admin/providers/" + p.ID + "/keys", httpapi.NewProviderKey{Name: "x", Secret: "s"}, 404},
		{"PATCH", key, httpapi.ProviderKeyPatch{}, 404},
		{"POST", key + "/test", nil, 404},
		{"DELETE", key, nil, 404},
		{"GET", "/api/admin/deployments", nil, 200},
		{"POST", "/api/admin/deployments", httpapi.NewDeployment{ProviderID: p.ID, Model: "x"}, 404},
		{"PATCH", d, httpapi.DeploymentPatch{}, 404},
		{"POST", d + "/test", nil, 404},
		{"DELETE", d, nil, 404},
		{"GET", "/api/admin/aliases", nil, 200},
		{"PUT", "/api/admin/aliases", httpapi.Alias{Name: "own", Targets: []string{"m"}}, 200},
		{"DELETE", "/api/admin/aliases?name=best", nil, 404},
		{"GET", "/api/admin/routing", nil, 200},
		{"PUT", "/api/admin/routing", httpapi.RoutingPolicy{Regions: []string{"us"}, Roles: []httpapi.RoleModels{}}, 200},
		{"POST", "/api/admin/route/explain", httpapi.RouteQuestion{Model: "m"}, 200},
		{"GET", "/api/admin/prices", nil, 200},
		{"POST", "/api/admin/prices", httpapi.NewPriceOverride{ProviderID: p.ID, Upstream: "m", Rates: httpapi.Rates{InputNanoUSD: &in}}, 404},
	} {
		v.call("", tt.method, tt.path, tt.body).want(401)
		v.call(member, tt.method, tt.path, tt.body).want(403)
		got := v.call(v.beta.owner, tt.method, tt.path, tt.body).want(tt.other)
		if strings.Contains(got.Body.String(), "best") || strings.Contains(got.Body.String(), "Scripted") {
			t.Errorf("%s %s shows %s", tt.method, tt.path, got.Body)
		}
	}
	v.call(v.acme.owner, "GET", "/api/admin/routing", nil).want(200, `"regions":[]`)
	v.call(v.acme.owner, "GET", "/api/admin/aliases", nil).want(200, "best")
}

func TestARouteIsExplained(t *testing.T) {
	t.Parallel()
	limited := up.Reply(429, `{"error":{"message":"slow down"}}`, "Retry-After", "60")
	v := newVertical(t, limited, up.Answer("Hello"))
	p := v.provider()
	me := v.acme.owner
	for _, name := range []string{"first", "second"} {
		p = decode[httpapi.Provider](v.call(me, "POST", "/api/admin/providers/"+p.ID+"/keys", httpapi.NewProviderKey{Name: name, Secret: "sk-" + name}).want(201))
	}
	ask := func(q httpapi.RouteQuestion) httpapi.RouteAnswer {
		t.Helper()
		return decode[httpapi.RouteAnswer](v.call(me, "POST", "/api/admin/route/explain", q).want(200))
	}
	before := ask(httpapi.RouteQuestion{Model: "m"})
	if before.Chosen == "" || before.ChosenKey == "" || len(before.Candidates) != 2 || !before.Candidates[0].Qualifies || before.Candidates[0].Key == "" ||
		before.Candidates[0].Why != "load" || before.Candidates[0].Score == nil || *before.Candidates[0].Score < 50 {
		t.Fatalf("before %+v", before)
	}
	if len(v.upstream.Requests()) != 0 {
		t.Error("a question was sent to the provider")
	}
	// A 429 benches the key that got it, and the other one answers.
	events := v.try(me, httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: "hi"}}})
	if last := events[len(events)-1]; last.Type != "done" || last.Outcome.Attempts != 2 {
		t.Fatalf("last event %+v", last)
	}
	after := ask(httpapi.RouteQuestion{Model: "m"})
	if len(after.Candidates) != 2 || !after.Candidates[0].Qualifies || after.Candidates[1].Reason != "benched" || after.ChosenKey != after.Candidates[0].KeyID {
		t.Errorf("after %+v", after)
	}
	v.call(me, "GET", "/api/admin/deployments", nil).want(200, `"benched":[{"key_id":"`+after.Candidates[1].KeyID)
	v.call(me, "GET", "/api/admin/providers", nil).want(200, `"state":"benched"`)
	all := decode[[]httpapi.Deployment](v.call(me, "GET", "/api/admin/deployments", nil).want(200))
	for _, d := range all {
		if e := d.Health.Errors; d.Model == "m" && (len(e) != 1 || e[0].Code != "rate.limited" || e[0].Detail == "" || e[0].Key != after.Candidates[1].Key || time.Since(e[0].At) > time.Minute) {
			t.Errorf("errors %+v", e)
		}
	}

	v.call(me, "PUT", "/api/admin/aliases", httpapi.Alias{Name: "best", Targets: []string{"m"}, Regions: []string{"eu"}}).want(200)
	barred := ask(httpapi.RouteQuestion{Model: "best"})
	if barred.Chosen != "" || barred.Problem == nil || barred.Problem.Code != "auth.forbidden" || barred.Alias == nil || barred.Candidates[0].Reason != "region" {
		t.Errorf("barred %+v", barred)
	}
	key := v.key(me, httpapi.NewKey{Name: "ci", Models: []string{"other"}}).Key
	if refused := ask(httpapi.RouteQuestion{Model: "m", KeyID: key.ID}); refused.Problem == nil || refused.Problem.Code != "model.unknown" {
		t.Errorf("as a key %+v", refused)
	}
	for _, surface := range []string{"completions", "responses", "messages"} {
		if got := ask(httpapi.RouteQuestion{Model: "m", Surface: surface}); got.Chosen == "" {
			t.Errorf("%s: %+v", surface, got)
		}
	}
	for _, surface := range []string{"embeddings", "transcriptions", "speech", "rerank"} {
		if got := ask(httpapi.RouteQuestion{Model: "m", Surface: surface}); got.Problem == nil {
			t.Errorf("%s: %+v", surface, got)
		}
	}
	v.call(me, "POST", "/api/admin/route/explain", `{"model":"m","request":{"messages":"wrong"}}`).want(200, `"problem"`)
	v.call(me, "POST", "/api/admin/route/explain", `{"model":"m","request":[1]}`).want(400, "body.request")
	v.call(v.beta.owner, "POST", "/api/admin/route/explain", httpapi.RouteQuestion{Model: "m"}).want(200, `"candidates":[]`, "model.unknown")
	v.call(v.beta.owner, "POST", "/api/admin/route/explain", httpapi.RouteQuestion{Model: "m", KeyID: key.ID}).want(404)
}

func TestAProvidersFormKnowsWhereToBegin(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hello"))
	const path = "/api/admin/provider-kinds"
	seen := map[string]httpapi.ProviderKind{}
	for _, k := range decode[[]httpapi.ProviderKind](v.call(v.acme.owner, "GET", path, nil).want(200)) {
		seen[k.Kind] = k
		if (k.BaseURL == "") == (k.Example == "") {
			t.Errorf("%s begins at %q, or at an example like %q", k.Kind, k.BaseURL, k.Example)
		}
	}
	if len(seen) != 14 || seen["anthropic"].BaseURL != "https://api.anthropic.com/v1" || !seen["azure"].Key || seen["azure"].APIVersion == "" || seen["ollama"].Key {
		t.Errorf("kinds %+v", seen)
	}
	v.call("", "GET", path, nil).want(401)
	v.call(v.join(v.acme, "bo@acme.test", "member").AccessToken, "GET", path, nil).want(403)
	// It is about vendors, not about a team: another one sees the same.
	v.call(v.beta.owner, "GET", path, nil).want(200, "https://api.openai.com/v1")
}
