package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	createWithin    = 60 * time.Second
	provisionWithin = 30 * time.Second
	largestLog      = 10 << 20 // bytes; a longer log is put aside at the next start
)

// create runs initdb once. It works in a folder beside the data and renames it,
// so that a killed initdb leaves nothing that looks like a cluster.
func (c *Cluster) create(ctx context.Context) error {
	c.turnLog()
	if _, err := os.Stat(filepath.Join(c.place.data(), "PG_VERSION")); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for the database: %w", err)
	}
	fresh := filepath.Join(c.place.home, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove a half-made database: %w", err)
	}
	password, err := c.passwordFile()
	if err != nil {
		return err
	}
	defer os.Remove(password)
	ctx, cancel := context.WithTimeout(ctx, createWithin)
	defer cancel()
	args := []string{"-D", fresh, "-U", superRole, "--pwfile", password, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"}
	if c.cfg.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, c.build.program("initdb"), args...)
	cmd.Env = c.environment()
	c.place.runAs.as(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the database with %s: %w: %s", c.build, err, out)
	}
	if err := c.place.writeRecord(record{Build: c.build}); err != nil {
		return fmt.Errorf("record which build made the database: %w", err)
	}
	if err := os.Rename(fresh, c.place.data()); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	c.cfg.Log.Info("database made", "build", c.build.String(), "path", c.place.home)
	return nil
}

// passwordFile is the superuser's password in a file that initdb's user can read.
func (c *Cluster) passwordFile() (string, error) {
	path := filepath.Join(c.place.home, "initdb."+rand.Text())
	if err := os.WriteFile(path, []byte(c.keys.Super+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("hand the password to initdb: %w", err)
	}
	return path, c.place.runAs.own(path, 0o600)
}

// turnLog puts a long log aside; one old log is kept.
func (c *Cluster) turnLog() {
	info, err := os.Stat(c.place.logFile())
	if err == nil && info.Size() > largestLog {
		_ = os.Rename(c.place.logFile(), c.place.logFile()+".1") // the log goes on in the old file then
	}
}

// The roles' passwords are set at every start, so that a lost secret folder
// costs only new passwords for these two, and a rotated file takes effect.
const roles = `
do $$ begin
  if not exists (select from pg_roles where rolname = 'nexus_owner') then create role nexus_owner; end if;
  if not exists (select from pg_roles where rolname = 'nexus_app') then create role nexus_app; end if;
end $$`

// provision makes roles, database and extensions; it changes nothing the second time.
func (c *Cluster) provision(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, provisionWithin)
	defer cancel()
	if err := c.inside(ctx, "postgres", c.makeDatabase); err != nil {
		if wrong, ok := errors.AsType[*pgconn.PgError](err); ok && wrong.Code == "28P01" {
			return fmt.Errorf("the database in %s has other passwords than those in %s: put the folder back that was there when it was made, or start with a new data folder", c.place.home, c.place.secret)
		}
		return fmt.Errorf("prepare the database: %w", err)
	}
	if err := c.inside(ctx, database, makeExtensions); err != nil {
		return fmt.Errorf("load the database's extensions: %w", err)
	}
	return c.inside(ctx, database, c.checkSorting)
}

func (c *Cluster) inside(ctx context.Context, database string, do func(context.Context, *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.SuperURL(database))
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, conn), conn.Close(ctx))
}

func (c *Cluster) makeDatabase(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, roles); err != nil {
		return err
	}
	for role, password := range map[string]string{ownerRole: c.keys.Owner, appRole: c.keys.App} {
		// rand.Text's alphabet needs no quoting, and utility statements take no parameters
		if _, err := conn.Exec(ctx, "alter role "+role+" login nosuperuser nobypassrls nocreaterole nocreatedb password '"+password+"'"); err != nil {
			return err
		}
	}
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", database).Scan(&exists); err != nil || exists {
		return err
	}
	_, err := conn.Exec(ctx, "create database "+database+" owner "+ownerRole)
	return err
}

func makeExtensions(ctx context.Context, conn *pgx.Conn) error {
	for _, name := range []string{"vector", "pg_trgm", "unaccent", "citext"} {
		if _, err := conn.Exec(ctx, "create extension if not exists "+name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		// a newer build may bring a newer one; the same one only gives a notice
		if _, err := conn.Exec(ctx, "alter extension "+name+" update"); err != nil {
			return fmt.Errorf("update %s: %w", name, err)
		}
	}
	// pgvector below 0.8.2 overflows a buffer in parallel HNSW builds
	_, err := conn.Exec(ctx, `do $$ begin
		if (select string_to_array(extversion, '.')::int[] < array[0, 8, 2] from pg_extension where extname = 'vector') then
			alter database `+database+` set max_parallel_maintenance_workers = 0;
		else
			alter database `+database+` reset max_parallel_maintenance_workers;
		end if;
	end $$`)
	return err
}

const sortingVersion = `select coalesce(pg_collation_actual_version(oid), '') from pg_collation where collname = 'und-x-icu'`

// checkSorting refuses a build whose ICU sorts differently from the one that
// made the indexes.
func (c *Cluster) checkSorting(ctx context.Context, conn *pgx.Conn) error {
	var icu string
	if err := conn.QueryRow(ctx, sortingVersion).Scan(&icu); err != nil {
		return fmt.Errorf("read the version of the sorting rules (this PostgreSQL was built without ICU?): %w", err)
	}
	rec, err := c.place.readRecord()
	if err != nil {
		return fmt.Errorf("read which build made the database: %w", err)
	}
	if rec.ICU == "" {
		rec.ICU = icu
		return c.place.writeRecord(rec)
	}
	if rec.ICU != icu {
		return fmt.Errorf("the database in %s was made with sorting rules %s and this %s has %s: install that build again, or start with a new data folder", c.place.home, rec.ICU, c.build, icu)
	}
	return nil
}
