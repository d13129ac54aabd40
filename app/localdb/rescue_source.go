package localdb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// openDamaged makes a copy of the damaged file readable and opens it; nil when
// there is nothing to be done. Each attempt puts more of the first page right.
func openDamaged(ctx context.Context, cfg Config, dst *DB) (*sql.DB, error) {
	for _, mend := range []func(work, model string) error{
		func(string, string) error { return nil }, mendHeader, mendFirstPage,
	} {
		work := cfg.Path + reading
		if err := removeAll(work); err != nil {
			return nil, err
		}
		if err := errors.Join(copyFile(cfg.Path, work), copyFile(cfg.Path+"-wal", work+"-wal")); err != nil {
			return nil, err
		}
		if err := dst.flush(ctx); err != nil {
			return nil, err
		}
		if err := mend(work, dst.cfg.Path); err != nil {
			continue // too short for this cure
		}
		src, err := sql.Open("sqlite", "file:"+(&url.URL{Path: work}).EscapedPath()+"?_pragma=writable_schema(1)&_pragma=mmap_size(0)")
		if err != nil {
			return nil, fmt.Errorf("open the damaged copy: %w", err)
		}
		src.SetMaxOpenConns(1)
		if names, err := texts(ctx, src, `SELECT name FROM sqlite_schema WHERE type = 'table'`); err == nil && len(names) > 0 {
			return src, nil
		}
		if err := src.Close(); err != nil {
			return nil, fmt.Errorf("close the damaged copy: %w", err)
		}
	}
	return nil, nil
}

// flush puts everything into the main file, so that its pages can be borrowed.
func (d *DB) flush(ctx context.Context) error {
	if _, err := d.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("flush the new database: %w", err)
	}
	return nil
}

// mendHeader writes a good header over a bad one.
func mendHeader(work, model string) error { return borrow(work, model, headerSize) }

// mendFirstPage borrows the first page, which holds the schema, from a new
// database. The same migrations put each table at the same place; rows of a
// table that lies elsewhere do not fit and are refused one by one.
func mendFirstPage(work, model string) error { return borrow(work, model, 4096) }

// borrow copies the first n bytes of model over those of work and makes the
// page count true.
func borrow(work, model string, n int) error {
	from, err := os.Open(model)
	if err != nil {
		return fmt.Errorf("open the model: %w", err)
	}
	defer from.Close()
	head := make([]byte, n)
	if _, err := from.ReadAt(head, 0); err != nil {
		return fmt.Errorf("read the model's first page: %w", err)
	}
	f, err := os.OpenFile(work, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the copy: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at the copy: %w", err)
	}
	if info.Size() < 4096 {
		return fmt.Errorf("%w: less than a page is left", errDamaged)
	}
	binary.BigEndian.PutUint32(head[28:], uint32(info.Size()/4096)) //nolint:gosec // a file of 16 TiB is beyond SQLite
	binary.BigEndian.PutUint32(head[32:], 0)                        // no free list: its pages may be anything
	binary.BigEndian.PutUint32(head[36:], 0)
	if _, err := f.WriteAt(head, 0); err != nil {
		return fmt.Errorf("mend the copy: %w", err)
	}
	return nil
}

func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return out, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
