package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxSocketPath is below the 104 to 108 bytes that systems allow.
	maxSocketPath = 100
	// firstGrace and secondGrace are how long the process may take after each
	// TERM; the second one makes it drop streams that are still open.
	firstGrace  = 1500 * time.Millisecond
	secondGrace = 2 * time.Second
)

// errRefused says that the process ended before it was ready: a bad model, a
// bad option.
var errRefused = errors.New("llama.cpp server refused to start")

// process is one llama.cpp server, running or ended.
type process struct {
	cmd           *exec.Cmd
	network, addr string
	exited        chan struct{} // closed after the process was waited for
	tail          *tail
	clean         []string // files and folders to remove at the end
}

// start launches the server. Its socket file outlives it, and a stale one
// would keep the next from starting. The end of ctx does not kill it: stop does.
func (e *Engine) start(ctx context.Context, f Files) (*process, error) {
	if err := os.MkdirAll(e.cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the engine's folder: %w", err)
	}
	if err := os.Chmod(e.cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("close the engine's folder: %w", err)
	}
	keyFile := filepath.Join(e.cfg.Dir, string(e.cfg.Kind)+".key")
	if err := os.WriteFile(keyFile, []byte(e.key+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the engine's key: %w", err)
	}
	p := &process{exited: make(chan struct{}), tail: new(tail), clean: []string{keyFile}}
	listen, err := e.address(ctx, p)
	if err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), f.Bin, append(listen, e.args(f, keyFile)...)...)
	// Without this, idle worker threads spin: on a busy machine generation
	// drops from 8 tokens a second to 1.
	p.cmd.Env = append(os.Environ(), "GOMP_SPINCOUNT=0")
	p.cmd.Stdout, p.cmd.Stderr = p.tail, p.tail
	p.cmd.WaitDelay = time.Second
	ownGroup(p.cmd)
	started := make(chan error, 1)
	go p.hold(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", f.Bin, err)
	}
	return p, nil
}

// hold starts the process and waits for it on one system thread: on Linux the
// process is killed when the thread that started it ends.
func (p *process) hold(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.exited)
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // how it ended shows in its last words
	}
}

// address chooses where the server listens: a socket in the closed folder, or
// a free port where there are no such sockets.
func (e *Engine) address(ctx context.Context, p *process) ([]string, error) {
	if runtime.GOOS == "windows" {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		p.network, p.addr = "tcp", l.Addr().String()
		_, port, _ := net.SplitHostPort(p.addr)
		return []string{"--host", "127.0.0.1", "--port", port}, l.Close()
	}
	dir := e.cfg.Dir
	if len(dir)+len("/embeddings.sock") > maxSocketPath {
		short, err := os.MkdirTemp("", "nexus-")
		if err != nil {
			return nil, fmt.Errorf("make a short folder for the socket: %w", err)
		}
		p.clean = append(p.clean, short)
		dir = short
	}
	p.network, p.addr = "unix", filepath.Join(dir, string(e.cfg.Kind)+".sock")
	p.clean = append([]string{p.addr}, p.clean...)
	if err := os.Remove(p.addr); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the stale socket: %w", err)
	}
	return []string{"--host", p.addr}, nil
}

// args are the launch options. The server's defaults would be 8 GiB of prompt
// cache, a web page, and 30 s between the pings that notice a dead stream. The
// context is cut in equal parts, one a slot: in one shared pool (--kv-unified)
// four long conversations make each other fail (tried, November 2026).
func (e *Engine) args(f Files, keyFile string) []string {
	n := strconv.Itoa
	tokens := f.Context
	if tokens <= 0 {
		tokens = map[Kind]int{Chat: 16384, Embeddings: 2048}[e.cfg.Kind]
	}
	args := []string{
		"-m", f.Model, "--api-key-file", keyFile, "--alias", f.Alias,
		"-np", n(e.cfg.Parallel), "-c", n(tokens), "-t", n(e.cfg.Threads),
		"--metrics", "--slots", "--no-ui", "--offline",
	}
	if e.cfg.Kind == Embeddings {
		return append(args, "--embeddings", "--pooling", "mean", "-b", "512", "-ub", "512")
	}
	return append(args, "--jinja", "--cache-ram", "256", "--sse-ping-interval", "1")
}

// stop ends the process and waits for it: TERM, TERM again, KILL.
func (p *process) stop() {
	for _, grace := range []time.Duration{firstGrace, secondGrace} {
		terminate(p.cmd)
		if p.gone(grace) {
			break
		}
	}
	kill(p.cmd) // also what it may have started itself
	<-p.exited
	for _, path := range p.clean {
		_ = os.Remove(path)
	}
}

func (p *process) gone(within time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	select {
	case <-p.exited:
		return true
	case <-ctx.Done():
		return false
	}
}

// lastWords is how the process ended and the end of what it printed, for the log.
func (p *process) lastWords() string {
	lines := strings.Split(p.tail.String(), "\n")
	return p.cmd.ProcessState.String() + "; " + strings.Join(lines[max(0, len(lines)-4):], "\n")
}

// tail keeps the last bytes written to it. The server prints no prompts or
// answers at its default verbosity.
type tail struct {
	mu  sync.Mutex // guards buf
	buf []byte
}

const tailBytes = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(strings.TrimSpace(string(t.buf)), "")
}
