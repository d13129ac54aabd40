package llamacpp

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"nexusai/backend/fault"
)

// Files is what an engine is started from.
type Files struct {
	Bin     string // the llama.cpp server
	Model   string // path of the model file
	Alias   string // name under which the model answers
	Memory  int64  // bytes to have available before starting; 0: not checked
	Context int    // tokens the server holds, cut in equal parts for its slots; 0: 16384 for chat, 2048 for embeddings
}

// Config describes an Engine.
type Config struct {
	Kind Kind         // required
	Dir  string       // required; a folder of its own, made with mode 0700, for socket and key
	Log  *slog.Logger // required
	// Files makes the files present before each start and says what it is
	// doing. It may block for minutes. Required; see Fixed.
	Files func(ctx context.Context, report func(State)) (Files, error)
	// Rest is asked once a second while the engine is not running what state
	// to show; default: Stopped.
	Rest func() State
	// Refused is told that the process ended before it was ready; what it
	// returns, if not empty, is shown as State.Note. May be nil.
	Refused func(ctx context.Context) string

	Threads      int           // default: the number of CPUs
	Parallel     int           // slots: requests answered side by side, more are queued; default Slots
	Warm         bool          // start without being asked, and again after every end
	IdleAfter    time.Duration // stop after so long without requests; 0, or Warm: never
	StartTimeout time.Duration // from start to ready; default 3 min
	FirstBackoff time.Duration // pause after the first failure, doubling up to 30 s; default 500 ms
	Now          func() time.Time
}

// Endpoint is how to speak to an engine: the OpenAI protocol at BaseURL.
// Requests through HTTP start the engine when it is not running and wait for
// it; while it is being built or fetched they fail at once with a
// fault.ModelUnready.
type Endpoint struct {
	BaseURL string // ends in /v1
	Key     string // bearer token
	HTTP    *http.Client
}

// Engine is one supervised llama.cpp server process. All methods are safe for
// concurrent use.
type Engine struct {
	cfg    Config
	key    string
	board  *board
	demand chan struct{} // holds one wish to be started
	done   chan struct{} // closed when Run has returned

	mu       sync.Mutex   // guards what follows
	serving  *session     // nil unless ready
	failures int          // starts that failed, ever
	failure  *fault.Fault // the last one; nil once it served again
	retryAt  time.Time    // until then the failure is the answer
}

// Slots is how many requests an engine answers side by side by default.
const Slots = 4

const maxBackoff = 30 * time.Second

// errCrashed says that the process ended while it was serving.
var errCrashed = errors.New("llama.cpp server ended unexpectedly")

// Fixed is a Config.Files for files that are there already.
func Fixed(f Files) func(context.Context, func(State)) (Files, error) {
	return func(context.Context, func(State)) (Files, error) { return f, nil }
}

// New checks cfg and fills its defaults.
func New(cfg Config) (*Engine, error) {
	if cfg.Kind == "" || cfg.Dir == "" || cfg.Log == nil || cfg.Files == nil {
		return nil, errors.New("llamacpp: engine needs Kind, Dir, Log and Files")
	}
	if cfg.Warm {
		cfg.IdleAfter = 0
	}
	if cfg.Threads <= 0 {
		cfg.Threads = runtime.NumCPU()
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = Slots
	}
	if cfg.StartTimeout <= 0 {
		cfg.StartTimeout = 3 * time.Minute
	}
	if cfg.FirstBackoff <= 0 {
		cfg.FirstBackoff = 500 * time.Millisecond
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rest == nil {
		cfg.Rest = func() State { return State{Phase: Stopped} }
	}
	return &Engine{
		cfg: cfg, key: rand.Text(), board: newBoard(),
		demand: make(chan struct{}, 1), done: make(chan struct{}),
	}, nil
}

// State is the engine's state now.
func (e *Engine) State() State {
	s, _ := e.board.get()
	return s
}

// Watch sends the state now and each newer one until ctx ends, then closes. A
// slow reader misses states in between, never the last one.
func (e *Engine) Watch(ctx context.Context) <-chan State { return e.board.watch(ctx) }

// Endpoint never blocks; it stays valid over restarts.
func (e *Engine) Endpoint() Endpoint {
	return Endpoint{BaseURL: "http://" + string(e.cfg.Kind) + ".llamacpp.local/v1", Key: e.key, HTTP: &http.Client{Transport: &transport{e}}}
}

// Ready starts the engine if need be and blocks until it answers, however long
// building and fetching take. Errors are faults, or ctx's.
func (e *Engine) Ready(ctx context.Context) error {
	s, err := e.join(ctx, true)
	if err != nil {
		return err
	}
	s.leave(e.cfg.Now())
	return nil
}

// join waits for the engine to serve and counts one more request; the caller
// must leave. With patience it also waits out building and fetching.
func (e *Engine) join(ctx context.Context, patience bool) (*session, error) {
	e.mu.Lock()
	seen := e.failures
	e.mu.Unlock()
	for {
		state, changed := e.board.get()
		e.mu.Lock()
		s, failures, failure, wait := e.serving, e.failures, e.failure, e.retryAt.Sub(e.cfg.Now())
		e.mu.Unlock()
		if s != nil && s.enter() {
			return s, nil
		}
		if failure != nil && (failures > seen || wait > 0) {
			return nil, later(failure, wait)
		}
		if !patience && state.Slow() && state.Phase != Absent {
			return nil, state.Unready()
		}
		e.wish()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-e.done:
			return nil, fault.New(fault.Unavailable, "The local model is shut down.", nil)
		}
	}
}

