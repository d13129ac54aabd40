package gauge

import (
	"sync"
	"time"

	"nexusai/backend/broker"
)

// Gauge is how loaded one engine is. It is safe for concurrent use.
type Gauge struct {
	board *Board

	mu    sync.Mutex // guards what follows
	at    Engine
	asked time.Time
	seen  Reading
	when  time.Time // of seen; zero: nothing was seen yet
	quiet bool      // its failure has been told
}

var _ broker.Load = (*Gauge)(nil)

// Reading is what an engine says of itself.
type Reading struct {
	Waiting int     // requests that have not begun
	Running int     // requests that are being answered
	Cache   float64 // how full its memory for contexts is, 0 to 1
}

// Load implements broker.Load. What is too old counts as not known.
func (g *Gauge) Load() (waiting int, cache float64, ok bool) {
	now := g.board.cfg.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = now
	if g.when.IsZero() || now.Sub(g.when) > stale*g.board.cfg.Every {
		return 0, 0, false
	}
	return g.seen.Waiting, g.seen.Cache, true
}

func (g *Gauge) point(e Engine, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at, g.asked = e, now
}

func (g *Gauge) engine() Engine {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.at
}

func (g *Gauge) unused(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Sub(g.asked)
}

func (g *Gauge) set(r Reading, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen, g.when, g.quiet = r, now, false
}

// failed says whether this failure is news.
func (g *Gauge) failed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	news := !g.quiet
	g.quiet = true
	return news
}
