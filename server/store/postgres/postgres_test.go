package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/disktest"
	"nexusai/server/store/postgres"
)

// tempDir is one that PostgreSQL's user can enter when the tests run as root,
// and short enough for a socket: t.TempDir is neither.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "nxpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, dir string, builds []postgres.Build) *postgres.Cluster {
	t.Helper()
	c, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Builds: builds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	return c
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// need is one kind's builds, or the sentence that says how to get it.
func need(t *testing.T, kind postgres.Kind) []postgres.Build {
	t.Helper()
	builds := postgres.FindBundle()
	if kind == postgres.System {
		builds = postgres.FindSystem()
	}
	if len(builds) == 0 {
		t.Fatalf("no PostgreSQL of kind %q with pgvector on this machine: run build/setup/postgres.sh %s", kind, map[postgres.Kind]string{postgres.Bundle: "bundle", postgres.System: "deb"}[kind])
	}
	return builds
}

func TestBothKindsStartAndKeepTheirPromises(t *testing.T) {
	t.Parallel()
	for _, kind := range []postgres.Kind{postgres.Bundle, postgres.System} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			began := time.Now()
			c := start(t, dir, need(t, kind))
			t.Logf("first start of %s: %d ms", c.Build(), time.Since(began).Milliseconds())
			if !c.Ready() {
				t.Error("started and not ready")
			}
			checkServer(t, c)
			checkPrivacy(t, dir)
			conn := connect(t, c.OwnerURL())
			if _, err := conn.Exec(t.Context(), `create table kept (v text); insert into kept values ('here')`); err != nil {
				t.Fatal(err)
			}
			if err := c.Stop(); err != nil || c.Ready() || c.PID() != 0 {
				t.Fatalf("after Stop: err %v, ready %v, pid %d", err, c.Ready(), c.PID())
			}
			began = time.Now()
			again := start(t, dir, need(t, kind))
			t.Logf("second start: %d ms", time.Since(began).Milliseconds())
			var v string
			if err := connect(t, again.OwnerURL()).QueryRow(t.Context(), `select v from kept`).Scan(&v); err != nil || v != "here" {
				t.Errorf("after a restart: %q, %v", v, err)
			}
		})
	}
}

func checkServer(t *testing.T, c *postgres.Cluster) {
	t.Helper()
	app, super := connect(t, c.AppURL()), connect(t, c.SuperURL("nexus"))
	for sql, want := range map[string]string{
		`show data_checksums`:          "on",
		`show listen_addresses`:        "",
		`show password_encryption`:     "scram-sha-256",
		`show unix_socket_permissions`: "0777",
		`show fsync`:                   "on",
		`show full_page_writes`:        "on",
		`show synchronous_commit`:      "on",
		`select current_user`:          "nexus_app",
		`select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication from pg_roles where rolname = current_user`: "f",
		`select count(*) from pg_extension where extname in ('vector', 'pg_trgm', 'unaccent', 'citext')`:                               "4",
		`select string_agg(x, ',' order by x collate "pt-BR-x-icu") from (values ('zebra'), ('Ávila'), ('abacate'), ('água')) v(x)`:    "abacate,água,Ávila,zebra",
		`select datcollate from pg_database where datname = 'nexus'`:                                                                   "C.UTF-8",
		`select pg_get_userbyid(datdba) from pg_database where datname = 'nexus'`:                                                      "nexus_owner",
	} {
		var got string
		if err := app.QueryRow(t.Context(), `select ($1::text)`, "").Scan(&got); err != nil {
			t.Fatal(err)
		}
		rows, err := app.Query(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for rows.Next() {
			got = string(rows.RawValues()[0])
		}
		if rows.Err() != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", sql, got, rows.Err(), want)
		}
	}
	var open int
	const guarded = `select (current_setting('max_parallel_maintenance_workers') = '0') = (string_to_array(extversion, '.')::int[] < array[0, 8, 2]) from pg_extension where extname = 'vector'`
	var ok bool
	if err := app.QueryRow(t.Context(), guarded).Scan(&ok); err != nil || !ok {
		t.Errorf("parallel index builds are not limited to pgvectors that bear them: %v", err)
	}
	if err := super.QueryRow(t.Context(), `select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'`).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d ways in need no password, %v", open, err)
	}
}

