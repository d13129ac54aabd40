package api_test

import (
	"testing"

	"nexusai/backend/httpapi"
)

func TestSignInShowsWhoIAm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := decode[httpapi.Me](w.call(w.acme.owner, "GET", "/api/auth/me", nil).want(200))
	if me.TenantSlug != "acme" || me.Role != "owner" || me.SessionID == "" {
		t.Errorf("me %+v", me)
	}
}
