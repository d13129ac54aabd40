package api_test

import (
	"slices"
	"testing"
	"time"

	"nexusai/backend/httpapi"
)

// signIn returns a fresh session of acme's owner and its device.
func (w *world) signIn() (httpapi.Session, string) {
	w.t.Helper()
	d := device()
	s := decode[httpapi.Session](w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "owner@acme.test", Password: password, Device: d}).want(200))
	return s, d.ID
}

func (w *world) refresh(token, deviceID string) answer {
	w.t.Helper()
	return w.call("", "POST", "/api/auth/refresh", httpapi.Refresh{RefreshToken: token, DeviceID: deviceID})
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, dev := w.signIn()
	for range 3 {
		w.clock.advance(11 * time.Minute)
		w.call(s.AccessToken, "GET", "/api/auth/me", nil).want(401, "auth.token_expired")
		next := decode[httpapi.Session](w.refresh(s.RefreshToken, dev).want(200))
		if next.RefreshToken == s.RefreshToken || next.Me.SessionID != s.Me.SessionID {
			t.Fatalf("next %+v", next)
		}
		w.call(next.AccessToken, "GET", "/api/auth/me", nil).want(200)
		s = next
	}
}

func TestARepeatWithinAMinuteGetsTheSameSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, dev := w.signIn()
	first := decode[httpapi.Session](w.refresh(s.RefreshToken, dev).want(200))
	w.clock.advance(59 * time.Second)
	again := decode[httpapi.Session](w.refresh(s.RefreshToken, dev).want(200))
	if first.RefreshToken != again.RefreshToken {
		t.Error("the successors differ")
	}
	w.refresh(again.RefreshToken, dev).want(200)
}

func TestATokenUsedTwiceEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		misuse func(w *world, old, current, dev string) answer
	}{
		{"late", func(w *world, old, _, dev string) answer {
			w.clock.advance(61 * time.Second)
			return w.refresh(old, dev)
		}},
		{"by another device", func(w *world, old, _, _ string) answer { return w.refresh(old, device().ID) }},
		{"the newest, by another device", func(w *world, _, current, _ string) answer { return w.refresh(current, device().ID) }},
		{"two generations back", func(w *world, old, current, dev string) answer {
			w.refresh(current, dev).want(200)
			return w.refresh(old, dev)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s, dev := w.signIn()
			next := decode[httpapi.Session](w.refresh(s.RefreshToken, dev).want(200))
			w.call(next.AccessToken, "GET", "/api/auth/me", nil).want(200)
			tt.misuse(w, s.RefreshToken, next.RefreshToken, dev).want(401, "auth.required")
			w.refresh(next.RefreshToken, dev).want(401)
			w.call(next.AccessToken, "GET", "/api/auth/me", nil).want(401)
			if got := w.actions(w.acme); !slices.Contains(got, "session.stolen") {
				t.Errorf("trail %v", got)
			}
			w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(200) // another session of the same user
		})
	}
}

func TestRefreshTokensThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, dev := w.signIn()
	forged := []byte(s.RefreshToken)
	forged[len(forged)-5] ^= 1
	for name, token := range map[string]string{
		"empty": "", "garbage": "nxr_x", "an access token": s.AccessToken, "forged": string(forged),
	} {
		if got := w.refresh(token, dev); got.Code != 401 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	w.refresh(s.RefreshToken, "not-a-device").want(422)
	w.refresh(s.RefreshToken, dev).want(200) // none of that was theft
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, dev := w.signIn()
	w.clock.advance(29 * 24 * time.Hour)
	s = decode[httpapi.Session](w.refresh(s.RefreshToken, dev).want(200))
	for range 5 { // in use, but no longer than 180 days in all
		w.clock.advance(29 * 24 * time.Hour)
		s = decode[httpapi.Session](w.refresh(s.RefreshToken, dev).want(200))
	}
	w.clock.advance(29 * 24 * time.Hour)
	w.refresh(s.RefreshToken, dev).want(401)
	idle, dev := w.signIn()
	w.clock.advance(30*24*time.Hour + time.Second)
	w.refresh(idle.RefreshToken, dev).want(401)
}

func TestADisabledUserCannotRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := device()
	id := w.join(w.acme, "bo@acme.test", "member").Me.UserID
	s := decode[httpapi.Session](w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "bo@acme.test", Password: password, Device: d}).want(200))
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+id, `{"disabled":true}`).want(200)
	w.refresh(s.RefreshToken, d.ID).want(401)
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+id, `{"disabled":false}`).want(200)
	w.refresh(s.RefreshToken, d.ID).want(401) // enabling brings no session back
	w.login("bo@acme.test")
}
