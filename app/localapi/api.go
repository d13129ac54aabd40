// Package localapi is the desktop's half of the contract, mounted in the
// window and, in browser mode, on loopback.
package localapi

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"nexusai/app/dispatch"
	"nexusai/app/feed"
	"nexusai/app/localdb"
	"nexusai/app/team"
	"nexusai/backend/doctor"
	"nexusai/backend/httpapi"
	"nexusai/sync/wire"
)

// Sync is what the API needs of replication.
type Sync interface {
	Write(ctx context.Context, ops ...wire.Op) error
	// Unsynced counts changes that the server has not confirmed; last is when
	// this device last agreed with it, zero for never.
	Unsynced() (changes int, last time.Time)
	// Bind ties the database to a user; a fault when it belongs to another one.
	Bind(ctx context.Context, userID string) error
	Kick()
}

// Engine is what the API needs of this device's own inference engine.
type Engine interface {
	Models() []httpapi.Model
	Status() httpapi.EngineStatus
}

// Config is what New needs; everything without a default is required.
type Config struct {
	DB         *localdb.DB
	Dispatcher *dispatch.Dispatcher
	Sync       Sync
	Team       *team.Client
	Engine     Engine
	Feed       *feed.Feed
	Assets     fs.FS        // the built pages; nil answers with a sentence
	Images     *http.Client // fetches remote pictures; refuses private addresses
	Log        *slog.Logger
	Version    string
	Open       func(url string) error                      // shows a page outside the app
	Checks     func() []doctor.Check                       // for the diagnostics
	Beat       func(name string, ms float64)               // told what a page reports of itself
	Facts      func(ctx context.Context) map[string]string // for the diagnostics

	// Window mounts the API in the window: Secret is what the top document
	// proves itself with. Otherwise browser mode: Secret is the one-time token,
	// and Host the only name the API answers to, as "127.0.0.1:8080".
	Window bool
	Secret string
	Host   string

	Now   func() time.Time // default time.Now
	NewID func() string    // default uuid.NewV7
}

// API implements the contract for the one person at this device. Its methods
// may be called concurrently.
type API struct {
	cfg  Config
	gate *gate

	viewing sync.Mutex // held while the stored view is read and written

	mu     sync.Mutex      // guards models
	models []httpapi.Model // what the server offered last
}

var (
	_ httpapi.Conversations = (*API)(nil)
	_ httpapi.Chat          = (*API)(nil)
	_ httpapi.Models        = (*API)(nil)
	_ httpapi.Usage         = (*API)(nil)
	_ httpapi.Sessions      = (*API)(nil)
	_ httpapi.Local         = (*API)(nil)
)

// New checks cfg.
func New(cfg Config) (*API, error) {
	if cfg.DB == nil || cfg.Dispatcher == nil || cfg.Sync == nil || cfg.Team == nil || cfg.Engine == nil || cfg.Feed == nil ||
		cfg.Images == nil || cfg.Log == nil || cfg.Open == nil {
		return nil, errors.New("localapi: a part is missing in Config")
	}
	if len(cfg.Secret) < 16 || !cfg.Window && cfg.Host == "" {
		return nil, errors.New("localapi: Secret and, in browser mode, Host are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if cfg.Beat == nil {
		cfg.Beat = func(string, float64) {}
	}
	if cfg.Facts == nil {
		cfg.Facts = func(context.Context) map[string]string { return map[string]string{} }
	}
	if cfg.Checks == nil {
		cfg.Checks = func() []doctor.Check { return nil }
	}
	return &API{cfg: cfg, gate: newGate(cfg)}, nil
}

// Handler is everything a page may ask for: the contract, its streams, the
// pages themselves.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	api := httpapi.New(mux, httpapi.Config{Auth: a.gate, Log: a.cfg.Log})
	httpapi.RegisterConversations(api, a)
	httpapi.RegisterChat(api, a, a, a)
	httpapi.RegisterSessions(api, a)
	httpapi.RegisterLocal(api, a)
	api.DescribeStreams()
	mux.HandleFunc("GET /api/events", a.gate.guard(a.cfg.Feed.ServeHTTP))
	mux.HandleFunc("GET /api/chat/stream", a.gate.guard(a.streamRun))
	mux.HandleFunc("POST /api/local/beat", a.gate.guard(a.beat))
	mux.HandleFunc("GET /api/local/image", a.gate.guard(a.image))
	mux.HandleFunc("/api/", notHere)
	mux.Handle("/", a.pages())
	return a.gate.outer(recovered(a.cfg.Log, mux))
}
