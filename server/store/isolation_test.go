package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// superuser opens a fresh database twice: as the application, and as the
// superuser who sees behind row-level security.
func superuser(t *testing.T) (*store.DB, *pgx.Conn) {
	t.Helper()
	app, _ := storetest.URLs(t)
	db, err := store.Open(t.Context(), store.Config{URL: app, Log: slog.New(slog.DiscardHandler), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	conn, err := pgx.Connect(t.Context(), storetest.SuperURL(t, app))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return db, conn
}

// TestNoTenantReachesAnother puts one row of each of two tenants into every
// table with a tenant column and lets the one try everything on the other's.
func TestNoTenantReachesAnother(t *testing.T) {
	t.Parallel()
	db, conn := superuser(t)
	dropChecks(t, conn)
	tables, err := column(t.Context(), conn, ourTables+`select name from ours where tenant is not null order by 1`)
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables with a tenant: %v, %v", tables, err)
	}
	mine, theirs := uuid.NewString(), uuid.NewString()
	for _, table := range tables {
		m := matrix{db: db, table: table, mine: mine, theirs: theirs}
		m.describe(t, conn)
		m.plant(t, conn)
		m.attack(t, conn)
	}
	t.Logf("%d tables refuse another tenant", len(tables))
}

// dropChecks removes what would make a generated row invalid; isolation does
// not depend on it, and the database belongs to this test.
func dropChecks(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	const drop = `select format('alter table %s drop constraint if exists %I', conrelid::regclass, conname) from pg_constraint
		where contype = 'c' and coninhcount = 0 and connamespace = 'public'::regnamespace and conrelid <> 0`
	statements, err := column(t.Context(), conn, drop)
	if err != nil {
		t.Fatal(err)
	}
	const catchAll = `select format('create table %1$s_rest partition of %1$s default', oid::regclass) from pg_class
		where relkind = 'p' and not relispartition and not exists (select from pg_partitioned_table where partrelid = pg_class.oid and partdefid <> 0)`
	defaults, err := column(t.Context(), conn, catchAll) // a sample row may fall into any month
	if err != nil {
		t.Fatal(err)
	}
	// replica: no triggers, no foreign keys
	for _, s := range slices.Concat(statements, defaults, []string{`set session_replication_role = replica`}) {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// matrix is one table's row of the isolation matrix.
type matrix struct {
	db           *store.DB
	table        string
	tenant       string // the tenant column
	columns      string // those that a row must have, the tenant first
	values       string // their SQL values, without the tenant's
	mine, theirs string
}

const required = `
select a.attname, format_type(a.atttypid, null), format_type(a.atttypid, a.atttypmod), t.typtype::text, t.typcategory::text,
       coalesce((select quote_literal(enumlabel) from pg_enum where enumtypid = t.oid order by enumsortorder limit 1), '')
from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull
  and not a.atthasdef and a.attidentity = '' and a.attgenerated = '' order by a.attnum`

func (m *matrix) describe(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	m.tenant = "tenant_id"
	if m.table == "public.tenant" {
		m.tenant = "id"
	}
	rows, err := conn.Query(t.Context(), required, m.table)
	if err != nil {
		t.Fatal(err)
	}
	names, values := []string{pgx.Identifier{m.tenant}.Sanitize()}, []string{}
	var name, plain, full, kind, category, label string
	_, err = pgx.ForEachRow(rows, []any{&name, &plain, &full, &kind, &category, &label}, func() error {
		if name == m.tenant {
			return nil
		}
		value, ok := sample(plain, full, kind, category, label)
		if !ok {
			return fmt.Errorf("teach sample() a value of type %s (%s.%s)", full, m.table, name)
		}
		names, values = append(names, pgx.Identifier{name}.Sanitize()), append(values, value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.columns, m.values = strings.Join(names, ", "), strings.Join(append([]string{""}, values...), ", ")
}

// sample is an SQL value of a type.
func sample(plain, full, kind, category, label string) (string, bool) {
	switch {
	case kind == "e":
		return label, true
	case category == "A":
		return "'{}'::" + full, true
	case plain == "vector":
		dim := strings.Trim(strings.TrimPrefix(full, "vector"), "()")
		if dim == "" {
			dim = "1"
		}
		return "array_fill(0.5::real, array[" + dim + "])::vector", true
	case category == "N":
		return "1", true
	case category == "S", plain == "citext":
		return "gen_random_uuid()::text", true // unique wherever it must be
	}
	value, ok := map[string]string{
		"uuid": "gen_random_uuid()", "boolean": "false", "bytea": `'\x00'`, "jsonb": "'{}'", "json": "'{}'",
		"timestamp with time zone": "now()", "timestamp without time zone": "now()", "date": "now()", "interval": "'1 s'",
		"inet": "'127.0.0.1'", "tsvector": "''", "bit varying": "'0'",
	}[plain]
	return value, ok
}

func (m *matrix) insert(tenant string) string {
	return fmt.Sprintf("insert into %s (%s) values ('%s'%s)", m.table, m.columns, tenant, m.values)
}

func (m *matrix) plant(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for _, tenant := range []string{m.mine, m.theirs} {
		if _, err := conn.Exec(t.Context(), m.insert(tenant)); err != nil {
			t.Fatalf("plant a row in %s: %v", m.table, err)
		}
	}
}

// attack runs as tenant "mine" and expects nothing of "theirs" to be reachable.
func (m *matrix) attack(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	other := fmt.Sprintf("%s = '%s'", m.tenant, m.theirs)
	for name, sql := range map[string]string{
		"select": "select 1 from " + m.table + " where " + other,
		"lock":   "select 1 from " + m.table + " where " + other + " for update",
		"update": fmt.Sprintf("update %s set %s = %s where %s", m.table, m.tenant, m.tenant, other),
		"delete": "delete from " + m.table + " where " + other,
	} {
		if n, err := m.affected(t, m.mine, sql); err == nil && n != 0 || err != nil && !denied(err) {
			t.Errorf("%s of another tenant's row in %s: %d rows, %v", name, m.table, n, err)
		}
	}
	for name, sql := range map[string]string{
		"insert": m.insert(m.theirs),
		"move":   fmt.Sprintf("update %s set %s = '%s' where %s = '%s'", m.table, m.tenant, m.theirs, m.tenant, m.mine),
	} {
		if n, err := m.affected(t, m.mine, sql); !denied(err) {
			t.Errorf("%s into another tenant in %s: %d rows, %v; want a refusal", name, m.table, n, err)
		}
	}
	if n, err := m.affected(t, m.mine, "select 1 from "+m.table); !denied(err) && (err != nil || n != 1) {
		t.Errorf("a tenant's own rows in %s: %d, %v; want the one planted", m.table, n, err)
	}
	if n, err := m.affected(t, "", "select 1 from "+m.table); !denied(err) && (err != nil || n != 0) {
		t.Errorf("without a tenant %d rows of %s are visible, %v", n, m.table, err)
	}
	var left int
	if err := conn.QueryRow(t.Context(), "select count(*) from "+m.table).Scan(&left); err != nil || left != 2 {
		t.Errorf("%s holds %d rows after the attack, %v; want 2", m.table, left, err)
	}
}

// affected runs sql and takes it back.
func (m *matrix) affected(t *testing.T, tenant, sql string) (int64, error) {
	t.Helper()
	var tag pgconn.CommandTag
	undo := errors.New("undo")
	err := m.db.System(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `select set_config('nexus.tenant_id', $1, true), set_config('nexus.definer', 'on', true)`, tenant); err != nil {
			return err
		}
		var err error
		if tag, err = tx.Exec(t.Context(), sql); err != nil {
			return err
		}
		return undo
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return tag.RowsAffected(), err
}

// denied is insufficient_privilege: no grant, or a row that a policy refuses.
func denied(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "42501"
}
