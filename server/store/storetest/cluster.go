package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/server/store"
	"nexusai/server/store/postgres"
)

const (
	templateWithin = 2 * time.Minute // initdb and all migrations on a loaded machine
	keepTemplates  = 5               // the most recently used; each takes about 60 MB
	templateFormat = "1"             // raise when what a template folder holds changes
)

// fast trades durability for speed; a test cluster never outlives its process.
var fast = map[string]string{
	"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
	"shared_buffers": "32MB", "max_connections": "300", "max_wal_size": "256MB", "autovacuum": "off",
}

var (
	once sync.Once
	own  process
)

// process is what this test process runs.
type process struct {
	cluster  *postgres.Cluster
	err      error
	watchdog io.Closer // closed by the kernel when this process ends
}

// shared starts the process's cluster on first use.
func shared(t testing.TB) *postgres.Cluster {
	t.Helper()
	once.Do(func() { own.cluster, own.err = own.start() })
	if own.err != nil {
		t.Fatalf("start the test database: %v", own.err)
	}
	return own.cluster
}

func (p *process) start() (*postgres.Cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), templateWithin)
	defer cancel()
	template, err := ensureTemplate(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(tempDir(), "nexusai-test-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	if p.watchdog, err = watch(dir); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "cp", "-a", template+"/.", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the template: %w: %s", err, out)
	}
	return postgres.Start(ctx, postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Settings: fast})
}

// tempDir is one that PostgreSQL's user can reach: root's may be private.
func tempDir() string {
	if os.Geteuid() == 0 {
		return "/tmp"
	}
	return os.TempDir()
}

// watchdog waits for our end of its input to close, however we end, then stops
// the cluster at once and removes the folder.
const watchdog = `read -r _
pid=$(head -n 1 "$1/pg/data/postmaster.pid" 2>/dev/null)
[ -z "$pid" ] || kill -QUIT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$1" 2>/dev/null
  [ -e "$1" ] || exit 0
  sleep 0.2
done`

func watch(dir string) (io.Closer, error) {
	cmd := exec.Command("/bin/sh", "-c", watchdog, "sh", dir) //nolint:noctx // it outlives us
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}      // Ctrl-C at the terminal is not for it
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	return in, nil
}

// ensureTemplate returns a folder with a stopped, migrated cluster. Processes
// that need the same one wait for the first to make it.
func ensureTemplate(ctx context.Context) (string, error) {
	builds := postgres.Find()
	key, err := templateKey(builds)
	if err != nil {
		return "", err
	}
	root := filepath.Join(tempDir(), fmt.Sprintf("nexusai-template-%d", os.Geteuid()))
	if err := os.MkdirAll(root, 0o711); err != nil {
		return "", err
	}
	if err := os.Chmod(root, 0o711); err != nil { // whatever the umask
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	dir := filepath.Join(root, key)
	if _, err := os.Stat(dir); err == nil {
		return dir, os.Chtimes(dir, time.Now(), time.Now())
	}
	removeOld(root)
	if err := makeTemplate(ctx, dir+".new"); err != nil {
		return "", err
	}
	return dir, os.Rename(dir+".new", dir)
}

func templateKey(builds []postgres.Build) (string, error) {
	schema, err := store.Fingerprint()
	if err != nil || len(builds) == 0 {
		return "none", err // Start explains what to install
	}
	sum := sha256.Sum256(fmt.Append(nil, templateFormat, schema, builds[0], builds[0].Bin))
	return hex.EncodeToString(sum[:8]), nil
}

func makeTemplate(ctx context.Context, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	c, err := postgres.Start(ctx, postgres.Config{Dir: dir, Log: quiet, Settings: fast})
	if err != nil {
		return err
	}
	return errors.Join(explain(store.Migrate(ctx, c.OwnerURL(), quiet)), c.Stop())
}

// removeOld makes room; only disk space is at stake, so errors do not matter.
func removeOld(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	var folders []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.IsDir() {
			folders = append(folders, info)
		}
	}
	slices.SortFunc(folders, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, f := range folders[min(keepTemplates, len(folders)):] {
		_ = os.RemoveAll(filepath.Join(root, f.Name()))
	}
}

// explain shows a Fault's cause, which a test's reader needs and a client must not see.
func explain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(fault.Cause(err))
}
