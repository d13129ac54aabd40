package identity_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/identity"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

const password = "correct horse battery"

// world is one tenant, served by two processes: each a service of its own over
// the same database and keys.
type world struct {
	t        *testing.T
	db       *store.DB
	here     *identity.Service
	there    *identity.Service
	tenantID string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t)}
	ring, err := secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	w.here, w.there = w.service(ring), w.service(ring)
	w.tenantID = storetest.Tenant(t, w.db)
	return w
}

func (w *world) service(ring *secret.Keyring) *identity.Service {
	w.t.Helper()
	s, err := identity.New(identity.Config{
		DB: w.db, Secrets: ring, Log: slog.New(slog.DiscardHandler), Floor: time.Millisecond,
		Cost: identity.PasswordCost{MemoryKiB: 64, Passes: 1, Threads: 1},
	})
	w.must(err)
	return s
}

func (w *world) run(services ...*identity.Service) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, s := range services {
		running.Go(func() { _ = s.Run(ctx) })
	}
	w.t.Cleanup(func() { cancel(); running.Wait() })
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
}

func (w *world) operator() httpapi.Caller { return identity.Operator(w.tenantID) }

// member adds somebody with a password and signs them in here.
func (w *world) member(email, role string) httpapi.Session {
	w.t.Helper()
	ctx := w.t.Context()
	_, phc, err := w.here.Prepare(ctx, identity.FirstOwner{Email: email, Password: password})
	w.must(err)
	_, err = w.here.Invite(ctx, w.operator(), httpapi.Invite{Email: email, Name: "Ana Example", Role: role})
	w.must(err)
	w.must(w.db.Tenant(ctx, w.tenantID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update app_user set password_hash = $1 where email = $2`, string(phc), email)
		return err
	}))
	s, err := w.here.Login(ctx, httpapi.Credentials{Email: email, Password: password, Device: httpapi.Device{ID: uuid.NewString()}})
	w.must(err)
	return s
}

func authenticate(s *identity.Service, token string) (httpapi.Caller, error) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return s.Authenticator().Authenticate(r)
}

// within polls for at most a second, the promise; it returns how long it took.
func within(t *testing.T, what string, ended func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ended() {
		if time.Since(began) > time.Second {
			t.Fatalf("%s: still alive after a second", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

func TestDisablingEndsEverythingInEveryProcessWithinASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.here, w.there)
	w.member("owner@acme.test", "owner")
	bo, other := w.member("bo@acme.test", "developer"), w.member("cy@acme.test", "member")
	caller := httpapi.Caller{TenantID: w.tenantID, UserID: bo.Me.UserID, Permissions: bo.Me.Permissions, Role: "developer", SessionID: bo.Me.SessionID}
	key, err := w.here.CreateKey(t.Context(), caller, httpapi.NewKey{Name: "ci"})
	w.must(err)

	var sockets []<-chan struct{}
	for _, s := range []*identity.Service{w.here, w.there} {
		for _, token := range []string{bo.AccessToken, key.Secret} {
			c, err := authenticate(s, token)
			w.must(err)
			ended, stop := s.Authenticator().Watch(c)
			defer stop()
			sockets = append(sockets, ended)
		}
	}
	c, err := authenticate(w.there, other.AccessToken)
	w.must(err)
	alive, stop := w.there.Authenticator().Watch(c)
	defer stop()

	yes := true
	_, err = w.here.PatchUser(t.Context(), w.operator(), bo.Me.UserID, httpapi.UserPatch{Disabled: &yes})
	w.must(err)
	for _, token := range []string{bo.AccessToken, key.Secret} {
		if _, err := authenticate(w.here, token); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("the process that did it still lets %s in: %v", token[:4], err)
		}
		took := within(t, "the other process", func() bool {
			_, err := authenticate(w.there, token)
			return fault.CodeOf(err) == fault.Unauthenticated
		})
		t.Logf("the other process refused %s after %s", token[:4], took)
	}
	for _, ended := range sockets {
		within(t, "an open socket", func() bool {
			select {
			case <-ended:
				return true
			default:
				return false
			}
		})
	}
	select {
	case <-alive:
		t.Error("somebody else's socket ended")
	default:
	}
	if _, err := authenticate(w.there, other.AccessToken); err != nil {
		t.Errorf("somebody else is refused: %v", err)
	}
}

func TestARevokedKeyAndAnEndedSessionAreForgottenElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.there)
	ana := w.member("owner@acme.test", "owner")
	key, err := w.here.CreateKey(t.Context(), w.operator(), httpapi.NewKey{Name: "ci"})
	w.must(err)
	for _, token := range []string{ana.AccessToken, key.Secret} {
		_, err := authenticate(w.there, token)
		w.must(err)
	}
	w.must(w.here.RevokeKey(t.Context(), w.operator(), key.Key.ID))
	w.must(w.here.EndSession(t.Context(), httpapi.Caller{TenantID: w.tenantID, UserID: ana.Me.UserID}, ana.Me.SessionID))
	for _, token := range []string{ana.AccessToken, key.Secret} {
		within(t, token[:4], func() bool {
			_, err := authenticate(w.there, token)
			return fault.CodeOf(err) == fault.Unauthenticated
		})
	}
}

// A transaction with an older id may commit after a newer one was seen.
func TestARevocationThatCommitsLateIsNotPassedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.there)
	ana := w.member("owner@acme.test", "owner")
	_, err := authenticate(w.there, ana.AccessToken)
	w.must(err)
	ctx := t.Context()
	slow, seen := make(chan struct{}), make(chan error, 1)
	go func() {
		seen <- w.db.Tenant(ctx, w.tenantID, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `update user_session set revoked_at = now()`); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into revocation (tenant_id, kind, subject_id) values (nexus.tenant_id(), 'session', $1)`, ana.Me.SessionID); err != nil {
				return err
			}
			slow <- struct{}{}
			<-slow
			return nil
		})
	}()
	<-slow
	for range 3 { // newer ones come and are heard of
		key, err := w.here.CreateKey(ctx, w.operator(), httpapi.NewKey{Name: "ci"})
		w.must(err)
		_, err = authenticate(w.there, key.Secret)
		w.must(err)
		w.must(w.here.RevokeKey(ctx, w.operator(), key.Key.ID))
		within(t, "a newer key", func() bool {
			_, err := authenticate(w.there, key.Secret)
			return err != nil
		})
	}
	if _, err := authenticate(w.there, ana.AccessToken); err != nil {
		t.Fatalf("refused before the commit: %v", err)
	}
	close(slow)
	w.must(<-seen)
	within(t, "the late one", func() bool {
		_, err := authenticate(w.there, ana.AccessToken)
		return err != nil
	})
}

