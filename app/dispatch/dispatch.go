// Package dispatch takes each waiting message to a model and its answer back.
//
// A wish for an answer is a row (localdb.Run) before it is anything else, so a
// crash at any moment leaves it in the queue. What runs on the server is
// attached to, never owned; what runs here is begun anew after a crash, under
// the same answer id.
package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/sync/wire"
)

// LocalPrefix marks models that run on this device.
const LocalPrefix = "local/"

type journal interface {
	// Write stores operations with their outbox entries; they survive a crash.
	Write(ctx context.Context, ops ...wire.Op) error
	// Kick exchanges changes with the server now.
	Kick()
}

type remote interface {
	// Missing is empty while the server can be asked; otherwise what is missing.
	Missing() fault.Code
	Chat(ctx context.Context, r httpapi.ChatRequest) (httpapi.Run, error)
	Stream(ctx context.Context, runID string, after int64, fn func(httpapi.RunEvent) error) error
	Stop(ctx context.Context, runID string) (httpapi.Run, error)
}

type engine interface {
	// Open returns a client for a local model, by its id without the prefix,
	// and how many tokens prompt and answer may have together. It does not
	// wait: a model that is being fetched is fault.ModelUnready.
	Open(ctx context.Context, model string) (client llm.Client, tokens int, err error)
}

type pages interface {
	Hint(topic, id string)
	Run(e httpapi.RunEvent)
}

// Config is what New needs; everything without a default is required.
type Config struct {
	DB      *localdb.DB
	Journal journal
	Server  remote
	Engine  engine
	Pages   pages
	Log     *slog.Logger
	Now     func() time.Time // default time.Now
	NewID   func() string    // default uuid.NewV7

	Coalesce   time.Duration // pause between two events of a run; default 33 ms
	Checkpoint time.Duration // pause between two stored texts; default 1.5 s
	Retry      time.Duration // first pause after a failure; doubles up to a minute; default 1 s
	// Settle is how long a send waits for what it builds on to reach the server
	// by sync; default 5 s.
	Settle time.Duration
}

// Dispatcher owns the queue. Its methods may be called concurrently.
type Dispatcher struct {
	cfg  Config
	wake chan struct{}

	mu   sync.Mutex       // guards what follows
	live map[string]*live // by run id: those being worked on and the last ones that ended
	old  []string         // ids of ended runs in live, oldest first
	held map[string]bool  // runs whose message is not stored yet
	work sync.WaitGroup   // one for each run being worked on

	sending sync.Mutex // one Send at a time; held over its two writes
}

// remembered is how many ended runs stay in memory with their text.
const remembered = 64

