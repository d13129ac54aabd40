package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is where a build of PostgreSQL comes from.
type Kind string

// The two kinds. A data folder made by one is not opened by the other: their
// ICU libraries sort differently, which silently breaks indexes.
const (
	Bundle Kind = "bundle" // our archive: PostgreSQL with contrib, ICU and pgvector
	System Kind = "system" // the distribution's own, with pgvector installed
)

// BundleVersion is the bundle that build/setup fetches; it names its folder.
const BundleVersion = "18.6.0"

const oldestMajor = 15

// Build is one PostgreSQL found on this machine that can load pgvector.
type Build struct {
	Kind  Kind   `json:"kind"`
	Major int    `json:"major"`
	Bin   string `json:"-"` // folder of initdb and postgres
}

func (b Build) String() string { return fmt.Sprintf("PostgreSQL %d (%s)", b.Major, b.Kind) }

func (b Build) program(name string) string { return filepath.Join(b.Bin, name) }

// errNoBuild is one sentence for the person at the terminal.
var errNoBuild = errors.New("no PostgreSQL with pgvector was found: run `make setup`, or install PostgreSQL 15 or newer with its pgvector package (Debian 13: apt install postgresql-17-pgvector), or set NEXUS_DATABASE_URL to a database you run")

// Find lists the usable builds: the bundle beside the program, the bundle in
// the cache, then the system's, newest first.
func Find() []Build {
	return append(FindBundle(), FindSystem()...)
}

// FindBundle lists the bundles on this machine.
func FindBundle() []Build {
	var found []Build
	for _, dir := range bundleDirs() {
		if b, ok := inspect(Bundle, filepath.Join(dir, "bin"), filepath.Join(dir, "share/postgresql")); ok {
			found = append(found, b)
		}
	}
	return found
}

// FindSystem lists the distribution's builds, newest first.
func FindSystem() []Build {
	var found []Build
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		bins, _ := filepath.Glob(pattern) // the patterns are constants: no error is possible
		for _, bin := range bins {
			if b, ok := inspect(System, bin, shareDir(bin)); ok {
				found = append(found, b)
			}
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil && len(found) == 0 {
		if b, ok := inspect(System, filepath.Dir(path), shareDir(filepath.Dir(path))); ok {
			found = append(found, b)
		}
	}
	slices.SortStableFunc(found, func(a, b Build) int { return cmp.Compare(b.Major, a.Major) })
	return found
}

func bundleDirs() []string {
	var dirs []string
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(self), "..", "pg"))
	}
	dirs = append(dirs, CacheDir(), filepath.Join(rootCache, BundleVersion))
	if !ownedBy(rootCache, 0, os.Geteuid()) { // anybody may make folders in /var/tmp
		dirs = slices.DeleteFunc(dirs, func(dir string) bool { return filepath.Dir(dir) == rootCache })
	}
	return dirs
}

// rootCache is where root keeps the bundle: PostgreSQL refuses to run as root,
// and the user it runs as instead cannot look into root's home.
const rootCache = "/var/tmp/nexusai-pg"

// CacheDir is the folder into which build/setup lays the bundle.
func CacheDir() string {
	base := os.Getenv("NEXUS_CACHE")
	if base == "" {
		user, err := os.UserCacheDir()
		if err != nil || os.Geteuid() == 0 {
			return filepath.Join(rootCache, BundleVersion)
		}
		base = filepath.Join(user, "nexusai")
	}
	return filepath.Join(base, "pg", BundleVersion)
}

// shareDir asks the build's own pg_config where its extensions are, and falls
// back to Debian's layout, where a server may come without pg_config.
func shareDir(bin string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, filepath.Join(bin, "pg_config"), "--sharedir").Output(); err == nil {
		return strings.TrimSpace(string(out))
	}
	return filepath.Join("/usr/share/postgresql", filepath.Base(filepath.Dir(bin)))
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func inspect(kind Kind, bin, share string) (Build, bool) {
	if _, err := os.Stat(filepath.Join(share, "extension", "vector.control")); err != nil {
		return Build{}, false
	}
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return Build{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return Build{}, false
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return Build{}, false
	}
	major, err := strconv.Atoi(string(m[1]))
	if err != nil || major < oldestMajor {
		return Build{}, false
	}
	return Build{Kind: kind, Major: major, Bin: bin}, true
}
