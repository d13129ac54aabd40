package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"nexusai/backend/httpapi"
	"nexusai/server/budget"
)

const teamsPath = "/api/admin/teams"

// makeTeam makes a team of acme with its owner in it.
func (w *world) makeTeam(name string) httpapi.Team {
	w.t.Helper()
	return decode[httpapi.Team](w.call(w.acme.owner, "POST", teamsPath, httpapi.NewTeam{Name: name, Members: []string{w.acme.ownerID}}).want(201))
}

func TestTeamsShowTheirMembersAndBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.makeTeam("Research")
	if made.Members != 1 || made.Source != "console" || made.Budgets == nil {
		t.Errorf("made %+v", made)
	}
	empty := decode[httpapi.Team](w.call(w.acme.owner, "POST", teamsPath, httpapi.NewTeam{Name: "Empty"}).want(201))
	rui := w.join(w.acme, "rui@acme.test", "member").Me.UserID
	members := teamsPath + "/" + made.ID + "/members"
	w.call(w.acme.owner, "PUT", members+"/"+rui, nil).want(204)
	w.call(w.acme.owner, "PUT", members+"/"+rui, nil).want(204)
	if all := decode[[]httpapi.TeamMember](w.call(w.acme.owner, "GET", members, nil).want(200)); len(all) != 2 || all[1].Email != "rui@acme.test" || all[1].State != "active" {
		t.Errorf("members %+v", all)
	}
	w.call(w.acme.owner, "POST", budgetsPath, aBudget("team", made.ID)).want(201)
	w.call(w.acme.owner, "POST", budgetsPath, map[string]any{"holder_kind": "team", "period": "day", "amount_nano_usd": 2_000_000_000}).want(201)
	h, err := w.budgets.Reserve(t.Context(), budget.Who{TenantID: w.acme.id, UserID: rui}, 400_000_000, 400_000_000)
	w.must(err)
	if len(h.Claims) != 2 {
		t.Errorf("held at %+v", h.Claims)
	}
	all := decode[[]httpapi.Team](w.call(w.acme.owner, "GET", teamsPath, nil).want(200))
	if len(all) != 2 || all[0].Name != "Empty" || len(all[1].Budgets) != 2 || all[1].Budgets[0].ReservedNanoUSD < 400_000_000 {
		t.Fatalf("listed %+v", all)
	}
	if each := all[0].Budgets; len(each) != 1 || each[0].LeftNanoUSD != 2e9 {
		t.Errorf("the other team has %+v, want what each team has, untouched", each)
	}
	if of := decode[[]httpapi.Team](w.call(w.acme.owner, "GET", teamsPath+"?user="+rui, nil).want(200)); len(of) != 1 || of[0].ID != made.ID {
		t.Errorf("of Rui %+v", of)
	}
	w.call(w.acme.owner, "GET", teamsPath+"?user=nobody", nil).want(200, "[]")
	w.call(w.acme.owner, "PATCH", teamsPath+"/"+made.ID, `{"name":"Research and tools"}`).want(200, "Research and tools")
	w.call(w.acme.owner, "PATCH", teamsPath+"/"+made.ID, `{"name":"EMPTY"}`).want(409)
	w.call(w.acme.owner, "DELETE", members+"/"+rui, nil).want(204)
	if h, err := w.budgets.Reserve(t.Context(), budget.Who{TenantID: w.acme.id, UserID: rui}, 1, 1); err != nil || h.Bound {
		t.Errorf("who left is bound at once: %+v %v", h, err)
	}
	w.call(w.acme.owner, "DELETE", teamsPath+"/"+made.ID, nil).want(204)
	w.call(w.acme.owner, "DELETE", teamsPath+"/"+made.ID, nil).want(404)
	w.call(w.acme.owner, "DELETE", teamsPath+"/"+empty.ID, nil).want(204)
	if left := decode[[]httpapi.Budget](w.call(w.acme.owner, "GET", budgetsPath, nil).want(200)); len(left) != 1 || left[0].HolderID != "" {
		t.Errorf("budgets that are left %+v", left)
	}
	trail := w.actions(w.acme)
	for _, action := range []string{"team.created", "team.member_added", "team.member_removed", "team.renamed", "budget.removed", "team.deleted"} {
		if !slices.Contains(trail, action) {
			t.Errorf("%s is not in the trail %q", action, trail)
		}
	}
}

func TestTeamsOfAnotherTenantAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.makeTeam("Research")
	one, members := teamsPath+"/"+mine.ID, teamsPath+"/"+mine.ID+"/members"
	type call struct {
		method, path string
		body         any
	}
	calls := []call{
		{"PATCH", one, `{"name":"Theirs"}`}, {"DELETE", one, nil}, {"GET", members, nil},
		{"PUT", members + "/" + w.beta.ownerID, nil}, {"DELETE", members + "/" + w.acme.ownerID, nil},
	}
	for _, c := range calls {
		w.call(w.beta.owner, c.method, c.path, c.body).want(http.StatusNotFound)
	}
	w.call(w.beta.owner, "GET", teamsPath, nil).want(200, "[]")
	w.call(w.beta.owner, "GET", teamsPath+"?user="+w.acme.ownerID, nil).want(200, "[]")
	w.call(w.beta.owner, "POST", teamsPath, httpapi.NewTeam{Name: "Ours", Members: []string{w.acme.ownerID}}).want(http.StatusNotFound)
	w.call(w.acme.owner, "PUT", members+"/"+w.beta.ownerID, nil).want(http.StatusNotFound)
	w.call(w.beta.owner, "POST", budgetsPath, aBudget("team", mine.ID)).want(http.StatusNotFound)
	w.call(w.beta.owner, "POST", teamsPath, httpapi.NewTeam{Name: "Research"}).want(201) // a name is taken in its own tenant only
	for _, c := range append(calls, call{"GET", teamsPath, nil}, call{"POST", teamsPath, `{"name":"x"}`}) {
		w.call("", c.method, c.path, c.body).want(http.StatusUnauthorized)
	}
}

// TestWhoMayChangeTeams is as for users.
func TestWhoMayChangeTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.makeTeam("Research")
	one := teamsPath + "/" + mine.ID
	member := one + "/members/" + w.acme.ownerID
	for role, want := range map[string]struct{ read, write int }{"admin": {200, 204}, "auditor": {200, 403}, "developer": {403, 403}, "member": {403, 403}} {
		token := w.join(w.acme, role+"@acme.test", role).AccessToken
		for _, c := range []struct {
			method, path string
			want         int
		}{{"GET", teamsPath, want.read}, {"GET", one + "/members", want.read}, {"PUT", member, want.write}, {"DELETE", member, want.write}} {
			if got := w.call(token, c.method, c.path, nil); got.Code != c.want {
				t.Errorf("%s %s by %s: %d, want %d", c.method, c.path, role, got.Code, c.want)
			}
		}
	}
	key := w.key(w.acme.owner, httpapi.NewKey{Name: "ci"}).Secret
	w.call(key, "GET", teamsPath, nil).want(403)
}

func TestMalformedTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.makeTeam("Research")
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"unknown", "PATCH", "/" + uuid.NewString(), `{"name":"x"}`, 404},
		{"malformed id", "PATCH", "/x'--", `{"name":"x"}`, 422},
		{"no name", "POST", "", `{}`, 422},
		{"only spaces", "POST", "", `{"name":"   "}`, 400},
		{"taken", "POST", "", `{"name":"rESEARCH"}`, 409},
		{"NUL", "POST", "", `{"name":"\u0000"}`, 400},
		{"a member who is no id", "POST", "", `{"name":"x","members":["y"]}`, 404},
		{"a member of nobody", "POST", "", `{"name":"x","members":["` + uuid.NewString() + `"]}`, 404},
		{"members of an unknown team", "GET", "/" + uuid.NewString() + "/members", ``, 404},
	} {
		if got := w.call(w.acme.owner, tt.method, teamsPath+tt.path, tt.body); got.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.Code, got.Body, tt.status)
		}
	}
	if all := decode[[]httpapi.Team](w.call(w.acme.owner, "GET", teamsPath, nil).want(200)); len(all) != 1 {
		t.Errorf("what was refused left %+v", all)
	}
}
