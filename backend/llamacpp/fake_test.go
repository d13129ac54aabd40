//go:build unix

package llamacpp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/llamacpp"
)

// The tests run this test binary once more as the server that the engine
// supervises: it speaks the same HTTP as the real one and misbehaves on demand.

const fakeVariable = "NEXUS_FAKE_LLAMA" // how to misbehave; see fakeServer

func TestMain(m *testing.M) {
	if how, ok := os.LookupEnv(fakeVariable); ok && len(os.Args) > 1 && os.Args[1] == "--host" {
		os.Exit(fakeServer(how))
	}
	os.Exit(m.Run())
}

// flagValue reads one of the launch options.
func flagValue(name string) string {
	for i, a := range os.Args[:len(os.Args)-1] {
		if a == name {
			return os.Args[i+1]
		}
	}
	return ""
}

// fakeServer is a llama.cpp server. The comma-separated words of how:
// refuse (exit 1 at once), slow (503 for a while), deaf (ignores TERM).
func fakeServer(how string) int {
	if strings.Contains(how, "refuse") {
		fmt.Fprintln(os.Stderr, "error loading model")
		return 1
	}
	if os.Getenv("GOMP_SPINCOUNT") != "0" {
		fmt.Fprintln(os.Stderr, "GOMP_SPINCOUNT is not 0")
		return 2
	}
	if strings.Contains(how, "deaf") {
		signal.Ignore(syscall.SIGTERM)
	}
	key, err := os.ReadFile(flagValue("--api-key-file"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	l, err := net.Listen("unix", flagValue("--host")) // fails on a stale socket, as the real one does
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	ready := new(atomic.Bool)
	loaded := time.Now()
	if strings.Contains(how, "slow") {
		loaded = loaded.Add(400 * time.Millisecond)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		ready.Store(time.Now().After(loaded))
		if !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+strings.TrimSpace(string(key)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fakeAnswer(w, r)
	})
	err = http.Serve(l, mux) //nolint:gosec // a test's own socket
	fmt.Fprintln(os.Stderr, err)
	return 5
}

// fakeAnswer tells its process id, streams until cut, or dies.
func fakeAnswer(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/die"):
		os.Exit(9)
	case strings.HasSuffix(r.URL.Path, "/stream"):
		for {
			if _, err := io.WriteString(w, "data: x\n\n"); err != nil || r.Context().Err() != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"pid": os.Getpid(), "args": os.Args[1:]})
	}
}

// fakeEngine is an Engine over the fake server that runs until the test ends.
func fakeEngine(t *testing.T, how string, change func(*llamacpp.Config)) *llamacpp.Engine {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The engine hands its own environment on: a wrapper sets the mood.
	bin := filepath.Join(t.TempDir(), "llama-server")
	script := fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' \"$@\"\n", fakeVariable, how, self)
	if err := os.WriteFile(bin, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cfg := llamacpp.Config{
		Kind: llamacpp.Chat, Dir: filepath.Join(t.TempDir(), "run"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Files:        llamacpp.Fixed(llamacpp.Files{Bin: bin, Model: "m.gguf", Alias: "tiny"}),
		FirstBackoff: 10 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	e, err := llamacpp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	run(t, e.Run)
	return e
}

// run runs something until the test ends and waits for it.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run ended with %v", err)
		}
	})
}

// answerOf is what the fake says of itself.
type answerOf struct {
	PID  int
	Args []string
}

// ask sends one request to the engine.
func ask(t *testing.T, e *llamacpp.Engine, path string) (answerOf, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ep := e.Endpoint()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ep.BaseURL+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+ep.Key)
	res, err := ep.HTTP.Do(req)
	if err != nil {
		return answerOf{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return answerOf{}, fmt.Errorf("status %s", res.Status)
	}
	var a answerOf
	return a, json.NewDecoder(res.Body).Decode(&a)
}

// await waits for a state; a test that waits in vain fails.
func await(t *testing.T, e *llamacpp.Engine, what string, ok func(llamacpp.State) bool) llamacpp.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for s := range e.Watch(ctx) {
		if ok(s) {
			return s
		}
	}
	t.Fatalf("never %s; last state %+v", what, e.State())
	return llamacpp.State{}
}

func phase(p llamacpp.Phase) func(llamacpp.State) bool {
	return func(s llamacpp.State) bool { return s.Phase == p }
}

// gone waits until a process has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
