package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store"
)

// Each query lists the offenders of one rule over the whole live schema, so a
// new migration is checked without anybody writing a test for it.
// relispartition tables are reached through their parent and have a rule of their own.
const ourTables = `
with ours as (
  select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity, c.relforcerowsecurity,
         (select attnum from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
            and a.attname = case when n.nspname || '.' || c.relname = 'public.tenant' then 'id' else 'tenant_id' end) as tenant
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'
) `

var rules = []struct{ rule, offenders string }{
	{"the tenant column is a uuid and not null", ourTables + `
	  select o.name from ours o join pg_attribute a on a.attrelid = o.oid and a.attnum = o.tenant
	  where not a.attnotnull or a.atttypid <> 'uuid'::regtype`},
	{"row-level security is enabled and forced", ourTables + `
	  select name from ours where tenant is not null and not (relrowsecurity and relforcerowsecurity)`},
	{"the policies are the two of nexus.protect", ourTables + `
	  select o.name from ours o where tenant is not null and (
	    select coalesce(string_agg(format('%s|%s|%s|%s|%s|%s', p.polname, p.polcmd, p.polpermissive,
	             case when p.polroles = '{0}' then 'all' else (select string_agg((r = c.relowner)::text, ',') from unnest(p.polroles) r) end,
	             pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), ' ' order by p.polname), '')
	    from pg_policy p join pg_class c on c.oid = p.polrelid where p.polrelid = o.oid
	  ) <> (select format('definer|*|t|true|nexus.elevated()|nexus.elevated() tenant|*|t|all|(%s = nexus.tenant_id())|(%s = nexus.tenant_id())', a.attname, a.attname)
	        from pg_attribute a where a.attrelid = o.oid and a.attnum = o.tenant)`},
	{"there is a primary key", ourTables + `
	  select name from ours o where tenant is not null
	    and not exists (select from pg_index i where i.indrelid = o.oid and i.indisprimary)`},
	{"primary and unique keys include the tenant", ourTables + `
	  select o.name || ' (' || i.indexrelid::regclass || ')' from ours o join pg_index i on i.indrelid = o.oid
	  where tenant is not null and i.indisunique and o.name <> 'public.tenant' and not (o.tenant = any (i.indkey))`},
	{"foreign keys pair tenant with tenant", ourTables + `
	  select o.name || ' (' || k.conname || ')' from ours o join pg_constraint k on k.conrelid = o.oid and k.contype = 'f'
	    join ours f on f.oid = k.confrelid
	  where o.tenant is not null and k.conparentid = 0 and not exists (
	    select from unnest(k.conkey, k.confkey) as u(mine, theirs) where u.mine = o.tenant and u.theirs = f.tenant)`},
	{"nexus_app may not truncate, reference or own", ourTables + `
	  select name from ours o join pg_class c on c.oid = o.oid
	  where name !~ '^river\.' and (has_table_privilege('nexus_app', o.oid, 'truncate') or has_table_privilege('nexus_app', o.oid, 'references')
	     or has_table_privilege('nexus_app', o.oid, 'trigger') or pg_has_role('nexus_app', c.relowner, 'member'))`},
	{"partitions are closed to nexus_app, which goes through the parent", `
	  select c.oid::regclass::text from pg_class c where c.relispartition and c.relkind in ('r', 'p')
	    and (has_table_privilege('nexus_app', c.oid, 'select, insert, update, delete') or not c.relrowsecurity)`},
	{"views run with the reader's rights", `
	  select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
	  where n.nspname in ('public', 'nexus') and c.relkind in ('v', 'm')
	    and not coalesce(c.reloptions @> '{security_invoker=true}' or c.reloptions @> '{security_invoker=on}', false)
	    and has_table_privilege('nexus_app', c.oid, 'select')
	    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`},
	{"security definer functions say why, pin their search path and are closed to the public", `
	  select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
	  where p.prosecdef and n.nspname !~ '^pg_' and (
	    coalesce(obj_description(p.oid, 'pg_proc'), '') = '' or n.nspname <> 'nexus'
	    or not exists (select from unnest(p.proconfig) s where s ~ '^search_path=.*pg_temp$')
	    or has_function_privilege('public', p.oid, 'execute'))`},
}

// checkSchema returns "rule: offender" for everything in the database that
// breaks a rule of tenant isolation.
func checkSchema(ctx context.Context, conn *pgx.Conn, exempt map[string]string) ([]string, error) {
	var broken []string
	for _, r := range rules {
		names, err := column(ctx, conn, r.offenders)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.rule, err)
		}
		for _, name := range names {
			broken = append(broken, r.rule+": "+name)
		}
	}
	unlisted, err := checkExempt(ctx, conn, exempt)
	return append(broken, unlisted...), err
}

func checkExempt(ctx context.Context, conn *pgx.Conn, exempt map[string]string) ([]string, error) {
	without, err := column(ctx, conn, ourTables+`select name from ours where tenant is null or name = 'public.tenant' order by 1`)
	if err != nil {
		return nil, err
	}
	var broken []string
	used := map[string]bool{}
	for _, name := range without {
		key := name
		if _, ok := exempt[key]; !ok {
			key = schemaOf(name) + ".*"
		}
		if exempt[key] == "" {
			broken = append(broken, "a table without a tenant column is listed in isolation_exempt.go with a reason: "+name)
		}
		used[key] = true
	}
	for key := range exempt {
		if !used[key] {
			broken = append(broken, "an exempt table exists: "+key)
		}
	}
	slices.Sort(broken)
	return broken, nil
}

func schemaOf(table string) string {
	for i, r := range table {
		if r == '.' {
			return table[:i]
		}
	}
	return table
}

func column(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]string, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func TestSchemaKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	_, conn := superuser(t)
	broken, err := checkSchema(t.Context(), conn, store.Exempt())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}
