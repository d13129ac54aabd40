//go:build unix

package llamacpp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
)

func TestRequestStartsTheEngine(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t, "slow", nil)
	if s := e.State(); s.Phase != llamacpp.Stopped {
		t.Errorf("before the first request: %s", s.Phase)
	}
	a, err := ask(t, e, "/models")
	if err != nil {
		t.Fatal(err)
	}
	if s := e.State(); s.Phase != llamacpp.Ready || s.Model != "tiny" {
		t.Errorf("state %+v", s)
	}
	for _, want := range [][]string{{"-m", "m.gguf"}, {"--alias", "tiny"}, {"-np", "4"}, {"-c", "16384"}, {"--cache-ram", "256"}, {"--sse-ping-interval", "1"}, {"--jinja"}, {"--no-ui"}, {"--offline"}} {
		i := slices.Index(a.Args, want[0])
		if i < 0 || len(want) > 1 && a.Args[i+1] != want[1] {
			t.Errorf("launched without %v: %v", want, a.Args)
		}
	}
}

func TestSocketAndKeyAreClosedToOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	e := fakeEngine(t, "", func(c *llamacpp.Config) { c.Dir = dir })
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "chat.key"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v", filepath.Base(path), info.Mode(), err)
		}
	}
	res, err := e.Endpoint().HTTP.Get(e.Endpoint().BaseURL + "/models")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the key: %s", res.Status)
	}
}

func TestCrashIsRestarted(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t, "", nil)
	first, err := ask(t, e, "/models")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, e, "restarting", func(s llamacpp.State) bool { return s.Phase == llamacpp.Starting && s.Note != "" })
	second, err := ask(t, e, "/models")
	if err != nil {
		t.Fatal(err)
	}
	if first.PID == second.PID {
		t.Error("the same process answers after it was killed")
	}
}

func TestCrashInTheMiddleOfARequestFailsOnlyThatRequest(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t, "", nil)
	if _, err := ask(t, e, "/die"); err == nil {
		t.Fatal("a request to a dying process succeeded")
	}
	if _, err := ask(t, e, "/models"); err != nil {
		t.Errorf("the next request: %v", err)
	}
}

func TestRefusalIsAFaultAndIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	told := make(chan struct{}, 8)
	e := fakeEngine(t, "refuse", func(c *llamacpp.Config) {
		c.Refused = func(context.Context) string { told <- struct{}{}; return "note" }
	})
	err := e.Ready(t.Context())
	if fault.CodeOf(err) != fault.Unavailable || !strings.Contains(fault.Cause(err), "error loading model") {
		t.Fatalf("got %v, cause %q", err, fault.Cause(err))
	}
	if s := e.State(); s.Phase != llamacpp.Failed || s.Err == nil || s.Note != "note" {
		t.Errorf("state %+v", s)
	}
	<-told
	deadline := time.Now().Add(10 * time.Second)
	for len(told) == 0 && time.Now().Before(deadline) {
		if err := e.Ready(t.Context()); err == nil {
			t.Fatal("a refusing server became ready")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(told) == 0 {
		t.Error("it was never tried again")
	}
}

func TestStaleSocketIsRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "chat.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	e := fakeEngine(t, "", func(c *llamacpp.Config) { c.Dir = dir })
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestLongFolderGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	e := fakeEngine(t, "", func(c *llamacpp.Config) { c.Dir = dir })
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestIdleEngineStopsAndComesBack(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t, "", func(c *llamacpp.Config) { c.IdleAfter = 150 * time.Millisecond })
	first, err := ask(t, e, "/models")
	if err != nil {
		t.Fatal(err)
	}
	await(t, e, "stopped", phase(llamacpp.Stopped))
	gone(t, first.PID)
	if _, err := ask(t, e, "/models"); err != nil {
		t.Errorf("after being idle: %v", err)
	}
}

