// Package localdb is the desktop's database: one SQLite file with its schema,
// its queries and the way back from a damaged file.
package localdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Config says where the database is.
type Config struct {
	Path    string           // required; the folder is made with mode 0700
	Log     *slog.Logger     // required
	Now     func() time.Time // default time.Now
	NewID   func() string    // UUIDv7; default uuid.NewV7
	Readers int              // connections for queries; default 4
	// MaxPages bounds the file, in pages of 4096 bytes; 0 means no limit. Tests
	// use it to fill the disk.
	MaxPages int
}

// DB is an open database. Its methods may be called concurrently.
type DB struct {
	cfg            Config
	writer, reader *sql.DB
}

// Open opens or makes the database and brings its schema up to date. A damaged
// file is kept beside the new one as NAME.damaged-TIME, whatever can be read
// moves into the new one, and a notice lists what could not; see Notices.
// Errors are faults where a person can do something about them.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Path == "" || cfg.Log == nil {
		return nil, errors.New("localdb: Path and Log are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if cfg.Readers <= 0 {
		cfg.Readers = 4
	}
	if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
		return nil, openFault(fmt.Errorf("make the data folder: %w", err))
	}
	if err := finishRescue(cfg.Path); err != nil {
		return nil, openFault(err)
	}
	db, err := open(ctx, cfg)
	if err == nil {
		return db, nil
	}
	if !isDamage(err) {
		return nil, openFault(err)
	}
	cfg.Log.ErrorContext(ctx, "database damaged", "err", err)
	if err := rescue(ctx, cfg); err != nil {
		return nil, openFault(fmt.Errorf("rescue the database: %w", err))
	}
	db, err = open(ctx, cfg)
	if err != nil {
		return nil, openFault(fmt.Errorf("open the rescued database: %w", err))
	}
	return db, nil
}

// open connects, checks what can be checked quickly and migrates.
func open(ctx context.Context, cfg Config) (*DB, error) {
	if err := checkHeader(cfg.Path); err != nil {
		return nil, err
	}
	writer, err := connect(cfg, false)
	if err != nil {
		return nil, err
	}
	reader, err := connect(cfg, true)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	db := &DB{cfg: cfg, writer: writer, reader: reader}
	if err = private(cfg.Path); err == nil {
		err = db.check(ctx)
	}
	if err == nil {
		err = migrate(ctx, writer, cfg.Now())
	}
	if err != nil {
		return nil, errors.Join(err, writer.Close(), reader.Close())
	}
	return db, nil
}

// private makes the file readable for its owner only, before anything is in it.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func connect(cfg Config, readOnly bool) (*sql.DB, error) {
	q := url.Values{"_pragma": {"busy_timeout(5000)", "foreign_keys(1)", "mmap_size(0)", "secure_delete(1)"}}
	conns := 1
	if readOnly {
		q.Add("_pragma", "query_only(1)")
		conns = cfg.Readers
	} else {
		// A transaction that began as a reader cannot wait for the write lock:
		// its snapshot would be stale, so it takes the lock at once.
		q.Set("_txlock", "immediate")
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(16777216)")
		if cfg.MaxPages > 0 {
			q.Add("_pragma", fmt.Sprintf("max_page_count(%d)", cfg.MaxPages))
		}
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: cfg.Path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// Writer is the one connection that writes: transactions take the write lock
// at their start and are on the disk when they commit.
func (d *DB) Writer() *sql.DB { return d.writer }

// Reader runs queries beside the writer.
func (d *DB) Reader() *sql.DB { return d.reader }

// Update runs fn in one write transaction; when it returns nil the change
// survives a crash. A full disk is fault.DiskFull and changes nothing.
func (d *DB) Update(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return Explain(fmt.Errorf("begin: %w", err))
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // SQLite may have rolled back itself, on a full disk
		return Explain(err)
	}
	if err := tx.Commit(); err != nil {
		_ = tx.Rollback()
		return Explain(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// exec is Update with one statement.
func (d *DB) exec(ctx context.Context, query string, args ...any) error {
	return d.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// Close writes the log back into the file and closes it. Nothing may use the
// database any more.
func (d *DB) Close() error {
	err := d.reader.Close()
	_, ckpt := d.writer.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)") // SQLite's own busy timeout bounds it
	err = errors.Join(err, ckpt, d.writer.Close())
	if err == nil {
		err = seal(d.cfg.Path)
	}
	return err
}

const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// parseTime reads what stamp wrote; anything else is the zero time.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
