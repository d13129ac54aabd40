package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nexusai/backend/httpapi"
)

func TestSignInShowsWhoIAm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := decode[httpapi.Me](w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(200))
	if me.TenantSlug != "acme" || me.Role != "owner" || me.SessionID == "" || len(me.Permissions) < 11 {
		t.Errorf("me %+v", me)
	}
}

func TestEveryRefusedSignInLooksTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(w.acme.owner, "POST", "/api/admin/users", httpapi.Invite{Email: "invited@acme.test", Role: "member"}).want(201)
	gone := w.join(w.acme, "gone@acme.test", "member").Me.UserID
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+gone, `{"disabled":true}`).want(200)
	w.join(w.acme, "both@acme.test", "member")
	w.join(w.beta, "both@acme.test", "member")
	var first string
	for _, tt := range []struct {
		name string
		c    httpapi.Credentials
	}{
		{"unknown address", httpapi.Credentials{Email: "nobody@acme.test", Password: password}},
		{"wrong password", httpapi.Credentials{Email: "owner@acme.test", Password: "wrong horse"}},
		{"another team", httpapi.Credentials{Email: "owner@acme.test", Password: password, Tenant: "beta"}},
		{"unknown team", httpapi.Credentials{Email: "owner@acme.test", Password: password, Tenant: "nowhere"}},
		{"disabled", httpapi.Credentials{Email: "gone@acme.test", Password: password}},
		{"invited, not here yet", httpapi.Credentials{Email: "invited@acme.test", Password: password}},
		{"two teams, none named", httpapi.Credentials{Email: "both@acme.test", Password: password}},
		{"bad bytes", httpapi.Credentials{Email: "owner@acme.test", Password: "\xff\x00"}},
	} {
		tt.c.Device = device()
		got := w.call("", "POST", "/api/auth/login", tt.c).want(401, "auth.required")
		if first == "" {
			first = got.Body.String()
		}
		if got.Body.String() != first {
			t.Errorf("%s answers %s, others %s", tt.name, got.Body, first)
		}
	}
	w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "BOTH@acme.test", Password: password, Tenant: "Beta", Device: device()}).want(200, `"beta"`)
}

// TestAnotherTeamCannotKeepSomebodyOut lets beta's owner claim the address of
// acme's: first as an invite, then as a member with a password of beta's choice.
func TestAnotherTeamCannotKeepSomebodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const theirs = "another long password"
	login := func(pass string) answer {
		return w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "owner@acme.test", Password: pass, Device: device()})
	}
	link := decode[httpapi.Link](w.call(w.beta.owner, "POST", "/api/admin/users", httpapi.Invite{Email: "owner@acme.test", Role: "member"}).want(201))
	login(password).want(200, `"tenant_slug":"acme"`)
	w.call("", "POST", "/api/auth/register", httpapi.Registration{Token: token(t, link.URL), Name: "X", Password: theirs, Device: device()}).want(200)
	login(password).want(200, `"tenant_slug":"acme"`)
	login(theirs).want(200, `"tenant_slug":"beta"`)
	login("wrong horse").want(401)
}

func TestLockOutCountsKnownAndUnknownAddressesAlike(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"owner@acme.test", "nobody@acme.test"} {
		t.Run(email, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			try := func(pass string) answer {
				return w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: email, Password: pass, Device: device()})
			}
			for range 5 {
				try("wrong horse").want(401)
			}
			locked := try(password).want(429, "rate.limited", `"retry_after":30`)
			if locked.Header().Get("Retry-After") != "30" {
				t.Errorf("Retry-After %q", locked.Header().Get("Retry-After"))
			}
			w.clock.advance(31 * time.Second)
			try("wrong horse").want(401)
			try("wrong horse").want(429, `"retry_after":60`) // twice the wait
			w.clock.advance(61 * time.Second)
			if email == "nobody@acme.test" {
				return
			}
			try(password).want(200)
			try("wrong horse").want(401) // and counting begins anew
			if got := w.actions(w.acme); !slices.Contains(got, "signin.locked") {
				t.Errorf("trail %v", got)
			}
		})
	}
}

func TestManyTriesAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	codes := make(chan int, 30)
	for range cap(codes) {
		go func() {
			codes <- w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "owner@acme.test", Password: "wrong horse", Device: device()}).Code
		}()
	}
	counted := map[int]int{}
	for range cap(codes) {
		counted[<-codes]++
	}
	if counted[401] != 5 || counted[429] != 25 {
		t.Errorf("answers by status: %v, want 5 × 401 and 25 × 429", counted)
	}
}

func TestMalformedSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := `"device":{"id":"` + device().ID + `","name":"x"}`
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"no JSON", `{`, 400},
		{"wrong type", `{"email":3}`, 422},
		{"no device", `{"email":"owner@acme.test","password":"x"}`, 422},
		{"device without an id", `{"email":"owner@acme.test","password":"x","device":{"id":"x","name":""}}`, 422},
		{"NUL in the address", `{"email":"owner\u0000@acme.test","password":"x",` + good + `}`, 422},
		{"bad bytes in the address", "{\"email\":\"o\xffwner@acme.test\",\"password\":\"x\"," + good + `}`, 400},
		{"NUL in the device's name", `{"email":"owner@acme.test","password":"x","device":{"id":"` + device().ID + `","name":"a\u0000b"}}`, 400},
		{"NUL in the team", `{"email":"owner@acme.test","password":"x","tenant":"\u0000",` + good + `}`, 401},
		{"too large", `{"email":"` + strings.Repeat("x", 70<<10) + `"}`, 413},
	} {
		if got := w.call("", "POST", "/api/auth/login", tt.body); got.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.Code, got.Body, tt.status)
		}
	}
}

func TestABearerThatIsNotOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tampered := []byte(w.acme.owner)
	tampered[10] ^= 1
	for name, token := range map[string]string{
		"garbage": "x", "a refresh token's form": "nxr_" + w.acme.owner[4:], "tampered": string(tampered), "cut": w.acme.owner[:len(w.acme.owner)-3],
		"a key that never was": "nxs_live_" + strings.Repeat("a", 49), "bad bytes": "nxa_\xff.\x00",
	} {
		if got := w.call(token, "GET", "/api/auth/me", nil); got.Code != 401 || !strings.Contains(got.Body.String(), "auth.required") {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	w.call("", "GET", "/api/auth/me", nil, "Authorization", "Basic b3duZXI6eA==").want(401)
	w.clock.advance(10*time.Minute + time.Second)
	w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(401, "auth.token_expired")
}
