// Package run writes the answers of chats.
//
// An answer is a run that this server owns: it goes on when its clients leave,
// and only Stop cancels it. The id of the user's message (or of the
// regeneration) is its idempotency key.
package run

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/replication"
	"nexusai/server/stream"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Interrupted is the code of an answer that a restart of the server cut off.
const Interrupted fault.Code = "run.interrupted"

const (
	perTenant       = 32 // answers at a time in one process
	perUser         = 12 // of them; what is sent over it waits on its device
	checkpointEvery = 1500 * time.Millisecond
	leaseFor        = 30 * time.Second // a run whose process is gone is picked up after this
	sweepEvery      = 10 * time.Second
	storeWithin     = 5 * time.Second
)

// Database is what runs need of *store.DB.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	System(ctx context.Context, fn func(pgx.Tx) error) error
}

// Threads keeps conversations and messages; *replication.Hub is one.
type Threads interface {
	Write(ctx context.Context, tenantID, scope string, ops ...wire.Op) ([]wire.Result, error)
	Conversation(ctx context.Context, tenantID, scope, id string) (entity.Conversation, error)
	Messages(ctx context.Context, tenantID, scope, conversationID string) ([]entity.Message, error)
	Draft(ctx context.Context, tenantID, scope, conversationID string) (entity.Draft, error)
}

var _ Threads = (*replication.Hub)(nil)

// Broker asks models; *broker.Broker is one. Who asks is in ctx.
type Broker interface {
	ChatWithReport(ctx context.Context, req llm.ChatRequest, o broker.Options, onDelta func(llm.Delta) error) (llm.Completion, broker.Report, error)
}

// Fleet knows prices and how much a model reads; *fleet.Fleet is one.
type Fleet interface {
	Settle(ctx context.Context, tenant, asked string, a broker.Attempt) (deployment string, price ledger.Price)
	Window(ctx context.Context, model string) int
	// Coming says why the model is minutes away, and lets it be fetched.
	Coming(ctx context.Context, model string) error
}

// Config of Runs.
type Config struct {
	DB      Database      // required
	Threads Threads       // required
	Broker  Broker        // required
	Fleet   Fleet         // required
	Bus     *stream.Bus   // required
	Calls   *calllog.Book // required
	Log     *slog.Logger  // required
	// Owner names this server over restarts: what it left running is found by it. Required.
	Owner  string
	Limit  int // answers at a time for one tenant; default 32
	Each   int // answers at a time for one of its users; default 12
	Now    func() time.Time
	NewID  func() string // UUIDv7
	System string        // what the model is told first; default: one plain sentence
}

// Runs starts, follows and ends runs. Safe for concurrent use.
type Runs struct {
	Config
	stop context.CancelCauseFunc
	life context.Context //nolint:containedctx // its end interrupts every run; Run's own ctx ends it
	all  sync.WaitGroup

	mu     sync.Mutex         // guards what follows
	active map[string]*active // by run id
	counts map[asker]int      // active runs of a tenant, and of each of its users
	closed bool
}

var errShutdown = fault.New(Interrupted, "The server was stopped while it wrote this answer.", nil)

// New checks cfg; Run must follow.
func New(cfg Config) (*Runs, error) {
	if cfg.DB == nil || cfg.Threads == nil || cfg.Broker == nil || cfg.Fleet == nil || cfg.Bus == nil || cfg.Calls == nil || cfg.Log == nil || cfg.Owner == "" {
		return nil, errors.New("run.Config is incomplete")
	}
	if cfg.Limit <= 0 {
		cfg.Limit = perTenant
	}
	if cfg.Each <= 0 {
		cfg.Each = perUser
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if cfg.System == "" {
		cfg.System = "You are a helpful assistant. Answer in the language of the question, in Markdown."
	}
	life, stop := context.WithCancelCause(context.Background())
	return &Runs{Config: cfg, life: life, stop: stop, active: map[string]*active{}, counts: map[asker]int{}}, nil
}

// Run ends what an earlier process left behind, keeps looking for what others
// left, and when ctx ends interrupts and stores every run of this process.
func (r *Runs) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	owner := r.Owner // once: later these are runs of our own
	for {
		if err := r.recover(ctx, owner); err != nil && ctx.Err() == nil {
			r.Log.Warn("interrupted answers not yet ended", "err", fault.Cause(err))
		} else {
			owner = ""
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.close()
			return nil
		}
	}
}

// Wait blocks until no run is in progress or ctx ends.
func (r *Runs) Wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { r.all.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (r *Runs) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop(errShutdown)
	r.all.Wait()
}

// Active returns the run that writes into a user's conversation now, or empty.
func (r *Runs) Active(tenantID, userID, conversationID string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, a := range r.active {
		if a.row.tenant == tenantID && a.row.user == userID && a.row.conversation == conversationID {
			return id
		}
	}
	return ""
}
