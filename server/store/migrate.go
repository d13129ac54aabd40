package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var files embed.FS

const migrateWithin = 30 * time.Minute // a backfill on a large table

// migration is one file NNNN_topic.sql.
type migration struct {
	version int
	name    string
	sha256  string
	sql     string
}

// ErrDrift means that a migration was edited after a database had applied it.
var ErrDrift = errors.New("an applied migration has changed")

// ErrBehind means that the database lacks migrations of this program.
var ErrBehind = errors.New("the database schema is older than this program")

// Migrate brings the schema to this program's version, each file in its own
// transaction, under the owner role. Several processes may call it at once: one
// works, the others wait. Returns ErrDrift when history does not match.
func Migrate(ctx context.Context, ownerURL string, log *slog.Logger) error {
	return MigrateBelow(ctx, ownerURL, newest, log)
}

// newest is above every version.
const newest = math.MaxInt

// MigrateBelow is Migrate up to a version and without it: a database as an older
// program left it, for tests of what follows.
func MigrateBelow(ctx context.Context, ownerURL string, version int, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWithin)
	defer cancel()
	all, err := migrations()
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return translate(fmt.Errorf("connect as the schema's owner: %w", err))
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing depends on a clean goodbye
	if err := errors.Join(checkAppRole(ctx, conn), checkExtensions(ctx, conn)); err != nil {
		return err
	}
	// the lock belongs to the connection and goes with it
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtext('nexusai migrations'))`); err != nil {
		return translate(fmt.Errorf("wait for another migration: %w", err))
	}
	applied, err := appliedSums(ctx, conn)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.version >= version {
			break
		}
		if err := m.apply(ctx, conn, applied, log); err != nil {
			return err
		}
	}
	if version < newest {
		return nil
	}
	return migrateRiver(ctx, ownerURL, log) // under the same lock
}

const appRoleExists = `select exists (select from pg_roles where rolname = 'nexus_app')`

func checkAppRole(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, appRoleExists).Scan(&exists); err != nil {
		return translate(fmt.Errorf("look for the role nexus_app: %w", err))
	}
	if !exists {
		return errors.New("the database has no role nexus_app: as its administrator run `create role nexus_app login password '…' nosuperuser nobypassrls`, and give NEXUS_DATABASE_URL that role")
	}
	return nil
}

const missingExtensions = `
select coalesce(string_agg('create extension ' || w.name, '; '), '')
from unnest(array['vector', 'pg_trgm', 'unaccent', 'citext']) as w(name)
where not exists (select from pg_extension e where e.extname = w.name)
  and not exists (select from pg_available_extension_versions v where v.name = w.name and v.trusted)`

// checkExtensions names those that only an administrator can create; the first
// migration creates the others.
func checkExtensions(ctx context.Context, conn *pgx.Conn) error {
	var missing string
	if err := conn.QueryRow(ctx, missingExtensions).Scan(&missing); err != nil {
		return translate(fmt.Errorf("look for extensions: %w", err))
	}
	if missing != "" {
		return fmt.Errorf("the database lacks extensions: as its administrator run `%s` in it", missing)
	}
	var old string
	if err := conn.QueryRow(ctx, oldVector).Scan(&old); err != nil {
		return translate(fmt.Errorf("read pgvector's version: %w", err))
	}
	if old != "" {
		return fmt.Errorf("the database has pgvector %s: update it to 0.8.0 or newer", old)
	}
	return nil
}

const oldVector = `
select coalesce((select coalesce(e.extversion, v.default_version)
from pg_available_extensions v left join pg_extension e on e.extname = v.name
where v.name = 'vector' and string_to_array(coalesce(e.extversion, v.default_version), '.')::int[] < array[0, 8]), '')`

const selectApplied = `select version, sha256 from nexus_migration`

func appliedSums(ctx context.Context, q querier) (map[int]string, error) {
	sums := map[int]string{}
	var exists bool
	if err := q.QueryRow(ctx, `select to_regclass('public.nexus_migration') is not null`).Scan(&exists); err != nil {
		return nil, translate(fmt.Errorf("look for applied migrations: %w", err))
	}
	if !exists {
		return sums, nil
	}
	rows, err := q.Query(ctx, selectApplied)
	if err != nil {
		return nil, translate(fmt.Errorf("list applied migrations: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var version int
		var sum string
		if err := rows.Scan(&version, &sum); err != nil {
			return nil, fmt.Errorf("list applied migrations: %w", err)
		}
		sums[version] = sum
	}
	return sums, translate(rows.Err())
}

// querier is what a connection, a pool and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const recordApplied = `insert into nexus_migration (version, name, sha256) values ($1, $2, $3)`

func (m migration) apply(ctx context.Context, conn *pgx.Conn, applied map[int]string, log *slog.Logger) error {
	if sum, done := applied[m.version]; done {
		if sum != m.sha256 {
			return fmt.Errorf("migration %04d_%s: %w: restore its text and put the change into a new file", m.version, m.name, ErrDrift)
		}
		return nil
	}
	began := time.Now()
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, m.sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, recordApplied, m.version, m.name, m.sha256)
		return err
	})
	if err != nil {
		return translate(fmt.Errorf("apply migration %04d_%s: %w", m.version, m.name, err))
	}
	log.Info("migration applied", "version", m.version, "name", m.name, "dur_ms", time.Since(began).Milliseconds())
	return nil
}

// Current returns ErrBehind, naming what to run, when the database lacks a
// migration of this program. It needs only the application role.
func (db *DB) Current(ctx context.Context) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	applied, err := appliedSums(ctx, db.pool)
	if err != nil {
		return err
	}
	for _, m := range all {
		if _, done := applied[m.version]; !done {
			return fmt.Errorf("migration %04d_%s is missing: %w: run `nexusctl migrate` with NEXUS_DATABASE_OWNER_URL set to the role that owns the schema", m.version, m.name, ErrBehind)
		}
	}
	return nil
}

var fileName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// migrations lists the embedded files in order; numbers may have gaps.
func migrations() ([]migration, error) {
	entries, err := fs.ReadDir(files, "migrations") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var all []migration
	for _, e := range entries {
		m := fileName.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("migration %s is not named NNNN_topic.sql", e.Name())
		}
		text, err := fs.ReadFile(files, "migrations/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		version, _ := strconv.Atoi(m[1]) // four digits
		if len(all) > 0 && all[len(all)-1].version == version {
			return nil, fmt.Errorf("two migrations have the number %04d", version)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{version: version, name: m[2], sha256: hex.EncodeToString(sum[:]), sql: string(text)})
	}
	return all, nil
}

// Fingerprint changes whenever the schema that Migrate makes changes.
func Fingerprint() (string, error) {
	all, err := migrations()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, m := range all {
		fmt.Fprintf(h, "%d %s\n", m.version, m.sha256)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
