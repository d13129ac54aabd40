package store_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"nexusai/server/store"
)

// TestBrokenSchemasAreNoticed breaks each rule once: a check that cannot fail
// proves nothing.
func TestBrokenSchemasAreNoticed(t *testing.T) {
	t.Parallel()
	const good = `create table sound (tenant_id uuid not null references tenant, id uuid, name text, primary key (tenant_id, id));
		select nexus.protect('sound');`
	for name, c := range map[string]struct{ sql, want string }{
		"sound":                {good, ""},
		"no tenant column":     {`create table bad (id uuid primary key)`, "listed in isolation_exempt.go with a reason: public.bad"},
		"nullable tenant":      {good + `create table bad (tenant_id uuid, id uuid primary key)`, "not null: public.bad"},
		"unprotected":          {`create table bad (tenant_id uuid not null, id uuid, primary key (tenant_id, id))`, "enabled and forced: public.bad"},
		"not forced":           {good + `alter table sound no force row level security`, "enabled and forced: public.sound"},
		"another policy":       {good + `create policy wide on sound using (true)`, "two of nexus.protect: public.sound"},
		"policy always true":   {good + `alter policy tenant on sound using (true)`, "two of nexus.protect: public.sound"},
		"definer for everyone": {good + `alter policy definer on sound to public`, "two of nexus.protect: public.sound"},
		"key without tenant":   {`create table bad (tenant_id uuid not null, id uuid primary key); select nexus.protect('bad')`, "include the tenant: public.bad (bad_pkey)"},
		"unique index":         {good + `create unique index loose on sound (name)`, "include the tenant: public.sound (loose)"},
		"no key":               {`create table bad (tenant_id uuid not null); select nexus.protect('bad')`, "primary key: public.bad"},
		"foreign key": {good + `alter table sound add unique (id, tenant_id); create table bad (tenant_id uuid not null, id uuid, s uuid, t uuid, primary key (tenant_id, id),
			foreign key (s, t) references sound (id, tenant_id)); select nexus.protect('bad')`, "pair tenant with tenant: public.bad"},
		"truncate": {good + `grant truncate on sound to nexus_app`, "may not truncate, reference or own: public.sound"},
		"partition": {`create table bad (tenant_id uuid not null, at timestamptz, primary key (tenant_id, at)) partition by range (at); select nexus.protect('bad');
			create table bad_1 partition of bad default; grant select on bad_1 to nexus_app`, "partitions are closed to nexus_app, which goes through the parent: bad_1"},
		"view":             {good + `create view peek as select * from sound; grant select on peek to nexus_app`, "reader's rights: peek"},
		"definer function": {`create function nexus.peek() returns bigint language sql security definer as 'select count(*) from public.tenant'`, "say why, pin their search path and are closed to the public: nexus.peek()"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, conn := superuser(t)
			before, err := checkSchema(t.Context(), conn, store.Exempt())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "set role nexus_owner; "+c.sql+"; reset role"); err != nil {
				t.Fatal(err)
			}
			broken, err := checkSchema(t.Context(), conn, store.Exempt())
			if err != nil {
				t.Fatal(err)
			}
			broken = slices.DeleteFunc(broken, func(b string) bool { return slices.Contains(before, b) })
			found := strings.Join(broken, "\n")
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("found:\n%s\nwant: %q", found, c.want)
			}
		})
	}
}

func TestStaleExemptionIsNoticed(t *testing.T) {
	t.Parallel()
	_, conn := superuser(t)
	exempt := maps.Clone(store.Exempt())
	exempt["public.gone"] = "no longer there"
	broken, err := checkExempt(t.Context(), conn, exempt)
	if err != nil || !slices.Contains(broken, "an exempt table exists: public.gone") {
		t.Errorf("got %v, %v; want the stale entry", broken, err)
	}
}
