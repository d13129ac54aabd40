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
	Gate    Gate             // nil admits everything
	Log     *slog.Logger     // required
	Now     func() time.Time // default time.Now
	Rand    *rand.Rand       // default seeded by chance; used by one goroutine at a time
	Timeout time.Duration    // a whole request, attempts and waits included; default 10 min
	// MaxAnswer bounds an answer that is not streamed and so is held as a whole,
	// and one of plain bytes, in bytes. Default 64 MiB.
	MaxAnswer int64
}

// Broker is safe for concurrent use. What it keeps is in memory: how each
// deployment has been doing.
type Broker struct {
	routes    Router
	gate      Gate
	log       *slog.Logger
	now       func() time.Time
	timeout   time.Duration
	maxAnswer int64
	nodes     nodes
	hedges    bucket
	drain     drain

	mu   sync.Mutex // guards rand
	rand *rand.Rand
}

var _ llm.Client = (*Broker)(nil)

// New checks cfg and fills its defaults.
func New(cfg Config) (*Broker, error) {
	if cfg.Routes == nil || cfg.Log == nil {
		return nil, errors.New("broker: Routes and Log are required")
	}
	b := &Broker{
		routes: cfg.Routes, gate: cfg.Gate, log: cfg.Log, now: cfg.Now, timeout: cfg.Timeout, maxAnswer: cfg.MaxAnswer,
		nodes: nodes{nodes: map[nodeKey]*node{}, loads: map[string]*load{}}, hedges: hedgeBudget(), rand: cfg.Rand,
	}
	if b.gate == nil {
		b.gate = noGate{}
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

// InFlight is how many attempts a deployment is working on now.
func (b *Broker) InFlight(deployment string) int { return b.nodes.inFlight(deployment) }

// Health is how a deployment with its key has been doing in this process.
func (b *Broker) Health(d Deployment) Health {
	now := b.now()
	return b.nodes.of(&d, now).health(&d, now)
}
