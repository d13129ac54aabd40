// Package replication is the device's half of sync on SQLite: it stores local
// changes with their outbox entry and exchanges them with a server.
package replication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// Config is what New needs.
type Config struct {
	// Writer has one connection, _txlock=immediate, synchronous=FULL; Reader
	// any number, read only. The tables of 0010_sync.sql are there. The caller
	// closes both after Run has returned.
	Writer, Reader *sql.DB
	Server         Transport        // required
	Now            func() time.Time // default time.Now
	Rand           *rand.Rand       // back-off jitter only; default seeded by chance
	NewID          func() string    // UUIDv7; default uuid.NewV7
	Log            *slog.Logger     // required
}

// ErrOtherUser is returned by Bind for a database that holds another user's
// things.
var ErrOtherUser = replica.ErrOtherUser

// ErrNotParked is returned by Retry and Discard for an operation that does not
// wait for a person.
var ErrNotParked = replica.ErrNotParked

// Replica is the synced half of the local database. All methods may be called
// concurrently, Run once at a time.
type Replica struct {
	cfg   Config
	store *store
	wake  chan struct{} // there is something to do; capacity 1
	feed  *feed

	mu      sync.Mutex // guards what follows; held for one transaction, never across the network
	machine *replica.Replica
	todo    []replica.Effect // for Run
	status  Status
	running bool
}

// New checks the configuration; it does no I/O. Write works without Run.
func New(cfg Config) (*Replica, error) {
	if cfg.Writer == nil || cfg.Reader == nil || cfg.Server == nil || cfg.Log == nil {
		return nil, errors.New("replication.Config needs Writer, Reader, Server and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	r := &Replica{cfg: cfg, store: &store{cfg.Writer}, wake: make(chan struct{}, 1), feed: newFeed()}
	r.status.Phase = Unbound
	return r, r.anew()
}

// anew forgets what was under way.
func (r *Replica) anew() (err error) {
	r.machine, err = replica.New(replica.Config{Store: r.store, Rand: r.cfg.Rand, NewID: r.cfg.NewID})
	r.todo = nil
	return err
}

// Write stores operations with their outbox entries in one transaction. When
// it returns nil they survive a crash. An op needs Entity, ID, Kind and Fields
// (wire.NewCreate, wire.NewUpdate); a create of a row that is there sets its
// fields. An impossible operation (an update of a row that is not there, a
// changed message) is a *merge.Refused, one too large to ever be sent a
// *journal.TooLargeError, and then nothing was stored.
func (r *Replica) Write(ctx context.Context, ops ...wire.Op) error {
	return r.ask(ctx, replica.Wrote{Ops: ops})
}

// Bind ties the database to a user's private scope after sign-in. Until then
// writes work and wait. Returns ErrOtherUser.
func (r *Replica) Bind(ctx context.Context, userID string) error {
	if err := r.ask(ctx, replica.Bound{Scope: "user:" + userID}); err != nil {
		return err
	}
	r.Kick() // the live connection has somebody to connect as
	return nil
}

// Retry sends a parked operation again under a new op_id. Returns ErrNotParked.
func (r *Replica) Retry(ctx context.Context, opID string) error {
	return r.ask(ctx, replica.Retried{OpID: opID})
}

// Discard gives a parked operation up. Returns ErrNotParked.
func (r *Replica) Discard(ctx context.Context, opID string) error {
	return r.ask(ctx, replica.Discarded{OpID: opID})
}

// Kick tries everything now: after a new token, a wake-up, a click on "retry".
// Without Run it does nothing.
func (r *Replica) Kick() {
	r.mu.Lock()
	r.todo = append(r.todo[:len(r.todo):len(r.todo)], kick{})
	r.mu.Unlock()
	r.poke()
}

// kick is an effect of our own: Run answers it with a Kicked.
type kick struct{ replica.Changed }

func (r *Replica) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// ask is step for everybody but Run, which then has something to do.
func (r *Replica) ask(ctx context.Context, ev replica.Event) error {
	defer r.poke()
	return r.step(ctx, ev)
}

// step gives the machine an event, tells the user interface what changed and
// leaves the rest to Run.
func (r *Replica) step(ctx context.Context, ev replica.Event) error {
	r.mu.Lock()
	effects, err := r.machine.Step(ctx, r.cfg.Now(), ev)
	for _, eff := range effects {
		if c, ok := eff.(replica.Changed); ok {
			r.feed.publish(changeOf(c))
			continue
		}
		r.todo = append(r.todo, eff)
	}
	r.mu.Unlock()
	if err != nil {
		return fmt.Errorf("sync %T: %w", ev, err)
	}
	return nil
}