func TestRequestInFlightIsNotIdle(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t, "", func(c *llamacpp.Config) { c.IdleAfter = 50 * time.Millisecond })
	body := stream(t, e)
	buf := make([]byte, 9)
	for range 60 { // the fake sends one every 5 ms: six times the idle limit
		if _, err := io.ReadFull(body, buf); err != nil {
			t.Fatalf("the stream was cut: %v", err)
		}
	}
	body.Close()
	await(t, e, "stopped after the stream", phase(llamacpp.Stopped))
}

// stream opens an answer that never ends.
func stream(t *testing.T, e *llamacpp.Engine) io.ReadCloser {
	t.Helper()
	ep := e.Endpoint()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ep.BaseURL+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+ep.Key)
	res, err := ep.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res.Body
}

func TestStopCutsStreamsAndKillsTheDeaf(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"", "deaf"} {
		t.Run("server "+how, func(t *testing.T) {
			t.Parallel()
			var cfg llamacpp.Config
			fakeEngine(t, how, func(c *llamacpp.Config) { cfg = *c }) // for its configuration
			cfg.Dir = filepath.Join(t.TempDir(), "run")
			e, err := llamacpp.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var wg sync.WaitGroup
			wg.Go(func() { _ = e.Run(ctx) })
			a, err := ask(t, e, "/models")
			if err != nil {
				t.Fatal(err)
			}
			body := stream(t, e)
			began := time.Now()
			cancel()
			wg.Wait()
			gone(t, a.PID)
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("stopping took %s", took)
			}
			if _, err := io.Copy(io.Discard, body); err == nil {
				t.Error("the open stream ended as if it were whole")
			}
			if left, _ := filepath.Glob(filepath.Join(cfg.Dir, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if err := e.Ready(t.Context()); fault.CodeOf(err) != fault.Unavailable {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

func TestWarmEngineNeedsNoRequest(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t, "", func(c *llamacpp.Config) { c.Warm = true })
	await(t, e, "ready", phase(llamacpp.Ready))
}

func TestMemoryIsCheckedBeforeTheStart(t *testing.T) {
	t.Parallel()
	if _, known := llamacpp.AvailableMemory(); !known {
		t.Skip("this system does not tell") // nothing to check there: the product never refuses
	}
	e := fakeEngine(t, "", func(c *llamacpp.Config) {
		files := c.Files
		c.Files = func(ctx context.Context, report func(llamacpp.State)) (llamacpp.Files, error) {
			f, err := files(ctx, report)
			f.Memory = 1 << 50
			return f, err
		}
	})
	err := e.Ready(t.Context())
	if f := fault.From(err); f.Code != fault.Unavailable || !strings.Contains(f.Hint, "MB are free") {
		t.Errorf("got %+v", f)
	}
}

func TestRequestsFailAtOnceWhileTheEngineIsBuilt(t *testing.T) {
	t.Parallel()
	build := make(chan struct{})
	e := fakeEngine(t, "", func(c *llamacpp.Config) {
		c.Warm = true
		files := c.Files
		c.Files = func(ctx context.Context, report func(llamacpp.State)) (llamacpp.Files, error) {
			report(llamacpp.State{Phase: llamacpp.Building, Done: 37, Total: 206})
			select {
			case <-build:
			case <-ctx.Done():
				return llamacpp.Files{}, ctx.Err()
			}
			return files(ctx, report)
		}
	})
	s := await(t, e, "building", phase(llamacpp.Building))
	if s.Done != 37 || s.Total != 206 {
		t.Errorf("progress %d of %d", s.Done, s.Total)
	}
	_, err := ask(t, e, "/models")
	if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Code != fault.ModelUnready || f.RetryAfter == 0 {
		t.Errorf("while building: %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- e.Ready(t.Context()) }()
	close(build)
	if err := <-waited; err != nil {
		t.Errorf("Ready did not wait for the build: %v", err)
	}
}

func TestNewRefusesWhatItCannotWorkWith(t *testing.T) {
	t.Parallel()
	if _, err := llamacpp.New(llamacpp.Config{}); err == nil {
		t.Error("an empty configuration was taken")
	}
}
