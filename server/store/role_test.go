package store_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

func TestOpenRefusesRolesBeyondRowLevelSecurity(t *testing.T) {
	t.Parallel()
	app, owner := storetest.URLs(t)
	super := storetest.SuperURL(t, app)
	// roles belong to the cluster, which other tests share: the name is this test's own
	makeRoles(t, super, `drop role if exists refuse_bypass; create role refuse_bypass login bypassrls password 'x'`,
		`drop role if exists refuse_heir; create role refuse_heir login password 'x' in role nexus_owner`)
	for name, c := range map[string]struct{ url, want string }{
		"superuser":     {super, "is a superuser"},
		"table owner":   {owner, "owns tables"},
		"BYPASSRLS":     {as(app, "refuse_bypass"), "has BYPASSRLS"},
		"owner's child": {as(app, "refuse_heir"), "owns tables"},
	} {
		db, err := store.Open(t.Context(), store.Config{URL: c.url, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			db.Close()
		}
		if !errors.Is(err, store.ErrPrivileged) || !strings.Contains(fault.Cause(err), c.want) {
			t.Errorf("%s: got %v, want a refusal that says %q", name, err, c.want)
		}
	}
}

func makeRoles(t *testing.T, super string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), super)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// as replaces user and password in a connection URL.
func as(address, role string) string {
	_, rest, _ := strings.Cut(address, "@")
	return "postgres://" + role + ":x@" + rest
}

func TestOpenOfAnUnreachableDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	address := "postgres://nexus_app:hunter2@/nexus?host=" + t.TempDir()
	_, err := store.Open(t.Context(), store.Config{URL: address, Log: slog.New(slog.DiscardHandler)})
	if fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v, want %s", err, fault.Unavailable)
	}
	if strings.Contains(fault.Cause(err), "hunter2") {
		t.Errorf("the cause shows the password: %s", fault.Cause(err))
	}
	if _, err := store.Open(t.Context(), store.Config{URL: "postgres://u:hunter2@[bad", Log: slog.New(slog.DiscardHandler)}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a URL that cannot be read: %v; want an error without the password", err)
	}
}