// New checks cfg.
func New(cfg Config) (*Dispatcher, error) {
	if cfg.DB == nil || cfg.Journal == nil || cfg.Server == nil || cfg.Engine == nil || cfg.Pages == nil || cfg.Log == nil {
		return nil, errors.New("dispatch: DB, Journal, Server, Engine, Pages and Log are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&cfg.Coalesce, 33 * time.Millisecond}, {&cfg.Checkpoint, 1500 * time.Millisecond}, {&cfg.Retry, time.Second}, {&cfg.Settle, 5 * time.Second}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return &Dispatcher{cfg: cfg, wake: make(chan struct{}, 1), live: map[string]*live{}, held: map[string]bool{}}, nil
}

// Kick looks at the queue now: a route may be back.
func (d *Dispatcher) Kick() {
	select {
	case d.wake <- struct{}{}:
	default: // a look is due already
	}
}

// sweep bounds how late a run is whose time has come.
const sweep = time.Second

// Run works on the queue until ctx ends, then waits for what it started.
func (d *Dispatcher) Run(ctx context.Context) error {
	defer d.work.Wait()
	if err := d.settleSends(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	tick := time.NewTicker(sweep)
	defer tick.Stop()
	for {
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			d.cfg.Log.ErrorContext(ctx, "queue not read", "err", fault.Cause(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.wake:
		case <-tick.C:
		}
	}
}

// settleSends ends what a crash cut off. No send is under way meanwhile: its
// half would look the same.
func (d *Dispatcher) settleSends(ctx context.Context) error {
	d.sending.Lock()
	defer d.sending.Unlock()
	return d.cfg.DB.TidyRuns(ctx, true)
}

// look starts every run whose turn it is. Within a conversation and a route
// they go one after the other, in the order they were asked for.
func (d *Dispatcher) look(ctx context.Context) error {
	queue, err := d.cfg.DB.QueuedRuns(ctx)
	if err != nil {
		return err
	}
	busy := map[string]bool{}
	for _, r := range queue {
		if r.State == "failed" || d.isHeld(r.ID) {
			continue
		}
		line := r.ConversationID + "|" + route(r.Model)
		if busy[line] {
			continue
		}
		busy[line] = true
		if missing := d.missing(r); missing != "" {
			d.wait(ctx, r, missing)
			continue
		}
		if d.cfg.Now().Before(r.NextAt) {
			continue
		}
		if err := d.begin(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (d *Dispatcher) isHeld(runID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held[runID]
}

func route(model string) string {
	if strings.HasPrefix(model, LocalPrefix) {
		return "local"
	}
	return "server"
}

// missing is why a run cannot begin at all now.
func (d *Dispatcher) missing(r localdb.Run) fault.Code {
	if route(r.Model) == "local" {
		return ""
	}
	return d.cfg.Server.Missing()
}

// wait tells once why a run waits.
func (d *Dispatcher) wait(ctx context.Context, r localdb.Run, missing fault.Code) {
	d.mu.Lock()
	_, working := d.live[r.ID]
	d.mu.Unlock()
	if working || (r.State == "waiting" && r.WaitsFor == string(missing)) {
		return
	}
	r.WaitsFor = string(missing)
	if r.RemoteID == "" {
		r.State = "waiting"
	}
	d.save(ctx, r)
}

// begin works on a run in a goroutine of its own, unless somebody does or it
// ended since queued was read: what ended must not be asked again.
func (d *Dispatcher) begin(ctx context.Context, queued localdb.Run) error {
	if l := d.working(queued.ID); l != nil && !l.over() {
		return nil
	}
	// Whoever worked on it has stored how that ended before it was over.
	r, err := d.cfg.DB.Run(ctx, queued.ID)
	if fault.CodeOf(err) == fault.NotFound {
		return nil // withdrawn
	}
	if err != nil {
		return err
	}
	if !r.EndedAt.IsZero() || r.State == "failed" || d.cfg.Now().Before(r.NextAt) {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	l := newLive(r, d.cfg, cancel)
	d.mu.Lock()
	d.live[r.ID] = l
	d.mu.Unlock()
	d.work.Go(func() {
		defer cancel()
		if route(r.Model) == "local" {
			d.runHere(ctx, l, r)
		} else {
			d.runThere(ctx, l, r)
		}
		d.retire(l)
		d.Kick()
	})
	return nil
}

// retire forgets a run that went back into the queue, and keeps the last ones
// that ended.
func (d *Dispatcher) retire(l *live) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := l.id()
	if !l.over() {
		l.abandon()
		delete(d.live, id)
		return
	}
	d.old = append(d.old, id)
	if len(d.old) > remembered {
		delete(d.live, d.old[0])
		d.old = d.old[1:]
	}
}

// save stores r and tells the pages. The work goes on when the disk is full:
// the row as it was leads to the same work again after a restart.
func (d *Dispatcher) save(ctx context.Context, r localdb.Run) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := d.cfg.DB.SaveRun(ctx, r); err != nil {
		d.cfg.Log.ErrorContext(ctx, "run not saved", "run_id", r.ID, "err", fault.Cause(err))
	}
	d.tell(r)
}

// tell makes pages read what shows a run's state.
func (d *Dispatcher) tell(r localdb.Run) {
	d.cfg.Pages.Hint("thread", r.ConversationID)
	d.cfg.Pages.Hint("queue", r.MessageID)
}

// postpone puts a run back into the queue with the reason.
func (d *Dispatcher) postpone(ctx context.Context, r localdb.Run, err error) {
	f := fault.From(err)
	r.Attempts++
	pause := min(d.cfg.Retry<<min(r.Attempts-1, 6), time.Minute)
	if f.RetryAfter > 0 {
		pause = min(f.RetryAfter, 5*time.Minute)
	}
	r.State, r.WaitsFor, r.NextAt = "waiting", string(f.Code), d.cfg.Now().Add(pause)
	d.cfg.Log.InfoContext(ctx, "run waits", "run_id", r.ID, "attempt", r.Attempts, "err", fault.Cause(err))
	d.save(ctx, r)
}

// fail keeps a run in the visible queue until the person does something.
func (d *Dispatcher) fail(ctx context.Context, l *live, r localdb.Run, err error) {
	f := fault.From(err)
	d.cfg.Log.WarnContext(ctx, "run failed", "run_id", r.ID, "model", r.Model, "err", fault.Cause(err))
	r.State, r.WaitsFor = "failed", string(f.Code)
	d.save(ctx, r)
	l.end(httpapi.RunFailed, nil, httpapi.ProblemOf(f))
	d.tell(r)
}
