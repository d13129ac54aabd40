package api_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/identity"
)

func operator(of team) httpapi.Caller { return identity.Operator(of.id) }

func (w *world) key(token string, n httpapi.NewKey) httpapi.CreatedKey {
	w.t.Helper()
	return decode[httpapi.CreatedKey](w.call(token, "POST", "/api/admin/keys", n).want(201))
}

func TestAKeyIsShownOnceAndWorksUntilRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci"})
	if !regexp.MustCompile(`^nxs_live_[0-9A-Za-z]{49}$`).MatchString(made.Secret) || !strings.HasPrefix(made.Secret, made.Key.Prefix) || len(made.Key.Prefix) != 15 {
		t.Errorf("key %+v", made)
	}
	if made.Key.CreatedBy != "Owner Example" || made.Key.Scopes[0] != "models.use" {
		t.Errorf("key %+v", made.Key)
	}
	list := w.call(w.acme.owner, "GET", "/api/admin/keys", nil).want(200, made.Key.Prefix)
	if strings.Contains(list.Body.String(), made.Secret) {
		t.Error("the list shows the secret")
	}
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(200)
	typo := []byte(made.Secret)
	typo[20] ^= 1
	w.call(string(typo), "GET", "/api/auth/me", nil).want(401)
	w.call(w.acme.owner, "DELETE", "/api/admin/keys/"+made.Key.ID, nil).want(204)
	w.call(w.acme.owner, "DELETE", "/api/admin/keys/"+made.Key.ID, nil).want(204)
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(401)
	w.call(w.acme.owner, "GET", "/api/admin/keys", nil).want(200, "revoked_at")
	trail := w.call(w.acme.owner, "GET", "/api/admin/audit?action=key", nil).want(200, "key.created", "key.revoked", made.Key.Prefix)
	if strings.Contains(trail.Body.String(), made.Secret) || strings.Count(trail.Body.String(), "key.revoked") != 1 {
		t.Errorf("trail %s", trail.Body)
	}
	w.call(w.acme.owner, "GET", "/api/admin/audit/verify", nil).want(200, `"ok":true`)
}

func TestNothingSecretIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci"})
	s, _ := w.signIn()
	link := w.invite("bo@acme.test")
	ticket := decode[httpapi.Ticket](w.call(w.acme.owner, "POST", "/api/auth/ticket", nil).want(200)).Ticket
	var dump strings.Builder
	w.must(w.db.TenantRead(t.Context(), w.acme.id, func(tx pgx.Tx) error {
		for _, table := range []string{"app_user", "user_session", "one_time_link", "socket_ticket", "api_key", "revocation", "audit_entry"} {
			rows, err := tx.Query(t.Context(), `select x::text from `+table+` x`)
			if err != nil {
				return err
			}
			texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			dump.WriteString(strings.Join(texts, "\n"))
		}
		return nil
	}))
	for name, secret := range map[string]string{
		"key": made.Secret[20:], "access token": s.AccessToken[10:], "refresh token": s.RefreshToken[60:], "link": token(t, link.URL)[30:], "ticket": ticket[30:], "password": password,
	} {
		if strings.Contains(dump.String(), secret) {
			t.Errorf("the database holds a %s", name)
		}
	}
}

func TestAKeyExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	soon := w.clock.now().Add(time.Hour)
	made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci", ExpiresAt: &soon})
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(200)
	w.clock.advance(time.Hour)
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(401)
}

func TestAKeyCannotDoWhatItsMakerCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	dev := w.join(w.acme, "dev@acme.test", "developer")
	made := w.key(dev.AccessToken, httpapi.NewKey{Name: "dev", Scopes: []string{"logs.read", "models.use"}})
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(200, "logs.read")
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+dev.Me.UserID, `{"role":"member"}`).want(200)
	got := w.call(made.Secret, "GET", "/api/auth/me", nil).want(200, "models.use")
	if strings.Contains(got.Body.String(), "logs.read") {
		t.Errorf("the key keeps what its maker lost: %s", got.Body)
	}
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+dev.Me.UserID, `{"disabled":true}`).want(200)
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(401)
	w.call(w.acme.owner, "PATCH", "/api/admin/users/"+dev.Me.UserID, `{"disabled":false}`).want(200)
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(200)
}

func TestMalformedKeysAndOtherPeoplesKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dev := w.join(w.acme, "dev@acme.test", "developer")
	owners := w.key(w.acme.owner, httpapi.NewKey{Name: "ci"}).Key.ID
	own := w.key(dev.AccessToken, httpapi.NewKey{Name: "own"}).Key.ID
	past := w.clock.now().Add(-time.Second)
	for _, tt := range []struct {
		name, method, path string
		body               any
		status             int
	}{
		{"no name", "POST", "", `{"name":""}`, 422},
		{"spaces for a name", "POST", "", `{"name":"   "}`, 400},
		{"NUL in the name", "POST", "", `{"name":"a\u0000"}`, 400},
		{"unknown scope", "POST", "", `{"name":"x","scopes":["users.write"]}`, 422},
		{"expired already", "POST", "", httpapi.NewKey{Name: "x", ExpiresAt: &past}, 400},
		{"malformed time", "POST", "", `{"name":"x","expires_at":"soon"}`, 422},
		{"unknown", "DELETE", "/" + uuid.NewString(), nil, 404},
		{"malformed id", "DELETE", "/x", nil, 422},
		{"somebody else's", "DELETE", "/" + owners, nil, 403},
		{"their own", "DELETE", "/" + own, nil, 204},
	} {
		if got := w.call(dev.AccessToken, tt.method, "/api/admin/keys"+tt.path, tt.body); got.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.Code, got.Body, tt.status)
		}
	}
}

func TestLastUseIsWrittenBehindTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := w.background()
	made, err := w.svc.CreateKey(t.Context(), operator(w.acme), httpapi.NewKey{Name: "ci"})
	w.must(err)
	w.call(made.Secret, "GET", "/api/auth/me", nil).want(200)
	stop() // the last uses are written when the service ends
	<-ctx.Done()
	for _, k := range decode[[]httpapi.Key](w.call(w.acme.owner, "GET", "/api/admin/keys", nil).want(200)) {
		if k.UsedAt == nil || !k.UsedAt.Equal(w.clock.now()) || k.CreatedBy != "operator" {
			t.Errorf("key %+v", k)
		}
	}
}

func TestAKeyThatTakesOldAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, wants := range []bool{true, false} {
		made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci", Cache: wants})
		r := httptest.NewRequest("POST", "/v1/chat/completions", nil)
		r.Header.Set("Authorization", "Bearer "+made.Secret)
		caller, err := w.svc.Authenticator().Authenticate(r)
		if err != nil || caller.Cache != wants || made.Key.Cache != wants {
			t.Errorf("caller %+v of %+v %v", caller, made.Key, err)
		}
	}
	w.call(w.acme.owner, "GET", "/api/admin/keys", nil).want(200, `"cache":true`)
	w.call(w.acme.owner, "GET", "/api/admin/audit?action=key", nil).want(200, `"cache":"use"`)
}

func TestAKeyWhoseContentsAreNeverKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, wants := range []bool{true, false} {
		made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci", Private: wants})
		r := httptest.NewRequest("POST", "/v1/chat/completions", nil)
		r.Header.Set("Authorization", "Bearer "+made.Secret)
		caller, err := w.svc.Authenticator().Authenticate(r)
		if err != nil || caller.Private != wants || made.Key.Private != wants {
			t.Errorf("caller %+v of %+v %v", caller, made.Key, err)
		}
	}
	w.call(w.acme.owner, "GET", "/api/admin/keys", nil).want(200, `"private":true`)
	w.call(w.acme.owner, "GET", "/api/admin/audit?action=key", nil).want(200, `"private":"yes"`)
}

func TestAKeysListOfModels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci", Models: []string{" fast ", "vendor/*", "fast"}})
	if got := strings.Join(made.Key.Models, " "); got != "fast vendor/*" {
		t.Errorf("models %q", got)
	}
	r := httptest.NewRequest("GET", "/v1/models", nil)
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	caller, err := w.svc.Authenticator().Authenticate(r)
	if err != nil || strings.Join(caller.Models, " ") != "fast vendor/*" {
		t.Errorf("caller %+v %v", caller, err)
	}
	w.call(w.acme.owner, "GET", "/api/admin/keys", nil).want(200, `"models":["fast","vendor/*"]`)
	w.call(w.acme.owner, "GET", "/api/admin/audit?action=key", nil).want(200, `"models":"fast, vendor/*"`)
	w.call(w.acme.owner, "POST", "/api/admin/keys", httpapi.NewKey{Name: "x", Models: []string{"a\x00"}}).want(400, "body.models")
	w.call(w.acme.owner, "POST", "/api/admin/keys", httpapi.NewKey{Name: "x", Models: []string{" "}}).want(400, "body.models")
}

func TestAKeysListOfModelsIsChangedForItsNextCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	made := w.key(w.acme.owner, httpapi.NewKey{Name: "ci", Models: []string{"fast"}})
	path := "/api/admin/keys/" + made.Key.ID
	models := func() string {
		r := httptest.NewRequest("GET", "/v1/models", nil)
		r.Header.Set("Authorization", "Bearer "+made.Secret)
		caller, err := w.svc.Authenticator().Authenticate(r)
		w.must(err)
		return strings.Join(caller.Models, " ")
	}
	if got := models(); got != "fast" {
		t.Fatalf("models %q", got)
	}
	changed := decode[httpapi.Key](w.call(w.acme.owner, "PATCH", path, `{"models":["deep "," vendor/*"],"name":"nightly"}`).want(200))
	if changed.Name != "nightly" || strings.Join(changed.Models, " ") != "deep vendor/*" || changed.CreatedBy != "Owner Example" || changed.Cache {
		t.Errorf("changed %+v", changed)
	}
	if got := models(); got != "deep vendor/*" {
		t.Errorf("it may use %q", got)
	}
	w.call(w.acme.owner, "PATCH", path, `{"cache":true}`).want(200, `"cache":true`, `"models":["deep","vendor/*"]`)
	w.call(w.acme.owner, "PATCH", path, `{"models":[]}`).want(200, `"models":[]`, `"cache":true`)
	if got := models(); got != "" {
		t.Errorf("it may use %q, not any", got)
	}
	w.call(w.acme.owner, "GET", "/api/admin/audit?action=key", nil).want(200, "key.changed", `"models":"deep, vendor/*"`, `"models":"any"`)

	w.call(w.acme.owner, "PATCH", path, `{"models":["a\u0000"]}`).want(400, "body.models")
	w.call("", "PATCH", path, `{"name":"x"}`).want(401)
	w.call(w.beta.owner, "PATCH", path, `{"name":"x"}`).want(404)
	dev := w.join(w.acme, "dev@acme.test", "developer").AccessToken
	w.call(dev, "PATCH", path, `{"models":[]}`).want(403)
	own := w.key(dev, httpapi.NewKey{Name: "own"}).Key.ID
	w.call(dev, "PATCH", "/api/admin/keys/"+own, `{"name":"mine"}`).want(200, "mine")
	w.call(w.acme.owner, "DELETE", path, nil).want(204)
	w.call(w.acme.owner, "PATCH", path, `{"name":"x"}`).want(409)
}
