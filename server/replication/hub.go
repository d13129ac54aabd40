// Package replication is the server's half of sync on Postgres: it accepts
// pushes, answers pulls and gives hints, and it is how the rest of the server
// writes and reads conversations, messages and drafts.
package replication

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Principal is who a request speaks for.
type Principal struct {
	TenantID string
	UserID   string
	DeviceID string // may be empty
}

// Auth finds the principal of a request. An error means 401, whatever it is.
type Auth func(*http.Request) (Principal, error)

// Config is what New needs.
type Config struct {
	DB   database         // required; *store.DB
	Log  *slog.Logger     // required
	Now  func() time.Time // default time.Now
	Poll time.Duration    // how often heads are polled while somebody listens; default 100 ms
}

// Hub serves the scopes of every tenant. Its methods may be called
// concurrently.
type Hub struct{ cfg Config }

type database interface{}

var errNotYet = errors.New("not built yet")

// New checks the configuration; it does no I/O.
func New(cfg Config) (*Hub, error) { return &Hub{cfg: cfg}, nil }

// UserScope is the scope of what is private to one user.
func UserScope(userID string) string { return "user:" + userID }

// Run polls heads for the listeners until ctx ends.
func (h *Hub) Run(ctx context.Context) error { return errNotYet }

// Routes mounts POST /api/sync/push, GET and POST /api/sync/pull and
// GET /api/sync/live (WebSocket, or SSE when the client accepts that).
func (h *Hub) Routes(mux *http.ServeMux, auth Auth) {}

// Write applies operations authored by the server, in one transaction and in
// order. An op needs Entity, ID, Kind and Fields (wire.NewCreate, NewUpdate);
// OpID makes a repeat a no-op with the stored result, and without one a new id
// is made. Rejected operations are results, not errors.
func (h *Hub) Write(ctx context.Context, tenantID, scope string, ops ...wire.Op) ([]wire.Result, error) {
	return nil, errNotYet
}

// ConversationQuery selects a page of conversations, newest LastAt first.
type ConversationQuery struct {
	Search string // words to find in the title; empty means all
	Trash  bool   // only those in the trash, instead of only those outside
	Before string // Next of the page before; empty for the first
	Limit  int    // 1 to 200; 0 means 50
}

// ConversationPage is one page; Next is empty on the last.
type ConversationPage struct {
	Items []entity.Conversation
	Next  string
}

// Conversations lists a page. A malformed Before is ErrCursor.
func (h *Hub) Conversations(ctx context.Context, tenantID, scope string, q ConversationQuery) (ConversationPage, error) {
	return ConversationPage{}, errNotYet
}

// Conversation returns one row; ErrNotFound when this scope has none.
func (h *Hub) Conversation(ctx context.Context, tenantID, scope, id string) (entity.Conversation, error) {
	return entity.Conversation{}, errNotYet
}

// Messages returns every node of a conversation, oldest first; none when the
// conversation is not in this scope.
func (h *Hub) Messages(ctx context.Context, tenantID, scope, conversationID string) ([]entity.Message, error) {
	return nil, errNotYet
}

// Draft returns the draft of a conversation; ErrNotFound when there is none.
func (h *Hub) Draft(ctx context.Context, tenantID, scope, conversationID string) (entity.Draft, error) {
	return entity.Draft{}, errNotYet
}

// Drafts returns all drafts that are not empty, newest first.
func (h *Hub) Drafts(ctx context.Context, tenantID, scope string) ([]entity.Draft, error) {
	return nil, errNotYet
}

// ErrNotFound says that the scope holds no such row.
var ErrNotFound = errors.New("row not found")

// ErrCursor says that a page cursor was not made by Conversations.
var ErrCursor = errors.New("malformed page cursor")
