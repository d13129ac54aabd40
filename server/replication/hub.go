// Package replication is the server's half of sync on Postgres: it accepts
// pushes, answers pulls and gives hints, and it is how the rest of the server
// writes and reads conversations, messages and drafts.
package replication

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/sync/hub"
	"nexusai/sync/wire"
)

// Principal is who a request speaks for.
type Principal struct {
	TenantID string
	UserID   string
	DeviceID string // may be empty
}

// Auth finds the principal of a request. Its error is what the client gets, as
// a fault.
type Auth func(*http.Request) (Principal, error)

// database is what the hub needs of *store.DB.
type database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	System(ctx context.Context, fn func(pgx.Tx) error) error
}

// Config is what New needs.
type Config struct {
	DB    database         // required; *store.DB
	Log   *slog.Logger     // required
	Now   func() time.Time // default time.Now
	NewID func() string    // UUIDv7; default uuid.NewV7
	Poll  time.Duration    // how often heads are polled while somebody listens; default 100 ms
}

// Hub serves the scopes of every tenant. Its methods may be called
// concurrently.
type Hub struct {
	cfg  Config
	live *switchboard
}

// New checks the configuration; it does no I/O.
func New(cfg Config) (*Hub, error) {
	if cfg.DB == nil || cfg.Log == nil {
		return nil, errors.New("replication.Config needs DB and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if cfg.Poll == 0 {
		cfg.Poll = 100 * time.Millisecond
	}
	return &Hub{cfg: cfg, live: newSwitchboard()}, nil
}

// UserScope is the scope of what is private to one user.
func UserScope(userID string) string { return "user:" + userID }

// Write applies operations authored by the server, in one transaction and in
// order. An op needs Entity, ID, Kind and Fields (wire.NewCreate, NewUpdate).
// A create puts a row only if it is absent: a conversation that is there stays
// as it is, a message must say the same, a draft is set. OpID makes a repeat a
// no-op with the stored result; without one a new id is made. Rejected
// operations are results, not errors. ops is not changed.
func (h *Hub) Write(ctx context.Context, tenantID, scope string, ops ...wire.Op) ([]wire.Result, error) {
	ops = slices.Clone(ops)
	for i := range ops {
		if ops[i].OpID == "" {
			ops[i].OpID = h.cfg.NewID()
		}
	}
	var results []wire.Result
	var head int64
	err := h.cfg.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		t := newTx(tx, tenantID, scope, h.cfg.Now())
		t.expect(ops)
		var err error
		if results, err = hub.Write(ctx, t, scope, ops, h.cfg.Now()); err != nil {
			return err
		}
		head = t.head
		return t.flush(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("write %d operations: %w", len(ops), err)
	}
	h.live.moved(place{tenantID, scope}, head)
	return results, nil
}

var errForked = errors.New("forked")

// push applies a checked request; forked and gap leave nothing behind.
func (h *Hub) push(ctx context.Context, tenantID string, req wire.PushRequest) (wire.PushResponse, error) {
	var resp wire.PushResponse
	err := h.cfg.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		t := newTx(tx, tenantID, req.Scope, h.cfg.Now())
		t.expect(req.Ops)
		var err error
		if resp, err = hub.Push(ctx, t, req, h.cfg.Now()); err != nil {
			return err
		}
		if resp.Forked {
			return errForked
		}
		return t.flush(ctx)
	})
	if errors.Is(err, errForked) {
		return resp, nil
	}
	if err != nil {
		return wire.PushResponse{}, fmt.Errorf("push %d operations: %w", len(req.Ops), err)
	}
	h.live.moved(place{tenantID, req.Scope}, resp.Head)
	return resp, nil
}

func (h *Hub) pull(ctx context.Context, tenantID string, req wire.PullRequest) (wire.Page, error) {
	var page wire.Page
	err := h.cfg.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) (err error) {
		page, err = hub.Pull(ctx, newTx(tx, tenantID, req.Scope, h.cfg.Now()), req)
		return err
	})
	if err != nil {
		return wire.Page{}, fmt.Errorf("pull after %d: %w", req.Cursor, err)
	}
	return page, nil
}
