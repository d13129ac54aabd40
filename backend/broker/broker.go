// Package broker sends one request to the best of several deployments of a
// model.
package broker

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Config of a Broker.
type Config struct {
	Routes  Router           // required
	Log     *slog.Logger     // required
	Now     func() time.Time // default time.Now
	Rand    *rand.Rand       // default seeded by chance; used by one goroutine at a time
	Timeout time.Duration    // a whole request, attempts and waits included; default 10 min
	// MaxAnswer bounds a forwarded answer that is not streamed and so is held
	// as a whole, in bytes. Default 64 MiB.
	MaxAnswer int64
}

// Broker is safe for concurrent use. It keeps only counts of what is in flight.
type Broker struct {
	routes    Router
	log       *slog.Logger
	now       func() time.Time
	timeout   time.Duration
	maxAnswer int64

	mu       sync.Mutex     // guards what follows
	inFlight map[string]int // by deployment id; no zeros, so it stays small
	rand     *rand.Rand
}

var _ llm.Client = (*Broker)(nil)

// New checks cfg and fills its defaults.
func New(cfg Config) (*Broker, error) {
	if cfg.Routes == nil || cfg.Log == nil {
		return nil, errors.New("broker: Routes and Log are required")
	}
	b := &Broker{
		routes: cfg.Routes, log: cfg.Log, now: cfg.Now, timeout: cfg.Timeout, maxAnswer: cfg.MaxAnswer,
		inFlight: map[string]int{}, rand: cfg.Rand,
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.timeout <= 0 {
		b.timeout = 10 * time.Minute
	}
	if b.maxAnswer <= 0 {
		b.maxAnswer = 64 << 20
	}
	if b.rand == nil {
		b.rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return b, nil
}

// Models implements llm.Client.
func (b *Broker) Models(ctx context.Context) ([]llm.Model, error) {
	models, err := b.routes.Models(ctx)
	if err != nil {
		return nil, fault.From(err)
	}
	return models, nil
}

// candidates asks the router; no candidate is an error.
func (b *Broker) candidates(ctx context.Context, model string, need Capability) ([]Deployment, error) {
	route, err := b.routes.Candidates(ctx, Query{Model: model, Need: need})
	if err != nil {
		return nil, fault.From(err)
	}
	if len(route.Deployments) == 0 {
		return nil, fault.New(fault.ModelUnknown, "There is no such model, or you may not use it.", nil).At("model")
	}
	return route.Deployments, nil
}

var errTimeout = errors.New("the whole request took too long")

// bounded gives a request its whole time.
func (b *Broker) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, b.timeout,
		fault.New(fault.Timeout, "The model did not answer in time.", errTimeout))
}
