package localdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	magic      = "SQLite format 3\x00"
	headerSize = 100
	// quickCheckAtStart bounds what a start may cost; Verify does the rest.
	quickCheckAtStart = 500 * time.Millisecond
)

// sealed is kept beside the file, so that a file that is as we left it needs
// no check at the next start and one that was cut to nothing is not mistaken
// for a new one.
type sealed struct {
	Size     int64 `json:"size"`
	Modified int64 `json:"modified"` // ns since 1970; 0 while the database is open
}

func sealPath(path string) string { return path + ".seal" }

// seal notes how the closed file looks.
func seal(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the closed database: %w", err)
	}
	return writeSeal(path, sealed{Size: info.Size(), Modified: info.ModTime().UnixNano()})
}

func writeSeal(path string, s sealed) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the seal: %w", err)
	}
	if err := os.WriteFile(sealPath(path), text, 0o600); err != nil {
		return fmt.Errorf("write the seal: %w", err)
	}
	return nil
}

// readSeal returns ok false where there is none, or none that can be read.
func readSeal(path string) (s sealed, ok bool) {
	text, err := os.ReadFile(sealPath(path))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return sealed{}, false
	}
	return s, true
}

func untouched(path string) bool {
	s, ok := readSeal(path)
	info, err := os.Stat(path)
	return ok && err == nil && s.Modified != 0 && s.Size == info.Size() && s.Modified == info.ModTime().UnixNano() && walSize(path) == 0
}

func walSize(path string) int64 {
	info, err := os.Stat(path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkHeader finds damage that SQLite would take for an empty database, or
// would find only when it reads the missing part.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if info.Size() == 0 {
		if _, had := readSeal(path); had && walSize(path) == 0 {
			return fmt.Errorf("%w: it is empty", errDamaged)
		}
		return nil
	}
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return fmt.Errorf("%w: it ends within its header", errDamaged)
	}
	return parseHeader(head, info.Size(), walSize(path) > 0)
}

// parseHeader follows sqlite.org/fileformat2.html §1.3. While there is a log,
// the file may be shorter than its header says: a checkpoint was interrupted
// and will be repeated.
func parseHeader(head []byte, size int64, logged bool) error {
	if len(head) < headerSize || !bytes.HasPrefix(head, []byte(magic)) {
		return fmt.Errorf("%w: it does not begin as a database", errDamaged)
	}
	page := int64(binary.BigEndian.Uint16(head[16:]))
	if page == 1 {
		page = 65536
	}
	if page < 512 || page&(page-1) != 0 {
		return fmt.Errorf("%w: its page size is %d", errDamaged, page)
	}
	if head[18] > 2 || head[19] > 2 || head[21] != 64 || head[22] != 32 || head[23] != 32 {
		return fmt.Errorf("%w: its header holds impossible values", errDamaged)
	}
	pages := int64(binary.BigEndian.Uint32(head[28:]))
	if !logged && pages*page > size {
		return fmt.Errorf("%w: it should have %d pages of %d bytes and has %d bytes", errDamaged, pages, page, size)
	}
	return nil
}

// check reads the schema and, unless the file is as we left it, as much of the
// file as a start may take.
func (d *DB) check(ctx context.Context) error {
	var tables int
	if err := d.writer.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		if primary, _ := resultCode(err); primary == codeError {
			return fmt.Errorf("%w: %w", errDamaged, err) // "unsupported file format" has no code of its own
		}
		return fmt.Errorf("read the schema: %w", err)
	}
	fresh := untouched(d.cfg.Path)
	if err := writeSeal(d.cfg.Path, sealed{Size: 1}); err != nil {
		return err
	}
	if fresh {
		return nil
	}
	brief, cancel := context.WithTimeout(ctx, quickCheckAtStart)
	defer cancel()
	err := d.quickCheck(brief)
	if brief.Err() != nil && ctx.Err() == nil {
		return nil // Verify goes on after the start
	}
	return err
}

func (d *DB) quickCheck(ctx context.Context) error {
	var finding string
	if err := d.reader.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&finding); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if finding != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, finding)
	}
	return nil
}

// Verify reads the whole file, which may take seconds, and is meant for a
// quiet minute. Damage becomes a notice that asks for a restart, because only
// a start can set the file aside.
func (d *DB) Verify(ctx context.Context) error {
	err := d.quickCheck(ctx)
	if err == nil || !isDamage(err) {
		return err
	}
	d.cfg.Log.ErrorContext(ctx, "database damaged", "err", err)
	return errors.Join(err, d.AddNotice(ctx, "localdb.damaged",
		"A part of the local database cannot be read. Restart the application: it keeps the damaged file and rescues what can be read.", nil))
}
