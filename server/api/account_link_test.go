package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/identity"
)

func (w *world) register(token, name, pass string) answer {
	w.t.Helper()
	return w.call("", "POST", "/api/auth/register", httpapi.Registration{Token: token, Name: name, Password: pass, Device: device()})
}

func (w *world) invite(email string) httpapi.Link {
	w.t.Helper()
	return decode[httpapi.Link](w.call(w.acme.owner, "POST", "/api/admin/users", httpapi.Invite{Email: email, Role: "developer"}).want(201))
}

func TestAnInviteIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	link := w.invite("Bo@Acme.test")
	if link.User.State != "invited" || link.User.Email != "bo@acme.test" || !strings.HasPrefix(link.URL, "/console#") {
		t.Errorf("link %+v", link)
	}
	token := token(t, link.URL)
	w.register(token, "", password).want(400, "body.name")
	w.register(token, "Bo Example", "short").want(422, "body.password")
	w.register(token, "Bo Example", "bo@acme.test").want(400, "easy to guess")
	w.register(token, "Bo Example", "aaaaaaaaaaaaaaaa").want(400, "easy to guess")
	w.register(token, "Bo\u202eExample", password).want(400, "body.name")
	s := decode[httpapi.Session](w.register(token, "Bo Example", password).want(200))
	if s.Me.Name != "Bo Example" || s.Me.Role != "developer" || s.Me.TenantSlug != "acme" {
		t.Errorf("me %+v", s.Me)
	}
	w.call(s.AccessToken, "GET", "/api/auth/me", nil).want(200)
	w.register(token, "Bo Example", password).want(410)
	w.login("bo@acme.test")
	for _, action := range []string{"user.created", "user.invited", "user.joined", "session.started"} {
		if !slices.Contains(w.actions(w.acme), action) {
			t.Errorf("the trail lacks %s: %v", action, w.actions(w.acme))
		}
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := token(t, w.invite("bo@acme.test").URL)
	id := w.userID("bo@acme.test")
	second := decode[httpapi.Link](w.call(w.acme.owner, "POST", "/api/admin/users/"+id+"/reset", nil).want(201))
	console, err := w.svc.SignInLink(t.Context(), identity.Operator(w.acme.id), w.acme.ownerID, identity.ConsoleLink)
	w.must(err)
	other := []byte(first)
	other[8] ^= 1 // the same token of another tenant
	answers := map[string]bool{}
	for name, token := range map[string]string{
		"replaced": first, "of a tenant that is not": string(other), "to sign in": token(t, console.URL),
		"never made": "nxl_" + strings.Repeat("A", 64), "garbage": strings.Repeat("x", 20), "bad bytes": "nxl_\xff" + strings.Repeat("A", 63),
	} {
		got := w.register(token, "Bo Example", password)
		if got.Code != 410 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
		answers[got.Body.String()] = true
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	w.clock.advance(7*24*time.Hour + time.Second)
	w.register(token(t, second.URL), "Bo Example", password).want(410)
	// what was refused is still unused
	w.clock.advance(-7 * 24 * time.Hour)
	w.register(token(t, second.URL), "Bo Example", password).want(200)
}

func (w *world) userID(email string) string {
	w.t.Helper()
	for _, u := range decode[[]httpapi.User](w.call(w.acme.owner, "GET", "/api/admin/users", nil).want(200)) {
		if u.Email == email {
			return u.ID
		}
	}
	w.t.Fatalf("no user %s", email)
	return ""
}

func TestAResetEndsEverySession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.join(w.acme, "bo@acme.test", "member")
	link := decode[httpapi.Link](w.call(w.acme.owner, "POST", "/api/admin/users/"+s.Me.UserID+"/reset", nil).want(201, "kind=reset"))
	w.call(s.AccessToken, "GET", "/api/auth/me", nil).want(200) // asking for one changes nothing yet
	fresh := decode[httpapi.Session](w.register(token(t, link.URL), "", "another good password").want(200))
	w.call(s.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.call(fresh.AccessToken, "GET", "/api/auth/me", nil).want(200, "Somebody Example")
	w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "bo@acme.test", Password: password, Device: device()}).want(401)
	w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "bo@acme.test", Password: "another good password", Device: device()}).want(200)
}

func TestAConsoleLinkSignsInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range []identity.LinkKind{identity.ConsoleLink, identity.DesktopLink} {
		link, err := w.svc.SignInLink(t.Context(), identity.Operator(w.acme.id), w.acme.ownerID, kind)
		w.must(err)
		body := httpapi.Exchange{Token: token(t, link.URL), Device: device()}
		s := decode[httpapi.Session](w.call("", "POST", "/api/auth/exchange", body).want(200))
		w.call(s.AccessToken, "GET", "/api/admin/users", nil).want(200)
		w.call("", "POST", "/api/auth/exchange", body).want(410)
	}
	invite := token(t, w.invite("bo@acme.test").URL)
	w.call("", "POST", "/api/auth/exchange", httpapi.Exchange{Token: invite, Device: device()}).want(410)
	w.register(invite, "Bo Example", password).want(200) // an answer of the wrong kind does not use it up
	late, err := w.svc.SignInLink(t.Context(), identity.Operator(w.acme.id), w.acme.ownerID, identity.DesktopLink)
	w.must(err)
	w.clock.advance(10 * time.Minute)
	w.call("", "POST", "/api/auth/exchange", httpapi.Exchange{Token: token(t, late.URL), Device: device()}).want(410)
}

func TestADisabledUsersLinksAreDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.join(w.acme, "bo@acme.test", "member")
	link := decode[httpapi.Link](w.call(w.acme.owner, "POST", "/api/admin/users/"+s.Me.UserID+"/reset", nil).want(201))
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+s.Me.UserID, `{"disabled":true}`).want(200)
	w.register(token(t, link.URL), "", "another good password").want(410)
	w.call(w.acme.owner, "POST", "/api/admin/users/"+s.Me.UserID+"/reset", nil).want(409)
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+s.Me.UserID, `{"disabled":false}`).want(200)
	w.register(token(t, link.URL), "", "another good password").want(410)
	again := decode[httpapi.Link](w.call(w.acme.owner, "POST", "/api/admin/users/"+s.Me.UserID+"/reset", nil).want(201))
	w.register(token(t, again.URL), "", "another good password").want(200) // without a session to end
}

func TestATeamHasOneFirstOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	err := w.db.Tenant(t.Context(), w.acme.id, func(tx pgx.Tx) error {
		_, err := w.svc.AddOwner(t.Context(), tx, w.acme.id, identity.FirstOwner{Email: "second@acme.test"}, "")
		return err
	})
	if fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a second first owner: %v", err)
	}
}
