// Package replication is the device's half of sync on SQLite: it stores local
// changes with their outbox entry and exchanges them with a server.
package replication

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

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

// Transport reaches the server. Its errors are *Refusal where the server
// answered; anything else counts as transient.
type Transport interface {
	Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error)
	Pull(ctx context.Context, req wire.PullRequest) (wire.Page, error)
	// Live blocks while the connection lasts. It calls up once it stands and
	// hint for each hint, from its own goroutine.
	Live(ctx context.Context, scope string, up func(), hint func(wire.Hint)) error
}

// TokenSource gives the access token of the signed-in user.
type TokenSource interface {
	// Token returns ErrSignedOut when there is none. stale is the token that
	// was refused, so that a fresh one can be fetched; empty otherwise.
	Token(ctx context.Context, stale string) (string, error)
}

// ErrSignedOut pauses sync; nothing is dropped.
var ErrSignedOut = errors.New("nobody is signed in")

// ErrOtherUser is returned by Bind for a database that holds another user's
// things.
var ErrOtherUser = errors.New("the database belongs to another user")

var errNotYet = errors.New("not built yet")

// Replica is the synced half of the local database. All methods may be called
// concurrently.
type Replica struct{ cfg Config }

// New checks the configuration; it does no I/O.
func New(cfg Config) (*Replica, error) { return &Replica{cfg: cfg}, nil }

// Bind ties the database to a user's private scope after sign-in. Until then
// writes work and wait. Returns ErrOtherUser.
func (r *Replica) Bind(ctx context.Context, userID string) error { return errNotYet }

// Write stores operations with their outbox entries in one transaction. When
// it returns nil they survive a crash. An op needs Entity, ID, Kind and Fields
// (wire.NewCreate, wire.NewUpdate). An impossible operation (an update of a
// row that is not there, a changed message) is a *merge.Refused and nothing
// was stored.
func (r *Replica) Write(ctx context.Context, ops ...wire.Op) error { return errNotYet }

// Run syncs until ctx ends.
func (r *Replica) Run(ctx context.Context) error { return errNotYet }

// Kick tries everything now: after sign-in, a wake-up, a click on "retry".
func (r *Replica) Kick() {}

// Phase is what sync is doing, for the status bar.
type Phase string

const (
	Unbound Phase = "unbound" // no user yet
	Offline Phase = "offline" // the server does not answer
	Paused  Phase = "paused"  // the server refuses the token: sign in again
	Syncing Phase = "syncing" // something is on its way
	Synced  Phase = "synced"  // all that is known here is known there
)

// Status is a snapshot for the user interface.
type Status struct {
	Phase    Phase
	Pending  int       // operations not yet confirmed
	Parked   int       // operations that need a person
	LastSync time.Time // last finished pull; zero when never
	RetryAt  time.Time // next try while offline; zero otherwise
}

// Status never blocks on the network.
func (r *Replica) Status() Status { return Status{} }

// RowRef names a row whose view changed.
type RowRef struct{ Entity, ID string }

// Change tells the user interface what to read again.
type Change struct {
	Rows   []RowRef // at most 256
	All    bool     // more than that changed: read everything again
	Status bool     // Status or Outbox changed
}

// Changes has one receiver. A slow one gets coalesced changes, never a gap.
func (r *Replica) Changes() <-chan Change { return nil }

// Queued is one line of the visible queue.
type Queued struct {
	OpID   string
	Entity string
	ID     string
	Kind   wire.Kind
	State  string // waiting, sent, parked
	Code   string // why it was parked
	At     time.Time
}

// Outbox lists what the server has not confirmed, oldest first, at most 500.
func (r *Replica) Outbox(ctx context.Context) ([]Queued, error) { return nil, errNotYet }

// Retry sends a parked operation again under a new op_id.
func (r *Replica) Retry(ctx context.Context, opID string) error { return errNotYet }

// Discard gives a parked operation up.
func (r *Replica) Discard(ctx context.Context, opID string) error { return errNotYet }
