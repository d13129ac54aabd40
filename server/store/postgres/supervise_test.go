package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store/postgres"
)

// eventually polls until ok or the limit, and returns how long it took.
func eventually(t *testing.T, what string, limit time.Duration, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
		if ok() {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

func answers(c *postgres.Cluster) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.AppURL())
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx) == nil
}

func TestKilledPostmasterComesBack(t *testing.T) {
	t.Parallel()
	c := start(t, tempDir(t), need(t, postgres.Bundle))
	// a backend in the middle of work does not notice that its postmaster died
	busy := connect(t, c.AppURL())
	go busy.Exec(context.Background(), `select count(*) from generate_series(1, 1e10)`)
	old := c.PID()
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	fell := eventually(t, "readiness falls", 2*time.Second, func() bool { return !c.Ready() })
	rose := eventually(t, "the cluster answers again", time.Minute, func() bool { return c.Ready() && answers(c) })
	t.Logf("readiness fell after %s, the cluster answered %s later", fell, rose)
	if c.PID() == old || c.Restarts() != 1 {
		t.Errorf("pid %d (was %d), %d restarts; want a new one and 1", c.PID(), old, c.Restarts())
	}
}

func TestSecondProcessAttachesAndTakesOver(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	first, second := start(t, dir, need(t, postgres.Bundle)), start(t, dir, need(t, postgres.Bundle))
	if first.PID() != second.PID() || !answers(second) {
		t.Fatalf("the second one has postmaster %d, the first %d; want the same", second.PID(), first.PID())
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second one takes over", time.Minute, func() bool { return second.Ready() && answers(second) })
	third := start(t, dir, need(t, postgres.Bundle))
	if err := third.Stop(); err != nil || !answers(second) {
		t.Errorf("an attached one that leaves stops the cluster: %v", err)
	}
}

// TestOwnerProcess is not a test: other tests run it as the process that owns a
// cluster, and kill it.
func TestOwnerProcess(t *testing.T) {
	dir := os.Getenv("NEXUS_TEST_OWN")
	if dir == "" {
		return
	}
	c, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\npid=%d\n", c.PID())
	select {}
}

func TestNothingOutlivesAKilledOwner(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	need(t, postgres.Bundle)
	owner := exec.Command(os.Args[0], "-test.run=^TestOwnerProcess$")
	owner.Env = append(os.Environ(), "NEXUS_TEST_OWN="+dir)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	for line := ""; pid == 0; {
		buf := make([]byte, 256)
		n, err := out.Read(buf)
		if err != nil {
			t.Fatalf("the owner said %q and ended: %v", line, err)
		}
		line += string(buf[:n])
		_, rest, _ := strings.Cut(line, "pid=")
		if number, _, whole := strings.Cut(rest, "\n"); whole {
			pid, _ = strconv.Atoi(number)
		}
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // "signal: killed"
	gone := eventually(t, "the postmaster ends", 10*time.Second, func() bool { return syscall.Kill(pid, 0) != nil })
	t.Logf("the postmaster ended %s after its owner was killed", gone)
	if !answers(start(t, dir, nil)) {
		t.Error("the next start does not answer")
	}
}

func TestStaleLockFileOfAStrangerIsRemoved(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	start(t, dir, need(t, postgres.Bundle)).Stop()
	// after a crash and a reboot the recorded pid can be anybody's: here our own
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n\n\n\nready\n", os.Getpid(), filepath.Join(dir, "pg", "data"))
	if err := os.WriteFile(filepath.Join(dir, "pg", "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if !answers(start(t, dir, need(t, postgres.Bundle))) {
		t.Error("does not answer")
	}
}

// TestFolderOutOfReach has a data folder that the cluster's own user cannot
// enter, as below root's home.
func TestFolderOutOfReach(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	c := start(t, data, need(t, postgres.Bundle))
	if !answers(c) {
		t.Error("does not answer")
	}
	text, err := os.ReadFile(filepath.Join(data, "pg", "location"))
	if os.Geteuid() != 0 {
		if err == nil {
			t.Errorf("an ordinary user's cluster was moved to %s", text)
		}
		return
	}
	elsewhere := strings.TrimSpace(string(text))
	t.Cleanup(func() {
		c.Stop()
		os.RemoveAll(elsewhere)
	})
	if err != nil || !strings.HasPrefix(elsewhere, "/var/lib/nexusai/pg-") {
		t.Errorf("location %q, %v; want a folder under /var/lib/nexusai", elsewhere, err)
	}
	// Whoever deletes the data folder begins anew: what is left elsewhere has
	// passwords that nobody knows any more.
	c.Stop()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	c = start(t, data, need(t, postgres.Bundle))
	if !answers(c) {
		t.Error("does not answer after the data folder was deleted")
	}
	again, err := os.ReadFile(filepath.Join(data, "pg", "location"))
	t.Cleanup(func() {
		c.Stop()
		os.RemoveAll(strings.TrimSpace(string(again)))
	})
	if err != nil || string(again) == string(text) {
		t.Errorf("location %q, %v; want another than before", again, err)
	}
}

func TestLostPasswordsAreSaid(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	start(t, dir, need(t, postgres.Bundle)).Stop()
	if err := os.RemoveAll(filepath.Join(dir, "secret")); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Builds: need(t, postgres.Bundle)})
	if err == nil || !strings.Contains(err.Error(), "put the folder back") {
		t.Errorf("without its passwords: %v", err)
	}
}

// TestBundleOutOfReach starts from a bundle that only root can enter.
func TestBundleOutOfReach(t *testing.T) {
	t.Parallel()
	hidden := tempDir(t)
	bundle := need(t, postgres.Bundle)[0]
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", filepath.Dir(bundle.Bin), filepath.Join(hidden, "pg")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(hidden, 0o700); err != nil {
		t.Fatal(err)
	}
	bundle.Bin = filepath.Join(hidden, "pg", "bin")
	c := start(t, tempDir(t), []postgres.Build{bundle})
	if !answers(c) {
		t.Error("does not answer")
	}
	if used := c.Build().Bin; used != bundle.Bin {
		t.Cleanup(func() {
			c.Stop()
			os.RemoveAll(filepath.Dir(used))
		})
	} else if os.Geteuid() == 0 {
		t.Error("root's cluster runs a program that its user cannot reach")
	}
}
