package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

func TestOneOfMySessionsEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, _ := w.signIn()
	there, _ := w.signIn()
	stranger := w.join(w.acme, "bo@acme.test", "admin")
	list := decode[[]httpapi.SessionInfo](w.call(here.AccessToken, "GET", "/api/auth/sessions", nil).want(200))
	current := 0
	for _, s := range list {
		if s.Current != (s.ID == here.Me.SessionID) || s.Device != "Test device" {
			t.Errorf("session %+v", s)
		}
		if s.Current {
			current++
		}
	}
	if len(list) != 3 || current != 1 { // the third is the world's
		t.Errorf("%d sessions, %d current", len(list), current)
	}
	for name, id := range map[string]string{"somebody else's": stranger.Me.SessionID, "unknown": uuid.NewString()} {
		if got := w.call(here.AccessToken, "DELETE", "/api/auth/sessions/"+id, nil); got.Code != 404 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	w.call(here.AccessToken, "DELETE", "/api/auth/sessions/x", nil).want(422)
	w.call(here.AccessToken, "DELETE", "/api/auth/sessions/"+strings.ToUpper(there.Me.SessionID), nil).want(204)
	w.call(there.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.call(here.AccessToken, "DELETE", "/api/auth/sessions/"+there.Me.SessionID, nil).want(404)
	w.call(here.AccessToken, "GET", "/api/auth/me", nil).want(200)
	w.call(stranger.AccessToken, "GET", "/api/auth/me", nil).want(200)
}

func TestAllMySessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, dev := w.signIn()
	there, _ := w.signIn()
	w.must(w.svc.EndAllSessions(t.Context(), operator(w.acme), w.acme.ownerID))
	for _, token := range []string{here.AccessToken, there.AccessToken, w.acme.owner} {
		w.call(token, "GET", "/api/auth/me", nil).want(401)
	}
	w.refresh(here.RefreshToken, dev).want(401)
}

func TestISignOutEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := w.join(w.acme, "bo@acme.test", "admin")
	here, dev := w.signIn()
	there, _ := w.signIn()
	w.call(here.AccessToken, "DELETE", "/api/auth/sessions?others=true", nil).want(204)
	w.call(there.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(401)
	w.call(here.AccessToken, "GET", "/api/auth/me", nil).want(200)
	if list := decode[[]httpapi.SessionInfo](w.call(here.AccessToken, "GET", "/api/auth/sessions", nil).want(200)); len(list) != 1 || !list[0].Current {
		t.Errorf("left are %+v", list)
	}
	w.call(here.AccessToken, "DELETE", "/api/auth/sessions?others=true", nil).want(204) // nothing to end is fine
	w.call(here.AccessToken, "DELETE", "/api/auth/sessions", nil).want(204)
	w.call(here.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.refresh(here.RefreshToken, dev).want(401)
	w.call(stranger.AccessToken, "GET", "/api/auth/me", nil).want(200)
	w.call("", "DELETE", "/api/auth/sessions", nil).want(401)
	w.call(w.beta.owner, "GET", "/api/auth/me", nil).want(200)
	page := decode[httpapi.AuditPage](w.call(stranger.AccessToken, "GET", "/api/admin/audit?action=session.all_ended", nil).want(200))
	if len(page.Items) != 3 {
		t.Errorf("%d entries in the trail", len(page.Items))
	}
}

func TestAnAdministratorSignsAMemberOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bo := w.join(w.acme, "bo@acme.test", "member")
	admin := w.join(w.acme, "ad@acme.test", "admin")
	w.call(admin.AccessToken, "DELETE", "/api/admin/users/"+w.acme.ownerID+"/sessions", nil).want(403)
	w.call(admin.AccessToken, "DELETE", "/api/admin/users/"+bo.Me.UserID+"/sessions", nil).want(204)
	w.call(bo.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(200)
	w.call(w.acme.owner, "DELETE", "/api/admin/users/"+uuid.NewString()+"/sessions", nil).want(404)
	w.call(admin.AccessToken, "GET", "/api/admin/audit?action=session.all_ended", nil).want(200, bo.Me.Name)
}

func TestLogoutEndsThisSessionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, dev := w.signIn()
	w.call(here.AccessToken, "POST", "/api/auth/logout", nil).want(204)
	w.call(here.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.call(here.AccessToken, "POST", "/api/auth/logout", nil).want(401)
	w.refresh(here.RefreshToken, dev).want(401)
	w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(200)
	w.call("", "POST", "/api/auth/logout", nil).want(401)
}

func TestTheSameDeviceHasOneSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := httpapi.Credentials{Email: "owner@acme.test", Password: password, Device: device()}
	first := decode[httpapi.Session](w.call("", "POST", "/api/auth/login", c).want(200))
	second := decode[httpapi.Session](w.call("", "POST", "/api/auth/login", c).want(200))
	w.call(first.AccessToken, "GET", "/api/auth/me", nil).want(401)
	w.call(second.AccessToken, "GET", "/api/auth/me", nil).want(200)
}

func TestATicketOpensOneSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := w.svc.Authenticator()
	ticket := func() string {
		return decode[httpapi.Ticket](w.call(w.acme.owner, "POST", "/api/auth/ticket", nil).want(200)).Ticket
	}
	one := ticket()
	c, err := gate.Redeem(t.Context(), one)
	w.must(err)
	if c.UserID != w.acme.ownerID || c.TenantID != w.acme.id || !c.Can(httpapi.UseChat) {
		t.Errorf("caller %+v", c)
	}
	refused := func(name, token string) {
		t.Helper()
		if _, err := gate.Redeem(t.Context(), token); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	late := ticket()
	w.clock.advance(31 * time.Second)
	refused("late", late)
	orphan := ticket()
	w.call(w.acme.owner, "POST", "/api/auth/logout", nil).want(204)
	for name, token := range map[string]string{"used": one, "of an ended session": orphan, "garbage": "nxt_x", "empty": "", "bad bytes": "nxt_\xff\x00"} {
		refused(name, token)
	}
	w.call("", "POST", "/api/auth/ticket", nil).want(401)
}

func TestAKeyHasNoSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key(w.acme.owner, httpapi.NewKey{Name: "ci"}).Secret
	w.call(key, "GET", "/api/auth/me", nil).want(200, `"role":"key"`, `"name":"ci"`, `"models.use"`)
	for _, call := range [][2]string{{"GET", "sessions"}, {"POST", "ticket"}, {"POST", "logout"}, {"DELETE", "sessions/" + uuid.NewString()}, {"DELETE", "sessions"}} {
		w.call(key, call[0], "/api/auth/"+call[1], nil).want(403, "auth.forbidden")
	}
	w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(200)
}