func checkPrivacy(t *testing.T, dir string) {
	t.Helper()
	for path, want := range map[string]os.FileMode{
		"pg": 0o700, "pg/data": 0o700, "pg/run": 0o700, "secret": 0o700, "secret/postgres.json": 0o600, "pg/postgres.log": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v; want %v", path, info.Mode().Perm(), err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "pg", "initdb.*")); len(left) > 0 {
		t.Errorf("the superuser's password is still in %v", left)
	}
}

func TestUserTextStaysOutOfTheLog(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	conn := connect(t, start(t, dir, need(t, postgres.Bundle)).OwnerURL())
	if _, err := conn.Exec(t.Context(), `create table u (v text unique)`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, _ = conn.Exec(t.Context(), `insert into u values ($1)`, "ana private text") // the second breaks the constraint
	}
	_, _ = conn.Exec(t.Context(), `select 'ana private text'::int`)
	log, err := os.ReadFile(filepath.Join(dir, "pg", "postgres.log"))
	if err != nil || !bytes.Contains(log, []byte("ready to accept connections")) {
		t.Fatalf("the log misses the server's own words: %v", err)
	}
	if bytes.Contains(log, []byte("ana private")) {
		t.Errorf("the log holds user text: %s", log)
	}
}

func TestAnotherBuildIsRefusedWithTheWayOut(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	start(t, dir, need(t, postgres.Bundle)).Stop()
	_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Builds: need(t, postgres.System)})
	if err == nil || !strings.Contains(err.Error(), "install that build again, or start with a new data folder") {
		t.Errorf("got %v, want a refusal that says what to do", err)
	}
	both := append(need(t, postgres.System), need(t, postgres.Bundle)...)
	if c := start(t, dir, both); c.Build().Kind != postgres.Bundle {
		t.Errorf("opened by %s, want the build that made it", c.Build())
	}
}

func TestNoPostgresIsOneSentence(t *testing.T) {
	t.Parallel()
	_, err := postgres.Start(t.Context(), postgres.Config{Dir: tempDir(t), Log: slog.New(slog.DiscardHandler), Builds: []postgres.Build{}})
	if err == nil || !strings.Contains(err.Error(), "make setup") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one sentence that says what to do", err)
	}
}

func TestSortingRulesOfAnotherICUAreRefused(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	start(t, dir, need(t, postgres.Bundle)).Stop()
	record := filepath.Join(dir, "pg", "build.json")
	text, err := os.ReadFile(record)
	if err != nil || !bytes.Contains(text, []byte(`"icu":"`)) {
		t.Fatalf("record %s, %v; want the ICU version in it", text, err)
	}
	if err := os.WriteFile(record, bytes.Replace(text, []byte(`"icu":"`), []byte(`"icu":"1.`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = postgres.Start(t.Context(), postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Builds: need(t, postgres.Bundle)})
	if err == nil || !strings.Contains(err.Error(), "sorting rules") {
		t.Errorf("got %v, want a refusal that speaks of sorting rules", err)
	}
}

func TestLongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), strings.Repeat("long-", 10), strings.Repeat("path-", 12))
	c := start(t, dir, need(t, postgres.Bundle))
	connect(t, c.AppURL())
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := postgres.Start(ctx, postgres.Config{Dir: tempDir(t), Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// TestAFirstStartOnAFullDiskIsTriedAgain cuts the making of a database off at
// different places: it says why, and a start with room is as the first.
func TestAFirstStartOnAFullDiskIsTriedAgain(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 192<<20)
	dir := filepath.Join(disk, "data")
	for _, leave := range []int64{0, 8 << 20, 36 << 20} {
		empty := disktest.Fill(t, disk, leave)
		_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Builds: need(t, postgres.Bundle)})
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "no space left on device") {
			t.Errorf("with %d MB free: %v", leave>>20, err)
		}
		empty()
	}
	if !answers(start(t, dir, need(t, postgres.Bundle))) {
		t.Error("does not answer")
	}
}
