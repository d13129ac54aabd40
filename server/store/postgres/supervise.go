//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

const (
	pollEvery  = 20 * time.Millisecond  // how often the postmaster's state is read while it starts
	watchEvery = 100 * time.Millisecond // how often an attached process looks at the owner
	firstPause = 50 * time.Millisecond  // before a restart; doubles up to lastPause
	lastPause  = 5 * time.Second
)

// supervise owns the cluster or watches the owner until ctx ends. It reports
// once on first: nil when the cluster answers, or why it cannot.
func (c *Cluster) supervise(ctx context.Context, first chan<- error) {
	defer c.ready.Store(false)
	report := func(err error) {
		if first != nil {
			first <- err // buffered: never blocks
			first = nil
		}
	}
	for ctx.Err() == nil {
		lock, err := tryLock(c.place.lock)
		if err != nil {
			report(err)
			return
		}
		if lock == nil {
			if c.attached() {
				report(nil)
			}
			pause(ctx, watchEvery)
			continue
		}
		err = c.own(ctx, report)
		lock.Close()
		if err != nil {
			report(err)
			return
		}
	}
}

// attached updates readiness from what the owner's postmaster says.
func (c *Cluster) attached() bool {
	pid, state := c.place.postmaster()
	up := state == "ready" && alive(pid)
	c.ready.Store(up)
	return up
}

// own makes the cluster if need be and keeps a postmaster running until ctx
// ends. It returns an error only when the cluster could never start.
func (c *Cluster) own(ctx context.Context, report func(error)) error {
	if err := errors.Join(c.sweep(), c.place.openSocketDir()); err != nil {
		return err
	}
	defer c.place.closeSocketDir()
	if err := c.create(ctx); err != nil {
		return err
	}
	gap := firstPause
	for never := true; ctx.Err() == nil; {
		began := time.Now()
		err := c.runOnce(ctx, func() error {
			if never {
				if err := c.provision(ctx); err != nil {
					return err
				}
			}
			never = false
			c.ready.Store(true)
			report(nil)
			return nil
		})
		c.ready.Store(false)
		if ctx.Err() != nil {
			return nil
		}
		if never {
			return err
		}
		if time.Since(began) > time.Minute {
			gap = firstPause
		}
		c.cfg.Log.Error("database stopped, restarting", "err", err, "pause_ms", gap.Milliseconds())
		if err := c.sweep(); err != nil {
			c.cfg.Log.Error("clean up after the database", "err", err)
		}
		pause(ctx, gap)
		gap = min(2*gap, lastPause)
	}
	return nil
}

// runOnce starts one postmaster, calls up when it is ready and waits until it
// ends. When ctx ends, or up fails, it is stopped fast.
func (c *Cluster) runOnce(ctx context.Context, up func() error) error {
	log, err := os.OpenFile(c.place.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the database log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(c.build.program("postgres"), c.arguments()...) //nolint:noctx // stopped below, by signals in a fixed order
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = c.environment()
	c.place.runAs.as(cmd)

	started, exited := make(chan error, 1), make(chan error, 1)
	go func() {
		// the parent-death signal belongs to this thread: it has to live as long as the child
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			exited <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", c.build, err)
	}
	c.starts.Add(1)
	if err := c.awaitReady(ctx, cmd.Process.Pid, exited); err != nil {
		return errors.Join(err, c.shutDown(cmd.Process, exited))
	}
	if err := up(); err != nil {
		return errors.Join(err, c.shutDown(cmd.Process, exited))
	}
	select {
	case err := <-exited:
		return fmt.Errorf("the database process ended: %w", exitOf(err))
	case <-ctx.Done():
		c.ready.Store(false)
		return c.shutDown(cmd.Process, exited)
	}
}

// awaitReady polls the postmaster's own state file. A postmaster that ended is
// put back into exited for shutDown.
func (c *Cluster) awaitReady(ctx context.Context, pid int, exited chan error) error {
	for ctx.Err() == nil {
		if got, state := c.place.postmaster(); got == pid && state == "ready" {
			return nil
		}
		select {
		case err := <-exited:
			exited <- err
			return fmt.Errorf("the database did not start (%w); the end of %s:\n%s", exitOf(err), c.place.logFile(), c.logTail())
		case <-time.After(pollEvery):
		}
	}
	return ctx.Err()
}

// exitOf names an exit without an error.
func exitOf(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// shutDown asks for a fast shutdown, then an immediate one, then kills.
func (c *Cluster) shutDown(p *os.Process, exited <-chan error) error {
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, stopWithin}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		_ = p.Signal(step.sig) // it may have ended already: then exited has it
		select {
		case <-exited: //nolint:errcheck // that it ended is all we want
			return nil
		case <-time.After(step.wait):
			c.cfg.Log.Warn("database is slow to stop", "signal", step.sig.String())
		}
	}
	return errors.New("the database process does not end")
}

// sweep ends what an earlier owner left running: we hold the lock, so nobody
// looks after it any more. A lock file whose pid now belongs to a stranger is removed.
func (c *Cluster) sweep() error {
	data := c.place.data()
	pid, _ := c.place.postmaster()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		left := processesIn(data)
		if len(left) == 0 {
			break
		}
		if pid == 0 || !slices.Contains(left, pid) { // no postmaster to tell them: they are stragglers of a killed one
			sig = syscall.SIGKILL
		} else {
			left = []int{pid}
		}
		for _, p := range left {
			_ = syscall.Kill(p, sig)
		}
		waitGone(data, 5*time.Second)
	}
	if left := processesIn(data); len(left) > 0 {
		return fmt.Errorf("processes %v of an earlier database do not end", left)
	}
	if pid > 0 && runtime.GOOS == "linux" {
		if err := os.Remove(c.place.pidFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the stale lock file: %w", err)
		}
	}
	return nil
}

func waitGone(data string, limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(pollEvery) {
		if len(processesIn(data)) == 0 {
			return
		}
	}
}

// arguments are the settings that differ from PostgreSQL's own defaults.
func (c *Cluster) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": c.place.socket,
		"unix_socket_permissions": "0777", // the folder is 0700
		"port":                    fmt.Sprint(port),
		"password_encryption":     "scram-sha-256",
		// an error quotes what the user sent; whoever sent the statement gets it and logs what is safe
		"log_min_messages":           "log",
		"log_error_verbosity":        "terse",
		"log_min_error_statement":    "panic",
		"log_parameter_max_length":   "0",
		"log_timezone":               "UTC",
		"timezone":                   "UTC",
		"checkpoint_timeout":         "15min",
		"max_wal_size":               "1GB",
		"wal_level":                  "replica",
		"wal_compression":            "on",
		"default_toast_compression":  "pglz",
		"dynamic_shared_memory_type": "posix",
	}
	if sharedMemoryIsSmall() {
		settings["dynamic_shared_memory_type"] = "mmap"
	}
	if runtime.GOOS != "linux" {
		delete(settings, "dynamic_shared_memory_type")
	}
	maps.Copy(settings, c.cfg.Settings)
	args := []string{"-D", c.place.data()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// environment is small on purpose: PG* variables of the caller must not reach the server.
func (c *Cluster) environment() []string {
	return []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + c.build.Bin + ":/usr/bin:/bin", "HOME=" + c.place.home}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
