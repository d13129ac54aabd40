package tenant_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

func TestNew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, slug, want string }{
		{"Acme", "", "acme"},
		{"Acme GmbH, São Paulo", "", "acme-gmbh-sao-paulo"},
		{"  --Ünï  code!! ", "", "uni-code"},
		{"Acme", "other", "other"},
		{strings.Repeat("a b", 60), "", strings.TrimRight(slugged(60), "-")},
		{"日本", "", "!"},
		{"日本", "nihon", "nihon"},
		{"", "", "!"},
		{"a\x00b", "", "!"},
		{"Acme", "Bad Slug", "!"},
		{"Acme", "-x", "!"},
	} {
		got, err := tenant.New(tt.name, tt.slug)
		if tt.want == "!" {
			if fault.CodeOf(err) != fault.BadRequest {
				t.Errorf("%q: %v", tt.name, err)
			}
			continue
		}
		if err != nil || got.Slug != tt.want {
			t.Errorf("%q: slug %q, want %q (%v)", tt.name, got.Slug, tt.want, err)
		}
	}
}

// slugged is the slug of n times "a b": 63 characters of "a-ba-ba-b…".
func slugged(n int) string { return ("a" + strings.Repeat("-ba", n))[:63] }

func FuzzSlug(f *testing.F) {
	f.Add("Acme GmbH, São Paulo")
	f.Add(strings.Repeat("x-", 70))
	form := regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$`)
	f.Fuzz(func(t *testing.T, name string) {
		if slug := tenant.Slug(name); !form.MatchString(slug) {
			t.Errorf("%q became %q", name, slug)
		}
	})
}

func TestInsertFindAndRefuseATakenSlug(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	insert := func(slug string) (tenant.Tenant, error) {
		one, err := tenant.New("Acme", slug)
		if err != nil {
			t.Fatal(err)
		}
		return one, db.Tenant(t.Context(), one.ID, func(tx pgx.Tx) error { return tenant.Insert(t.Context(), tx, one) })
	}
	first, err := insert("acme")
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if _, err := insert("acme"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a taken slug: %v", err)
	}
	if _, err := insert("other"); err != nil {
		t.Fatal(fault.Cause(err))
	}
	if got, err := tenant.BySlug(t.Context(), db, "ACME"); err != nil || got.ID != first.ID {
		t.Errorf("by slug: %+v (%v)", got, err)
	}
	if _, err := tenant.BySlug(t.Context(), db, "nobody"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("unknown slug: %v", err)
	}
	if all, err := tenant.All(t.Context(), db); err != nil || len(all) != 2 {
		t.Errorf("all: %+v (%v)", all, err)
	}
}
