package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/disktest"
)

func TestStartsSignsInAndStops(t *testing.T) {
	r := checkout(t)
	s, err := r.startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensureOwner(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.ownerFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file: %v, %v", info, err)
	}
	app, err := r.startDesktop(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.answers(t.Context(), s, app, ""); err != nil {
		t.Error(err)
	}
	if link, err := r.consoleLink(t.Context(), s); err != nil || !strings.HasSuffix(link, "/console/#token=abc") {
		t.Errorf("console link %q, %v", link, err)
	}
	if err := r.family.stopAll(); err != nil {
		t.Error(err)
	}
	for _, c := range []*child{s.child, app} {
		if !c.ok() {
			t.Errorf("%s ended with %s", c.name, c.fate())
		}
	}
}

func TestOwnerIsMadeOnceAlsoAfterACut(t *testing.T) {
	r := checkout(t)
	s, err := r.startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensureOwner(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(r.ownerFile())
	if err != nil {
		t.Fatal(err)
	}
	// The run was cut between making the owner and noting it.
	if err := os.Rename(r.ownerFile(), r.ownerFile()+".new"); err != nil {
		t.Fatal(err)
	}
	if err := r.ensureOwner(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if second, _ := os.ReadFile(r.ownerFile()); string(second) != string(first) {
		t.Error("the owner has another password now")
	}
}

func TestLostPasswordIsExplained(t *testing.T) {
	r := checkout(t)
	s, err := r.startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensureOwner(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(r.ownerFile()); err != nil {
		t.Fatal(err)
	}
	var said sentence
	if err := r.ensureOwner(t.Context(), s); !errors.As(err, &said) || !strings.Contains(string(said), "put it back, or move") {
		t.Errorf("got %v", err)
	}
}

func TestNewServerDataGetsANewOwner(t *testing.T) {
	r := checkout(t)
	if err := os.WriteFile(r.ownerFile(), []byte(`{"email":"owner@nexus.local","password":"of another server"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := r.startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensureOwner(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var o owner
	if err := readJSON(r.ownerFile(), &o); err != nil || signIn(t.Context(), s.url, o) != nil {
		t.Errorf("the owner on disk cannot sign in: %v", err)
	}
}

func TestServerThatDoesNotStartIsExplained(t *testing.T) {
	r := checkout(t)
	if err := os.Mkdir(filepath.Join(r.data, "broken"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := r.startServer(t.Context())
	var said sentence
	if !errors.As(err, &said) || !strings.Contains(string(said), "no PostgreSQL with pgvector") {
		t.Errorf("got %v", err)
	}
}

func TestTakenPortMovesOn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	if got, err := choosePort(taken); err != nil || got <= taken {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestNoFreePortIsExplained(t *testing.T) {
	t.Parallel()
	const want = 28700
	for port := want; port < want+50; port++ {
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil { // else somebody has it
			t.Cleanup(func() { l.Close() })
		}
	}
	var said sentence
	if port, err := choosePort(want); !errors.As(err, &said) || !strings.Contains(string(said), "free one, or start with another, as in bin/run --port") {
		t.Errorf("got %d, %v", port, err)
	}
}

func TestLowDiskIsExplained(t *testing.T) {
	disk := disktest.Small(t, 8<<20)
	for _, tight := range []string{"data", "cache"} {
		r := checkout(t)
		switch tight {
		case "data":
			r.data = disk
		case "cache":
			t.Setenv("NEXUS_CACHE", filepath.Join(disk, "not", "there", "yet"))
		}
		var said sentence
		if err := r.checkDisk(true); !errors.As(err, &said) || !strings.Contains(string(said), "free some and start again") || !strings.Contains(string(said), disk) {
			t.Errorf("%s on a small disk: %v", tight, err)
		}
	}
}

func TestADataFolderThatCannotBeIsExplained(t *testing.T) {
	r := checkout(t)
	if err := os.WriteFile("a file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.data = filepath.Join(filepath.Dir(r.data), "a file", "data")
	var said sentence
	if _, err := r.lock(); !errors.As(err, &said) || !strings.Contains(string(said), "cannot be made") {
		t.Errorf("got %v", err)
	}
}

func TestSecondRunOnTheSameDataIsRefused(t *testing.T) {
	r := checkout(t)
	unlock, err := r.lock()
	if err != nil {
		t.Fatal(err)
	}
	var said sentence
	if _, err := r.lock(); !errors.As(err, &said) {
		t.Errorf("got %v", err)
	}
	unlock()
	if unlock, err = r.lock(); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestDeafChildrenAndStraysAreKilled(t *testing.T) {
	t.Parallel()
	f := newFamily()
	file := filepath.Join(t.TempDir(), "stray")
	// The child ignores TERM; its own child leaves the group, as a daemon does.
	c, err := f.start("deaf", 100*time.Millisecond, nil, func(string) {}, "sh", "-c",
		"trap '' TERM; setsid sh -c 'echo $$ >"+file+"; sleep 60' & sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the stray runs", func() bool { text, _ := os.ReadFile(file); return len(text) > 0 })
	if err := f.stopAll(); err == nil {
		t.Error("a stray process was not reported")
	}
	if c.ok() {
		t.Error("a killed child counts as one that ended well")
	}
	text, _ := os.ReadFile(file)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the stray is gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

func TestCtrlCWhileSettingUpIsNoFailure(t *testing.T) {
	checkout(t)
	for _, dir := range []string{"app", "backend", "server", "sync", "frontend", "build/setup"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const script = "#!/bin/sh\ntouch begun; sleep 60\n"
	for name, text := range map[string]string{"main.go": "", "go.mod": "", "go.sum": "", "build/setup/all.sh": script} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]error{"": nil, "--check": context.Canceled} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		args := []string{"--browser", "--data", "data"}
		if name != "" {
			args = append(args, name)
		}
		go func() { ended <- runAll(ctx, args) }()
		waitFor(t, "the set-up runs", func() bool { return os.Remove("begun") == nil })
		cancel()
		if err := <-ended; !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinesAreWholeHoweverTheyArrive(t *testing.T) {
	t.Parallel()
	var got []string
	w := &lineWriter{call: func(s string) { got = append(got, s) }}
	for _, part := range []string{"a", "b\nc\n", "", "d"} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	w.flush()
	if strings.Join(got, "|") != "ab|c|d" {
		t.Errorf("got %q", got)
	}
}

func TestFingerprintFollowsTheSources(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"app", "backend", "server", "sync", "frontend/node_modules", "bin"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range append([]string{"main.go", "go.mod", "go.sum", "app/a.go"}, programs...) {
		write(name, "x")
	}
	first, err := fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	write(builtFile, first)
	write("frontend/node_modules/x.js", "not a source")
	write("app/a_test.go", "not built")
	if again, _ := fingerprint(); again != first || !built(again) {
		t.Error("it wants to build again although no source changed")
	}
	write("app/a.go", "changed")
	if after, _ := fingerprint(); built(after) {
		t.Error("it does not build a changed source")
	}
	if err := os.Remove(programs[0]); err != nil {
		t.Fatal(err)
	}
	if built(first) {
		t.Error("it does not build a program that is missing")
	}
}

func TestCommandsFromThePasteLine(t *testing.T) {
	t.Parallel()
	f := newFamily()
	c, err := f.start("echo", time.Second, nil, func(string) {}, "true", "a b", "it's")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.wait(t.Context()); err != nil {
		t.Error(err)
	}
	if got := c.shell(); got != `true 'a b' 'it'\''s'` {
		t.Errorf("got %s", got)
	}
}

func TestUnknownCommandIsASentence(t *testing.T) {
	t.Parallel()
	if code := command([]string{"nonsense"}); code != 1 {
		t.Errorf("exit status %d", code)
	}
}
