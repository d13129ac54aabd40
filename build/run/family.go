package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// family is every process that this run started. Each lives in a group of its
// own, so that Ctrl-C reaches only this program, which then stops them in the
// right order, and carries a mark in its environment by which strays of theirs
// are found.
type family struct {
	mark string

	mu      sync.Mutex // guards members
	members []*child
}

// child is one process with its group.
type child struct {
	name   string
	cmd    *exec.Cmd
	grace  time.Duration // after TERM, before KILL
	exited chan struct{} // closed after it was waited for
}

const markVariable = "NEXUS_RUN"

func newFamily() *family { return &family{mark: markVariable + "=" + rand.Text()} }

// start launches argv with lines called for each line of its standard output
// and error. The order in which children are started is the reverse of that in
// which they are stopped.
func (f *family) start(name string, grace time.Duration, env []string, lines func(string), argv ...string) (*child, error) {
	c := &child{name: name, grace: grace, exited: make(chan struct{})}
	c.cmd = exec.Command(argv[0], argv[1:]...)
	c.cmd.Env = append(append(os.Environ(), env...), f.mark)
	c.cmd.SysProcAttr = ownGroup()
	c.cmd.WaitDelay = 2 * time.Second
	out := &lineWriter{call: lines}
	c.cmd.Stdout, c.cmd.Stderr = out, out
	started := make(chan error, 1)
	go c.hold(started, out)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members = append(f.members, c)
	return c, nil
}

// hold starts and waits on one system thread: on Linux the process is told to
// end when the thread that started it ends.
func (c *child) hold(started chan<- error, out *lineWriter) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.exited)
	err := c.cmd.Start()
	started <- err
	if err == nil {
		_ = c.cmd.Wait() // fate tells
	}
	out.flush()
}

// stop ends the child's group: TERM, and KILL after its grace.
func (c *child) stop() {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-c.exited:
	case <-time.After(c.grace):
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // what is left of the group, if anything
	<-c.exited
}

// ok tells whether an ended child ended of its own will.
func (c *child) ok() bool { return c.cmd.ProcessState != nil && c.cmd.ProcessState.Success() }

func (c *child) fate() string { return c.cmd.ProcessState.String() }

// shell is the command for a person to paste.
func (c *child) shell() string {
	words := slices.Clone(c.cmd.Args)
	for i, w := range words {
		if strings.ContainsAny(w, " '\"$\\") {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// wait blocks until the child ends and reports how.
func (c *child) wait(ctx context.Context) error {
	select {
	case <-c.exited:
	case <-ctx.Done():
		c.stop()
		return ctx.Err()
	}
	if c.ok() {
		return nil
	}
	return fmt.Errorf("%s: %s", c.name, c.fate())
}

// stopAll stops the children, the last started first, and then makes sure that
// nothing of theirs is left.
func (f *family) stopAll() error {
	f.mu.Lock()
	members := slices.Clone(f.members)
	f.mu.Unlock()
	for _, c := range slices.Backward(members) {
		c.stop()
	}
	strays := f.strays()
	if len(strays) == 0 {
		return nil
	}
	names := make([]string, 0, len(strays))
	for _, pid := range strays {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		names = append(names, fmt.Sprintf("%d %.80s", pid, strings.ReplaceAll(string(command), "\x00", " ")))
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return sentencef("These would not stop and were killed: %s", strings.Join(names, "; "))
}

// strays lists processes that carry the mark. It gives those that are just
// ending a moment.
func (f *family) strays() []int {
	var found []int
	for range 20 {
		if found = f.marked(); len(found) == 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return found
}

func (f *family) marked() []int {
	files, _ := filepath.Glob("/proc/[0-9]*/environ") // none where there is no /proc
	var found []int
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), f.mark) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(file, "/proc/%d/", &pid); err == nil && pid != os.Getpid() {
			found = append(found, pid)
		}
	}
	return found
}

// lineWriter calls a function for each whole line. Safe for concurrent use.
type lineWriter struct {
	call func(string)
	mu   sync.Mutex // guards rest
	rest string
}

// maxLine bounds what is kept of a line without end.
const maxLine = 64 << 10

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest += string(p)
	for {
		line, rest, whole := strings.Cut(w.rest, "\n")
		if !whole {
			break
		}
		w.rest = rest
		w.call(line)
	}
	if len(w.rest) > maxLine {
		w.rest = ""
		return 0, errors.Join(io.ErrShortWrite, errors.New("a line without end"))
	}
	return len(p), nil
}

func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rest != "" {
		w.call(w.rest)
		w.rest = ""
	}
}
