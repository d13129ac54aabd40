package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"nexusai/backend/fault"
)

const (
	// watchEvery and watchMisses bound how long a process that hangs is kept.
	watchEvery  = 15 * time.Second
	watchMisses = 4
)

// session is one life of the server process, from ready to its end.
type session struct {
	ctx  context.Context //nolint:containedctx // its end cuts every request of this life
	http *http.Transport

	mu       sync.Mutex // guards what follows
	open     bool       // false once it is going down
	requests int
	lastUse  time.Time
}

// enter counts one more request; false: going down.
func (s *session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		s.requests++
	}
	return s.open
}

func (s *session) leave(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests--
	s.lastUse = now
}

// closeIfIdle takes no more requests if there was none for so long.
func (s *session) closeIfIdle(now time.Time, idle time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == 0 && now.Sub(s.lastUse) >= idle {
		s.open = false
	}
	return !s.open
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
}

// session runs the process once. It returns nil after being idle or when ctx
// ends, errCrashed when a serving process ended, else why it did not start.
func (e *Engine) session(ctx context.Context) error {
	files, err := e.cfg.Files(ctx, e.board.set)
	if err != nil {
		return fmt.Errorf("make the files present: %w", err)
	}
	e.board.set(State{Phase: Starting, Model: files.Alias})
	if files.Memory > 0 {
		if err := CheckMemory(files.Memory); err != nil {
			return err
		}
	}
	p, err := e.start(ctx, files)
	if err != nil {
		return startFault(err)
	}
	life, end := context.WithCancel(ctx)
	defer p.stop() // runs after end: first the requests are cut, then the process
	defer end()
	s := &session{ctx: life, open: true, lastUse: e.cfg.Now(), http: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, p.network, p.addr)
		},
		MaxIdleConnsPerHost: e.cfg.Parallel, IdleConnTimeout: time.Minute, DisableCompression: true,
	}}
	defer s.http.CloseIdleConnections()
	began := e.cfg.Now()
	if err := e.awaitHealth(life, s, p); err != nil {
		return err
	}
	e.cfg.Log.InfoContext(ctx, "local engine ready", "kind", e.cfg.Kind, "model", files.Alias, "dur_ms", e.cfg.Now().Sub(began).Milliseconds())
	e.serve(s)
	e.board.set(State{Phase: Ready, Model: files.Alias})
	err = e.attend(life, s, p)
	s.close()
	e.serve(nil)
	return err
}

func (e *Engine) serve(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.serving = s
	if s != nil {
		e.failure = nil
	}
}

// awaitHealth polls until the model is loaded: the socket answers long before.
func (e *Engine) awaitHealth(ctx context.Context, s *session, p *process) error {
	limit := time.NewTimer(e.cfg.StartTimeout)
	defer limit.Stop()
	for every := 25 * time.Millisecond; ; every = min(2*every, 250*time.Millisecond) {
		if e.healthy(ctx, s) {
			return nil
		}
		select {
		case <-p.exited:
			return startFault(fmt.Errorf("%w: %s", errRefused, p.lastWords()))
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return startFault(fmt.Errorf("not ready after %s", e.cfg.StartTimeout))
		case <-time.After(every):
		}
	}
}

// attend waits for the end of a serving process.
func (e *Engine) attend(ctx context.Context, s *session, p *process) error {
	idle := make(<-chan time.Time)
	if e.cfg.IdleAfter > 0 {
		t := time.NewTicker(max(e.cfg.IdleAfter/4, 5*time.Millisecond))
		defer t.Stop()
		idle = t.C
	}
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	for misses := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-p.exited:
			return fmt.Errorf("%w: %s", errCrashed, p.lastWords())
		case <-idle:
			if s.closeIfIdle(e.cfg.Now(), e.cfg.IdleAfter) {
				e.cfg.Log.InfoContext(ctx, "local engine idle, stopping", "kind", e.cfg.Kind)
				return nil
			}
		case <-watch.C:
			if misses++; e.healthy(ctx, s) {
				misses = 0
			}
			if misses >= watchMisses {
				return fmt.Errorf("%w: it no longer answers", errCrashed)
			}
		}
	}
}

// healthy asks the process whether its model is loaded.
func (e *Engine) healthy(ctx context.Context, s *session) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://llamacpp.local/health", nil)
	if err != nil {
		return false
	}
	res, err := s.http.RoundTrip(req)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 4096))
	return errors.Join(err, res.Body.Close()) == nil && res.StatusCode == http.StatusOK
}

// startFault is what a person learns about a process that did not start.
func startFault(err error) error {
	return fault.New(fault.Unavailable, "The local engine did not start.", err).
		WithHint("Its last words are in the log; make doctor checks the machine.")
}
