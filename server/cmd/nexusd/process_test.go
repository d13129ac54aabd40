package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be nexusd itself, so that tests kill and signal
// a real process.
func TestMain(m *testing.M) {
	if os.Getenv("NEXUS_TEST_NEXUSD") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a nexusd under test.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	log  *buffer
	done chan struct{} // closed when it has ended
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func nexusd(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "NEXUS_TEST_NEXUSD=1", "NEXUS_ENGINE=false")
	return cmd
}

// start waits for the line that says where it listens, which is the first.
func start(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	p := &process{t: t, log: &buffer{}, done: make(chan struct{})}
	p.cmd = nexusd(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.signal(syscall.SIGKILL); <-p.done })
	first := make(chan string, 1)
	go func() {
		defer close(p.done)
		lines := bufio.NewScanner(out)
		lines.Scan()
		first <- lines.Text()
		_, _ = io.Copy(io.Discard, out)
		_ = p.cmd.Wait()
	}()
	select {
	case line := <-first:
		url, ok := strings.CutPrefix(line, "listening on ")
		if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") {
			t.Fatalf("first line %q\n%s", line, p.log)
		}
		p.url = url
	case <-time.After(90 * time.Second):
		t.Fatalf("nothing in 90 s\n%s", p.log)
	}
	return p
}

func (p *process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// ended waits for the process and returns its exit status.
func (p *process) ended(limit time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		p.t.Fatalf("still running after %s\n%s", limit, p.log)
	}
	return p.cmd.ProcessState.ExitCode()
}

// get returns the status, or 0 when there was no answer.
func (p *process) get(path string) (int, string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func (p *process) until(path string, status int, limit time.Duration) time.Duration {
	p.t.Helper()
	began := time.Now()
	for {
		got, body := p.get(path)
		if got == status {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			p.t.Fatalf("%s answers %d %s after %s, want %d\n%s", path, got, body, limit, status, p.log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// folder is a data folder that PostgreSQL's own user can reach also when the
// tests run as root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "nexusd-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}
