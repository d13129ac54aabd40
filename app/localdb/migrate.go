package localdb

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"nexusai/backend/fault"
)

//go:embed migrations/*.sql
var files embed.FS

type migration struct {
	version int
	name    string
	sql     string
}

// migrations returns the files in order of their number.
func migrations(from fs.FS) ([]migration, error) {
	names, err := fs.Glob(from, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	all := make([]migration, 0, len(names))
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", name)
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		all = append(all, migration{version, path.Base(name), string(text)})
	}
	slices.SortFunc(all, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	return all, nil
}

const makeMigrationTable = `CREATE TABLE IF NOT EXISTS migration (
	version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)`

// migrate applies what is missing, each file in a transaction of its own. It
// never goes back: an older program runs on a newer schema, because changes
// only add.
func migrate(ctx context.Context, db *sql.DB, now time.Time) error {
	all, err := migrations(files)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, makeMigrationTable); err != nil {
		return fmt.Errorf("make the migration table: %w", err)
	}
	done, err := applied(ctx, db)
	if err != nil {
		return err
	}
	for _, m := range all {
		if done[m.version] {
			continue
		}
		if err := apply(ctx, db, m, now); err != nil {
			return fmt.Errorf("migrate %s: %w", m.name, err)
		}
	}
	return nil
}

func applied(ctx context.Context, db *sql.DB) (map[int]bool, error) {
	rows, err := db.QueryContext(ctx, `SELECT version FROM migration`)
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	defer rows.Close()
	done := map[int]bool{}
	for rows.Next() {
		var v int
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("read applied migrations: %w", err)
		}
		done[v] = true
	}
	return done, rows.Err()
}

func apply(ctx context.Context, db *sql.DB, m migration, now time.Time) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO migration (version, name, applied_at) VALUES (?, ?, ?)`, m.version, m.name, stamp(now)); err != nil {
		return err
	}
	return tx.Commit()
}

// openFault explains a start that is impossible. What a person can mend has a
// code of its own.
func openFault(err error) error {
	switch f := fault.From(Explain(err)); f.Code {
	case fault.Internal:
	case fault.DiskFull:
		return fault.New(fault.DiskFull, "The disk is full; the local database cannot be opened.", err).
			WithHint("Free some space and start again. Everything saved before is safe.")
	default:
		return f
	}
	if errors.Is(err, fs.ErrPermission) {
		return fault.New("localdb.denied", "The data folder cannot be written.", err).
			WithHint("Check who owns it, or choose another one with --data.")
	}
	return fmt.Errorf("open the local database: %w", err)
}
