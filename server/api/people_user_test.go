package api_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"nexusai/backend/httpapi"
)

// TestEveryRouteByEveryCaller is the matrix of who may.
func TestEveryRouteByEveryCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := map[string]string{"anonymous": "", "beta's owner": w.beta.owner}
	for _, role := range []string{"admin", "developer", "member", "auditor"} {
		tokens[role] = w.join(w.acme, role+"@acme.test", role).AccessToken
	}
	victim := w.join(w.acme, "victim@acme.test", "member").Me.UserID
	key := w.key(w.acme.owner, httpapi.NewKey{Name: "ci"}).Key.ID
	tokens["key"] = w.key(w.acme.owner, httpapi.NewKey{Name: "ci2", Scopes: []string{"models.use", "logs.read"}}).Secret
	invite := func(who string) any {
		return httpapi.Invite{Email: "new-" + who[:3] + "@new.test", Role: "member"}
	}
	for _, tt := range []struct {
		method, path string
		body         func(who string) any
		want         map[string]int // anyone else: 403
	}{
		{"GET", "/api/admin/users", nil, map[string]int{"admin": 200, "auditor": 200, "beta's owner": 200}},
		{"POST", "/api/admin/users", invite, map[string]int{"admin": 201, "beta's owner": 201}},
		{"PATCH", "/api/admin/users/" + victim, func(string) any { return `{"name":"Vic"}` }, map[string]int{"admin": 200, "beta's owner": 404}},
		{"POST", "/api/admin/users/" + victim + "/reset", nil, map[string]int{"admin": 201, "beta's owner": 404}},
		{"DELETE", "/api/admin/users/" + victim + "/sessions", nil, map[string]int{"admin": 204, "beta's owner": 404}},
		{"GET", "/api/admin/keys", nil, map[string]int{"admin": 200, "developer": 200, "auditor": 200, "beta's owner": 200}},
		{"POST", "/api/admin/keys", func(string) any { return `{"name":"x"}` }, map[string]int{"admin": 201, "developer": 201, "beta's owner": 201}},
		{"DELETE", "/api/admin/keys/" + key, nil, map[string]int{"admin": 204, "beta's owner": 404}},
		{"GET", "/api/admin/audit", nil, map[string]int{"admin": 200, "auditor": 200, "beta's owner": 200}},
		{"GET", "/api/admin/audit/verify", nil, map[string]int{"admin": 200, "auditor": 200, "beta's owner": 200}},
	} {
		for who, token := range tokens {
			want, listed := tt.want[who]
			if !listed {
				want = 403
			}
			if who == "anonymous" {
				want = 401
			}
			var body any
			if tt.body != nil {
				body = tt.body(who)
			}
			got := w.call(token, tt.method, tt.path, body)
			if got.Code != want {
				t.Errorf("%s %s by %s: %d %s, want %d", tt.method, tt.path, who, got.Code, got.Body, want)
			}
			if who == "beta's owner" && strings.Contains(got.Body.String(), "acme.test") && tt.method == "GET" {
				t.Errorf("%s shows beta what is acme's: %s", tt.path, got.Body)
			}
		}
	}
}

func TestMalformedAndUnknownUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"unknown", "PATCH", "/" + uuid.NewString(), `{"name":"x"}`, 404},
		{"malformed id", "PATCH", "/x'--", `{"name":"x"}`, 422},
		{"bad bytes in the id", "PATCH", "/%ff%00", `{"name":"x"}`, 422},
		{"unknown to reset", "POST", "/" + uuid.NewString() + "/reset", ``, 404},
		{"unknown role", "PATCH", "/" + w.acme.ownerID, `{"role":"king"}`, 422},
		{"the operator's role", "PATCH", "/" + w.acme.ownerID, `{"role":"operator"}`, 422},
		{"empty name", "PATCH", "/" + w.acme.ownerID, `{"name":"  "}`, 400},
		{"wrong type", "PATCH", "/" + w.acme.ownerID, `{"disabled":"yes"}`, 422},
		{"no JSON", "POST", "", `{`, 400},
		{"no address", "POST", "", `{"email":"nobody","role":"member"}`, 422},
		{"two addresses", "POST", "", `{"email":"a@acme.test,b@acme.test","role":"member"}`, 422},
		{"taken", "POST", "", `{"email":"OWNER@acme.test","role":"member"}`, 409},
		{"bad bytes", "POST", "", "{\"email\":\"a@acme.test\",\"name\":\"\xff\",\"role\":\"member\"}", 400},
		{"NUL", "POST", "", `{"email":"a@acme.test","name":"\u0000","role":"member"}`, 400},
		{"too large", "POST", "", `{"name":"` + strings.Repeat("x", 70<<10) + `"}`, 413},
	} {
		if got := w.call(w.acme.owner, tt.method, "/api/admin/users"+tt.path, tt.body); got.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.Code, got.Body, tt.status)
		}
	}
}

func TestNobodyTouchesWhoIsAboveThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.join(w.acme, "admin@acme.test", "admin")
	owner := "/api/admin/users/" + w.acme.ownerID
	for _, call := range [][3]string{
		{"PATCH", owner, `{"role":"member"}`},
		{"PATCH", owner, `{"disabled":true}`},
		{"POST", owner + "/reset", ``},
		{"PATCH", "/api/admin/users/" + admin.Me.UserID, `{"role":"owner"}`},
		{"POST", "/api/admin/users", `{"email":"evil@acme.test","role":"owner"}`},
	} {
		w.call(admin.AccessToken, call[0], call[1], call[2]).want(403)
	}
	w.call(admin.AccessToken, "GET", "/api/auth/me", nil).want(200, `"role":"admin"`)
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := "/api/admin/users/" + w.acme.ownerID
	w.call(w.acme.owner, "PATCH", me, `{"role":"admin"}`).want(409)
	w.call(w.acme.owner, "PATCH", me, `{"disabled":true}`).want(409)
	w.call(w.acme.owner, "POST", "/api/admin/users", httpapi.Invite{Email: "later@acme.test", Role: "owner"}).want(201)
	w.call(w.acme.owner, "PATCH", me, `{"role":"admin"}`).want(409) // one who has not come does not count
	second := w.join(w.acme, "second@acme.test", "owner")
	var codes [2]int
	var both sync.WaitGroup // each takes the other's role away at the same moment
	both.Go(func() {
		codes[0] = w.call(w.acme.owner, "PATCH", "/api/admin/users/"+second.Me.UserID, `{"role":"member"}`).Code
	})
	both.Go(func() { codes[1] = w.call(second.AccessToken, "PATCH", me, `{"role":"member"}`).Code })
	both.Wait()
	owners := 0
	for _, u := range decode[[]httpapi.User](w.call(w.auditor(), "GET", "/api/admin/users", nil).want(200)) {
		if u.Role == "owner" && u.State == "active" {
			owners++
		}
	}
	if owners != 1 {
		t.Errorf("%d owners are left; answers %v", owners, codes)
	}
}

// auditor is somebody who may read whoever rules; it does not need an owner.
func (w *world) auditor() string {
	w.t.Helper()
	link, err := w.svc.Invite(w.t.Context(), operator(w.acme), httpapi.Invite{Email: "auditor@acme.test", Role: "auditor"})
	w.must(err)
	return decode[httpapi.Session](w.register(token(w.t, link.URL), "Au Ditor", password).want(200)).AccessToken
}

func TestARoleChangeCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	bo := w.join(w.acme, "bo@acme.test", "member")
	w.call(bo.AccessToken, "GET", "/api/admin/audit", nil).want(403)
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+bo.Me.UserID, `{"role":"auditor","name":"Bo Later"}`).want(200, `"auditor"`, "Bo Later")
	w.call(bo.AccessToken, "GET", "/api/admin/audit", nil).want(200, "user.role_changed", "user.renamed", `"from":"member"`)
	if got := w.actions(w.acme); !slices.Contains(got, "user.role_changed") {
		t.Errorf("trail %v", got)
	}
}
