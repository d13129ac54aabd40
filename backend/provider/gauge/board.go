// Package gauge knows how loaded inference engines are, by what they tell of
// themselves.
package gauge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
)

// Config of a Board.
type Config struct {
	Log     *slog.Logger // required
	Now     func() time.Time
	Every   time.Duration // between looks at one engine; default 2 s
	Timeout time.Duration // of one look; default 1 s
}

const (
	// idle is after how long an engine that nobody asks about is looked at no
	// more.
	idle = 5 * time.Minute
	// stale is after how many missed looks what was seen counts no more.
	stale = 4
	// atOnce bounds how many engines are looked at together.
	atOnce = 16
)

// Board looks at engines while Run runs. It is safe for concurrent use.
type Board struct {
	cfg Config

	mu     sync.Mutex // guards gauges
	gauges map[place]*Gauge
}

// place tells engines apart. Who has another key for the same address has
// another gauge: a wrong key of theirs must not blind ours.
type place struct {
	baseURL string
	key     endpoint.Secret
}

// New checks cfg and fills its defaults.
func New(cfg Config) (*Board, error) {
	if cfg.Log == nil {
		return nil, errors.New("gauge: Log is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Every <= 0 {
		cfg.Every = 2 * time.Second
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = time.Second
	}
	return &Board{cfg: cfg, gauges: map[place]*Gauge{}}, nil
}

// Engine is what is looked at.
type Engine struct {
	BaseURL string // as its clients have it: "http://host:8000/v1"
	Key     endpoint.Secret
	HTTP    *http.Client // decides what may be dialled
}

// Of returns the gauge of an engine, the same one for the same address and key
// as long as it is in use.
func (b *Board) Of(e Engine) *Gauge {
	at := place{e.BaseURL, e.Key}
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.gauges[at]
	if g == nil {
		g = &Gauge{board: b, engine: e}
		b.gauges[at] = g
	}
	g.use(b.cfg.Now())
	return g
}

// keep looks again at a gauge that was not used for long; a newer one of the
// same engine stays.
func (b *Board) keep(g *Gauge) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := (place{g.engine.BaseURL, g.engine.Key}); b.gauges[at] == nil {
		b.gauges[at] = g
	}
}

// Run looks at the engines in use until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	ticker := time.NewTicker(b.cfg.Every)
	defer ticker.Stop()
	for {
		b.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look sees all engines in use once.
func (b *Board) look(ctx context.Context) {
	var all errgroup.Group
	all.SetLimit(atOnce)
	for _, g := range b.inUse() {
		all.Go(func() error {
			b.see(ctx, g)
			return nil
		})
	}
	_ = all.Wait() // none returns an error
}

func (b *Board) inUse() []*Gauge {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.cfg.Now()
	var out []*Gauge
	for key, g := range b.gauges {
		if g.rests(now) {
			delete(b.gauges, key)
			continue
		}
		out = append(out, g)
	}
	return out
}

func (b *Board) see(ctx context.Context, g *Gauge) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.Timeout)
	defer cancel()
	got, err := scrape(ctx, g.engine)
	if err != nil {
		if g.failed() { // the first time only: an engine that is down is no news twice a second
			b.cfg.Log.WarnContext(ctx, "an engine does not tell its load", "err", fault.Cause(err))
		}
		return
	}
	g.set(got, b.cfg.Now())
}