func TestAWatchOfSomebodyWhoHasJustLeftEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.here)
	ana := w.member("owner@acme.test", "owner")
	c, err := authenticate(w.here, ana.AccessToken)
	w.must(err)
	w.must(w.db.Tenant(t.Context(), w.tenantID, func(tx pgx.Tx) error { // unannounced, as if that had been heard of already
		_, err := tx.Exec(t.Context(), `update user_session set revoked_at = now()`)
		return err
	}))
	ended, stop := w.here.Authenticator().Watch(c)
	select {
	case <-ended:
	case <-time.After(time.Second):
		t.Error("the socket stays open")
	}
	stop()
	stop()
}

func TestWithoutTheDatabaseNobodyIsBelievedForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.there.Run(ctx) }()
	ana := w.member("owner@acme.test", "owner")
	_, err := authenticate(w.there, ana.AccessToken)
	w.must(err)
	cancel() // nobody follows any more
	<-done
	w.must(w.here.EndSession(t.Context(), httpapi.Caller{TenantID: w.tenantID, UserID: ana.Me.UserID}, ana.Me.SessionID))
	within(t, "a cache that is not kept fresh", func() bool {
		_, err := authenticate(w.there, ana.AccessToken)
		return fault.CodeOf(err) == fault.Unauthenticated
	})
}

func BenchmarkAuthenticateAPIKey(b *testing.B) {
	db := storetest.Open(b)
	ring, err := secret.Load(secret.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	s, err := identity.New(identity.Config{DB: db, Secrets: ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	key, err := s.CreateKey(ctx, identity.Operator(storetest.Tenant(b, db)), httpapi.NewKey{Name: "ci"})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+key.Secret)
	for b.Loop() {
		if _, err := s.Authenticator().Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	<-done
}
