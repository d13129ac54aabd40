package blobtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nexusai/server/blob"
	"nexusai/server/secret"
)

const (
	serverName  = "versitygw-1.8.0"
	buildWithin = 9 * time.Minute // a cold build on a loaded machine
	startWithin = 20 * time.Second
)

// Server is a real S3 server (versitygw over a folder) behind a forwarder that
// a test can cut.
type Server struct {
	Config blob.S3Config // how to reach it; the bucket does not exist yet
	socket string
	listen net.Listener
	mu     sync.Mutex
	cut    bool       // guarded by mu
	open   []net.Conn // guarded by mu
}

// StartS3 starts a server that ends with the test. The first caller on a
// machine builds it into the cache, which takes minutes.
func StartS3(t testing.TB) *Server {
	t.Helper()
	program, err := build(t.Context())
	if err != nil {
		t.Fatalf("build the S3 server of the tests: %v", err)
	}
	dir, err := os.MkdirTemp("", "nxs3") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{socket: filepath.Join(dir, "s")}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, program, "--quiet", "--port", s.socket, "posix", filepath.Join(dir, "data"))
	s.forward(t)
	s.Config = blob.S3Config{
		Endpoint: "http://" + s.listen.Addr().String(), Bucket: "blobs",
		Key: "test-key", Secret: secret.NewText("test-secret"),
	}
	return s
}

func run(t testing.TB, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...) //nolint:noctx // the clean-up below ends it, after the tests that share it
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=test-key", "ROOT_SECRET_KEY=test-secret")
	cmd.SysProcAttr = ends()
	if err := start(cmd); err != nil {
		t.Fatalf("start the S3 server: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // "signal: killed"
	})
	socket := args[2]
	for end := time.Now().Add(startWithin); ; time.Sleep(20 * time.Millisecond) {
		conn, err := dial(socket)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the S3 server does not answer: %v", err)
		}
	}
}

func dial(socket string) (net.Conn, error) {
	d := net.Dialer{Timeout: startWithin}
	return d.DialContext(context.Background(), "unix", socket) // a Unix socket answers or refuses at once
}

// start keeps the thread: the child's end is tied to it.
func start(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread lives until the process ends
		started <- cmd.Start()
		select {}
	}()
	return <-started
}

func (s *Server) forward(t testing.TB) {
	t.Helper()
	var err error
	if s.listen, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := s.listen.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.pipe(in) })
		}
	})
	t.Cleanup(func() {
		s.listen.Close()
		s.Cut()
		wg.Wait()
	})
}

func (s *Server) pipe(in net.Conn) {
	defer in.Close()
	out, err := dial(s.socket)
	if err != nil {
		return
	}
	defer out.Close()
	s.mu.Lock()
	cut := s.cut
	s.open = append(s.open, in, out)
	s.mu.Unlock()
	if cut {
		return
	}
	done := make(chan struct{}, 2)
	for _, p := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(p[0], p[1]) // either side may leave first
			done <- struct{}{}
		}()
	}
	<-done
	in.Close()
	out.Close()
	<-done
}

// Cut breaks all connections and every later one.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	for _, conn := range s.open {
		conn.Close()
	}
	s.open = nil
}

// build returns the server's program out of the cache; of several processes
// one builds it.
func build(ctx context.Context) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, "bin", serverName)
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(program+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	ctx, cancel := context.WithTimeout(ctx, buildWithin)
	defer cancel()
	ours, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("where this module is: %w", err)
	}
	module := filepath.Join(filepath.Dir(strings.TrimSpace(string(ours))), "build/tools/s3server")
	cmd := exec.CommandContext(ctx, "go", "build", "-C", module, "-ldflags=-s -w", "-o", program+".new", "github.com/versity/versitygw/cmd/versitygw")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, os.Rename(program+".new", program)
}

func cacheDir() (string, error) {
	if dir := os.Getenv("NEXUS_CACHE"); dir != "" {
		return dir, nil
	}
	user, err := os.UserCacheDir()
	return filepath.Join(user, "nexusai"), err
}

// Mend ends what Cut began: connections made from now on last.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = false
}
