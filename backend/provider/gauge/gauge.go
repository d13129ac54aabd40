package gauge

import (
	"sync"
	"time"

	"nexusai/backend/broker"
)

// Gauge is how loaded one engine is. It is safe for concurrent use.
type Gauge struct {
	board  *Board
	engine Engine

	mu     sync.Mutex // guards what follows
	asked  time.Time
	rested bool // nobody looks at it any more
	seen   Reading
	when   time.Time // of seen; zero: nothing was seen yet
	quiet  bool      // its failure has been told
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
	if g.use(now) {
		g.board.keep(g)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.when.IsZero() || now.Sub(g.when) > stale*g.board.cfg.Every {
		return 0, 0, false
	}
	return g.seen.Waiting, g.seen.Cache, true
}

// use notes that somebody asks, and says whether nobody looked any more.
func (g *Gauge) use(now time.Time) (rested bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rested, g.rested, g.asked = g.rested, false, now
	return rested
}

// rests says whether nobody has asked for so long that nobody need look.
func (g *Gauge) rests(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rested = now.Sub(g.asked) > idle
	return g.rested
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
