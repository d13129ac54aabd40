package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	port          = 5432 // only names the socket file; nothing listens on TCP
	longestSocket = 107  // bytes in a Unix socket's path (sun_path)
)

// place is where one cluster keeps its things.
type place struct {
	home   string  // data, socket, log and build record; belongs to runAs
	secret string  // passwords; belongs to whoever starts us
	socket string  // folder of the Unix socket, 0700
	lock   string  // who holds it owns the cluster
	runAs  *person // nil: ourselves
}

func (p place) data() string       { return filepath.Join(p.home, "data") }
func (p place) logFile() string    { return filepath.Join(p.home, "postgres.log") }
func (p place) recordFile() string { return filepath.Join(p.home, "build.json") }
func (p place) pidFile() string    { return filepath.Join(p.data(), "postmaster.pid") }

// locate decides where the cluster of a data folder lives and makes the folders.
//
// As root everything that PostgreSQL touches belongs to a system user. If that
// user cannot reach dir (it lies in root's home), the cluster lives under
// /var/lib/nexusai and dir/pg/location says so.
func locate(ctx context.Context, dir string) (place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, fmt.Errorf("find the data folder: %w", err)
	}
	runAs, err := unprivileged(ctx)
	if err != nil {
		return place{}, err
	}
	mode := fs.FileMode(0o700)
	if runAs != nil {
		mode = 0o711 // the cluster's user has to pass through
	}
	if err := os.MkdirAll(filepath.Join(dir, "pg"), mode); err != nil {
		return place{}, fmt.Errorf("make the data folder: %w", err)
	}
	p := place{
		home:   filepath.Join(dir, "pg"),
		secret: filepath.Join(dir, "secret"),
		lock:   filepath.Join(dir, "pg.lock"),
		runAs:  runAs,
	}
	if err := p.moveWithinReach(dir); err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(p.secret, 0o700); err != nil {
		return place{}, fmt.Errorf("make the folder for secrets: %w", err)
	}
	if err := runAs.own(p.home, 0o700); err != nil {
		return place{}, err
	}
	return p, p.makeSocketDir()
}

func (p *place) moveWithinReach(dir string) error {
	pointer := filepath.Join(dir, "pg", "location")
	if text, err := os.ReadFile(pointer); err == nil {
		p.home = strings.TrimSpace(string(text))
		return nil
	}
	if p.runAs == nil || p.runAs.reaches(p.home) {
		return nil
	}
	if err := os.MkdirAll(systemDir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", systemDir, err)
	}
	// A name of its own: the cluster of a data folder that was here before and
	// was deleted has other passwords.
	home, err := os.MkdirTemp(systemDir, "pg-")
	if err != nil {
		return fmt.Errorf("make a folder in %s: %w", systemDir, err)
	}
	p.home, err = pointOnce(pointer, home)
	return err
}

// pointOnce writes home into the file pointer unless another process was
// faster, and returns what the file says. A folder that lost is removed.
func pointOnce(pointer, home string) (string, error) {
	draft := pointer + "." + filepath.Base(home)
	if err := os.WriteFile(draft, []byte(home+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("note where the database is: %w", err)
	}
	defer os.Remove(draft)
	err := os.Link(draft, pointer) // with its text, or not at all
	if err == nil {
		return home, nil
	}
	text, readErr := os.ReadFile(pointer)
	if readErr != nil {
		return "", fmt.Errorf("note where the database is: %w", errors.Join(err, readErr))
	}
	return strings.TrimSpace(string(text)), os.Remove(home)
}

// makeSocketDir chooses the folder of the socket: inside home, unless its path gets too long.
func (p *place) makeSocketDir() error {
	p.socket = filepath.Join(p.home, "run")
	if len(filepath.Join(p.socket, ".s.PGSQL."+strconv.Itoa(port))) > longestSocket {
		sum := sha256.Sum256([]byte(p.home))
		p.socket = filepath.Join(os.TempDir(), "nexusai-"+hex.EncodeToString(sum[:6]))
		if len(p.socket) > longestSocket-20 {
			p.socket = filepath.Join("/tmp", filepath.Base(p.socket))
		}
	}
	return p.openSocketDir()
}

// openSocketDir makes the folder and refuses one that somebody else put there.
func (p *place) openSocketDir() error {
	if err := os.MkdirAll(p.socket, 0o700); err != nil {
		return fmt.Errorf("make the socket folder: %w", err)
	}
	if !p.runAs.trusts(p.socket) {
		return fmt.Errorf("the socket folder %s belongs to somebody else: remove it", p.socket)
	}
	return p.runAs.own(p.socket, 0o700)
}

// closeSocketDir removes the folder if it is not inside the data folder.
func (p *place) closeSocketDir() {
	if filepath.Dir(p.socket) != p.home {
		_ = os.Remove(p.socket) // not empty: somebody still uses it
	}
}

// record is what a data folder remembers of the build that made it.
type record struct {
	Build
	ICU string `json:"icu,omitempty"` // version of the sorting rules
}

// choose picks the first build for a new folder and the recorded one for an old.
func (p place) choose(builds []Build) (Build, error) {
	builds, err := p.usable(builds)
	if err != nil {
		return Build{}, err
	}
	rec, err := p.readRecord()
	if errors.Is(err, fs.ErrNotExist) {
		if len(builds) == 0 {
			return Build{}, errNoBuild
		}
		return builds[0], nil
	}
	if err != nil {
		return Build{}, fmt.Errorf("read which build made the database: %w", err)
	}
	for _, b := range builds {
		if b.Kind == rec.Kind && b.Major == rec.Major {
			return b, nil
		}
	}
	if len(builds) == 0 {
		return Build{}, fmt.Errorf("the database in %s needs %s: %w", p.home, rec.Build, errNoBuild)
	}
	return Build{}, fmt.Errorf("the database in %s was made by %s and is not opened by %s: install that build again, or start with a new data folder", p.home, rec.Build, builds[0])
}

// usable brings bundles within reach of the cluster's user, and drops what that
// user may not execute.
func (p place) usable(builds []Build) ([]Build, error) {
	var ok []Build
	for _, b := range builds {
		switch {
		case p.runAs == nil || p.runAs.reaches(b.Bin):
			ok = append(ok, b)
		case b.Kind == Bundle && len(ok) == 0:
			near, err := p.runAs.withinReach(b)
			if err != nil {
				return nil, err
			}
			ok = append(ok, near)
		}
	}
	return ok, nil
}

func (p place) readRecord() (record, error) {
	var rec record
	text, err := os.ReadFile(p.recordFile())
	if err != nil {
		return rec, err
	}
	return rec, json.Unmarshal(text, &rec)
}

// writeRecord replaces the file in one step: without it, or with half of it, the
// database is not opened.
func (p place) writeRecord(rec record) error {
	text, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	draft := p.recordFile() + ".new"
	if err := os.WriteFile(draft, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(draft, p.recordFile())
}

// postmaster reads the pid and the state ("ready", "starting", …) that a
// running postmaster keeps in its lock file; zero values when there is none.
func (p place) postmaster() (pid int, state string) {
	text, err := os.ReadFile(p.pidFile())
	if err != nil {
		return 0, ""
	}
	return parsePostmaster(string(text))
}

// parsePostmaster reads postmaster.pid: the pid in line 1, the state in line 8
// (miscadmin.h, LOCK_FILE_LINE_PM_STATUS). The file may be half written.
func parsePostmaster(text string) (pid int, state string) {
	lines := strings.Split(text, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return 0, ""
	}
	if len(lines) > 7 {
		state = strings.TrimSpace(lines[7])
	}
	return pid, state
}