// wish asks Run to start the engine.
func (e *Engine) wish() {
	select {
	case e.demand <- struct{}{}:
	default: // asked already
	}
}

// later adds how long to wait to a failure that is still fresh.
func later(f *fault.Fault, wait time.Duration) *fault.Fault {
	c := *f
	c.RetryAfter = max(wait, time.Second)
	return &c
}

// Run supervises the process until ctx ends, then stops it and returns nil.
// Call it once.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.done)
	again, row := e.cfg.Warm, 0 // row: failures in a row
	for ctx.Err() == nil {
		if !again && !e.rest(ctx) {
			break
		}
		if !pause(ctx, e.backoff(row)) {
			break
		}
		began := e.cfg.Now()
		err := e.session(ctx)
		if err == nil || e.cfg.Now().Sub(began) > time.Minute {
			row = 0
		}
		if err != nil && ctx.Err() == nil {
			row++
			e.fail(ctx, err, row)
		}
		again = e.cfg.Warm || errors.Is(err, errCrashed)
	}
	e.board.set(State{Phase: Stopped})
	return nil
}

// rest waits for somebody to need the engine; false: ctx ended first.
func (e *Engine) rest(ctx context.Context) bool {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		// A failure stays in sight until there is something newer to show.
		if now, idle := e.State(), e.cfg.Rest(); now.Phase != Failed || idle.Phase == Building {
			e.board.set(idle)
		}
		select {
		case <-e.demand:
			return true
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// fail shows and logs what ended a session. After a crash the engine is on its
// way again at once, so nobody who waits is turned away.
func (e *Engine) fail(ctx context.Context, err error, row int) {
	pause := e.backoff(row)
	e.cfg.Log.Log(ctx, e.loudness(row), "local engine ended", "kind", e.cfg.Kind, "attempt", row, "err", fault.Cause(err))
	if errors.Is(err, errCrashed) && row < 5 {
		e.board.set(State{Phase: Starting, Note: "The local engine stopped unexpectedly and is being restarted."})
		return
	}
	state := e.State()
	state.Err = fault.From(err)
	if state.Phase != Absent {
		state.Phase = Failed
	}
	if e.cfg.Refused != nil && errors.Is(err, errRefused) {
		state.Note = e.cfg.Refused(ctx)
	}
	e.mu.Lock()
	e.failures++
	e.failure = state.Err
	e.retryAt = e.cfg.Now().Add(pause)
	e.mu.Unlock()
	e.board.set(state) // last: it wakes those who wait
}

// loudness keeps a warm engine whose files are missing from warning each time
// that it looks for them.
func (e *Engine) loudness(row int) slog.Level {
	if row > 1 && e.State().Phase == Absent {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// backoff is the pause before the next start after row failures in a row.
// Missing files are looked for often: somebody may be making them.
func (e *Engine) backoff(row int) time.Duration {
	if row == 0 {
		return 0
	}
	if e.State().Phase == Absent {
		row = min(row, 3)
	}
	return min(e.cfg.FirstBackoff<<min(row-1, 10), maxBackoff)
}

// pause sleeps; false: ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
