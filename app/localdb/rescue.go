package localdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A rescue never touches the damaged file until its successor is complete:
//
//	NAME.reading   a copy to read from
//	NAME.rescuing  the new database while it is being filled
//	NAME.rescued   the same, complete; from here on the rescue is only renames
//	NAME.damaged-TIME  where the damaged file ends
//
// finishRescue completes what a crash interrupted.
const (
	reading  = ".reading"
	rescuing = ".rescuing"
	rescued  = ".rescued"
)

var companions = []string{"-wal", "-shm", ""} // the file itself last: its absence says that the others are gone

// rescue builds a new database from what can be read of the damaged one.
func rescue(ctx context.Context, cfg Config) error {
	if err := removeAll(cfg.Path+reading, cfg.Path+rescuing); err != nil {
		return err
	}
	into := cfg
	into.Path, into.MaxPages = cfg.Path+rescuing, 0
	dst, err := fresh(ctx, into)
	if err != nil {
		return err
	}
	report, err := fill(ctx, cfg, dst)
	if err == nil {
		aside := filepath.Base(cfg.Path) + ".damaged-" + cfg.Now().UTC().Format("20060102T150405Z")
		err = dst.AddNotice(ctx, "localdb.salvaged", report.sentence(aside), report.items())
	}
	if err := errors.Join(err, dst.Close()); err != nil {
		return err
	}
	if err := errors.Join(os.Remove(sealPath(into.Path)), removeAll(cfg.Path+reading)); err != nil {
		return fmt.Errorf("tidy up: %w", err)
	}
	if err := os.Rename(into.Path, cfg.Path+rescued); err != nil {
		return fmt.Errorf("complete the new database: %w", err)
	}
	return moveIn(cfg.Path, cfg.Now().UTC().Format("20060102T150405Z"))
}

// fresh makes an empty database with the whole schema.
func fresh(ctx context.Context, cfg Config) (*DB, error) {
	writer, err := connect(cfg, false)
	if err != nil {
		return nil, err
	}
	reader, err := connect(cfg, true)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	db := &DB{cfg: cfg, writer: writer, reader: reader}
	if err := migrate(ctx, writer, cfg.Now()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// fill copies everything that can be read into dst.
func fill(ctx context.Context, cfg Config, dst *DB) (*report, error) {
	found := &report{kept: map[string]int{}}
	src, err := openDamaged(ctx, cfg, dst)
	if err != nil {
		return nil, err
	}
	if src == nil {
		found.hopeless = true
		return found, nil
	}
	defer src.Close()
	tables, err := rescuable(ctx, dst.writer)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		if err := found.copyTable(ctx, src, dst, table); err != nil {
			return nil, fmt.Errorf("rescue %s: %w", table, err)
		}
	}
	return found, mendSync(ctx, dst, found)
}

// precious is the order of rescue: what exists nowhere else comes first.
var precious = []string{"sync_outbox", "draft", "run", "conversation", "message", "setting"}

// derived comes back by itself: from the schema, the titles or the server.
var derived = []string{"migration", "indexed_title", "sync_lane", "sync_superseded", "sync_unknown"}

func rescuable(ctx context.Context, db *sql.DB) ([]string, error) {
	all, err := texts(ctx, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'title_search%' ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	out := slices.Clone(precious)
	for _, name := range all {
		if !slices.Contains(out, name) && !slices.Contains(derived, name) {
			out = append(out, name)
		}
	}
	return slices.DeleteFunc(out, func(name string) bool { return !slices.Contains(all, name) }), nil
}

// moveIn puts the damaged file aside and its successor in its place.
func moveIn(path, when string) error {
	for _, c := range companions {
		err := os.Rename(path+c, path+".damaged-"+when+c)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set the damaged file aside: %w", err)
		}
	}
	if err := os.Rename(path+rescued, path); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// finishRescue goes on where a crash stopped moveIn.
func finishRescue(path string) error {
	_, err := os.Stat(path + rescued)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an interrupted rescue: %w", err)
	}
	return moveIn(path, "interrupted")
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	defer f.Close()
	_ = f.Sync() // some systems cannot sync a folder; the renames are ordered without it there
	return nil
}

func removeAll(paths ...string) error {
	for _, path := range paths {
		for _, c := range append([]string{".seal"}, companions...) {
			if err := os.Remove(path + c); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove a leftover: %w", err)
			}
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", filepath.Base(from), err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make a copy: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// report is what a rescue found.
type report struct {
	hopeless bool // nothing could be read at all
	kept     map[string]int
	lost     []string // one text for each thing that could not be read
	rebuilt  int      // rows made again from their outbox entry
}

// maxItems bounds a notice; the rest is counted.
const maxItems = 200

func (r *report) items() []string {
	if over := len(r.lost) - maxItems; over > 0 {
		return append(slices.Clone(r.lost[:maxItems]), fmt.Sprintf("and %d more", over))
	}
	return r.lost
}

func (r *report) sentence(aside string) string {
	if r.hopeless {
		return "The local database was damaged and nothing in it could be read. The file is kept as " + aside + "."
	}
	var parts []string
	for _, t := range []struct{ table, one, many string }{
		{"conversation", "conversation", "conversations"}, {"message", "message", "messages"},
		{"draft", "draft", "drafts"}, {"sync_outbox", "unsynced change", "unsynced changes"},
	} {
		word := t.many
		if r.kept[t.table] == 1 {
			word = t.one
		}
		parts = append(parts, fmt.Sprintf("%d %s", r.kept[t.table], word))
	}
	text := "The local database was damaged. Rescued: " + strings.Join(parts, ", ") + ". The damaged file is kept as " + aside + "."
	if len(r.lost) > 0 {
		text += " What could not be read is listed; what the server has comes back from there."
	}
	return text
}

func (r *report) lose(table, id string) {
	r.lost = append(r.lost, strings.TrimSpace(table+" "+id))
}

// AddNotice stores a notice; the same code and detail are stored once.
func (d *DB) AddNotice(ctx context.Context, code, detail string, items []string) error {
	if items == nil {
		items = []string{}
	}
	list, err := json.Marshal(items)
	if err != nil {
		return fmt.Errorf("encode a notice: %w", err)
	}
	return d.exec(ctx, `INSERT INTO notice (id, code, detail, items, created_at)
		SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM notice WHERE code = ?2 AND detail = ?3)`,
		d.cfg.NewID(), code, detail, string(list), stamp(d.cfg.Now()))
}
