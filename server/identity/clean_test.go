package identity_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/identity"
	"nexusai/server/store/storetest"
)

func TestCleanRemovesOnlyWhatIsLongOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.member("owner@acme.test", "owner")
	caller := httpapi.Caller{TenantID: w.tenantID, UserID: ana.Me.UserID, SessionID: ana.Me.SessionID}
	_, err := w.here.Ticket(t.Context(), caller)
	w.must(err)
	_, err = w.here.SignInLink(t.Context(), w.operator(), ana.Me.UserID, identity.ConsoleLink)
	w.must(err)
	bo := w.member("bo@acme.test", "member")
	w.must(w.here.EndAllSessions(t.Context(), w.operator(), bo.Me.UserID))
	if _, err := w.here.Login(t.Context(), httpapi.Credentials{Email: "bo@acme.test", Password: "wrong horse", Device: httpapi.Device{ID: ana.Me.SessionID}}); fault.CodeOf(err) != fault.Unauthenticated {
		t.Fatal(err)
	}
	counts := func() map[string]int {
		out := map[string]int{}
		w.must(w.db.Tenant(t.Context(), w.tenantID, func(tx pgx.Tx) error {
			for _, table := range []string{"user_session", "one_time_link", "socket_ticket", "revocation", "sign_in_attempt"} {
				var n int
				if err := tx.QueryRow(t.Context(), `select count(*) from `+table).Scan(&n); err != nil {
					return err
				}
				out[table] = n
			}
			return nil
		}))
		return out
	}
	before := counts()
	w.must(w.here.Clean(t.Context()))
	if after := counts(); after["user_session"] != before["user_session"] || after["one_time_link"] != before["one_time_link"] ||
		after["socket_ticket"] != 1 || after["revocation"] != before["revocation"] || after["sign_in_attempt"] != before["sign_in_attempt"] {
		t.Errorf("what is fresh went: %v, was %v", after, before)
	}
	w.must(w.db.Tenant(t.Context(), w.tenantID, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`update user_session set revoked_at = revoked_at - interval '31 days'`, `update one_time_link set expires_at = now() - interval '31 days'`,
			`update socket_ticket set expires_at = now() - interval '1 second'`, `update revocation set at = now() - interval '2 hours'`,
			`update sign_in_attempt set last_at = now() - interval '25 hours'`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	}))
	w.must(w.here.Clean(t.Context()))
	after := counts()
	if after["user_session"] != 1 || after["one_time_link"] != 0 || after["socket_ticket"] != 0 || after["revocation"] != 0 || after["sign_in_attempt"] != 0 {
		t.Errorf("left: %v", after)
	}
	if _, err := authenticate(w.here, ana.AccessToken); err != nil {
		t.Errorf("a session in use went: %v", err)
	}
}

func TestAnotherTenantsIDsAreNotThere(t *testing.T) {
	t.Parallel()
	a := newWorld(t)
	other := *a // two tenants, one server
	b := &other
	b.tenantID = storetest.Tenant(t, a.db)
	ana := a.member("owner@acme.test", "owner")
	b.member("owner@beta.test", "owner")
	key, err := a.here.CreateKey(t.Context(), a.operator(), httpapi.NewKey{Name: "ci"})
	a.must(err)
	for name, err := range map[string]error{
		"reset": second(a.here.ResetLink(t.Context(), b.operator(), ana.Me.UserID)),
		"link":  second(a.here.SignInLink(t.Context(), b.operator(), ana.Me.UserID, identity.ConsoleLink)),
		"key":   a.here.RevokeKey(t.Context(), b.operator(), key.Key.ID),
		"end":   a.here.EndSession(t.Context(), httpapi.Caller{TenantID: b.tenantID, UserID: ana.Me.UserID}, ana.Me.SessionID),
		"all":   a.here.EndAllSessions(t.Context(), b.operator(), ana.Me.UserID),
	} {
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := authenticate(a.here, ana.AccessToken); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestOneOwnerIsLeftHoweverTheyMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owners := []string{w.member("ana@acme.test", "owner").Me.UserID, w.member("bo@acme.test", "owner").Me.UserID}
	yes, no := true, false
	for range 15 {
		var codes [2]fault.Code
		var both sync.WaitGroup
		for i, id := range owners {
			both.Go(func() {
				_, err := w.here.PatchUser(t.Context(), w.operator(), id, httpapi.UserPatch{Disabled: &yes})
				codes[i] = fault.CodeOf(err)
			})
		}
		both.Wait()
		if codes[0] == codes[1] || codes[0] != fault.Conflict && codes[1] != fault.Conflict {
			t.Fatalf("both were answered %q and %q", codes[0], codes[1])
		}
		for _, id := range owners {
			_, err := w.here.PatchUser(t.Context(), w.operator(), id, httpapi.UserPatch{Disabled: &no})
			w.must(err)
		}
	}
}
