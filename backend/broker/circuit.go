package broker

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tripAfter failures in a row a circuit opens, for openFor; each time that a
	// probe fails for twice as long, up to openMost.
	tripAfter = 5
	openFor   = 5 * time.Second
	openMost  = time.Minute
	// refusedFor is how long a key is left alone that the provider does not
	// accept: somebody has to change something.
	refusedFor = 30 * time.Second
)

// circuit keeps requests away from what fails. Closed it lets all through, open
// none; when its time is over it is half open and lets one probe through at a
// time, which closes it or opens it again. The zero value is closed.
type circuit struct {
	until   atomic.Int64 // Unix nanoseconds; 0: closed
	probing atomic.Bool  // one is on its way
	row     atomic.Int32 // failures in a row

	mu    sync.Mutex // guards opens and all writes but of probing
	opens int        // in a row: a success starts anew
}

// closed is the quick answer for what is well.
func (c *circuit) closed() bool { return c.until.Load() == 0 }

// ripe says that a probe may be sent now.
func (c *circuit) ripe(now time.Time) bool {
	until := c.until.Load()
	return until != 0 && until <= now.UnixNano() && !c.probing.Load()
}

// probe claims the one probe; it must be given back through result.
func (c *circuit) probe(now time.Time) bool {
	return c.ripe(now) && c.probing.CompareAndSwap(false, true)
}

func (c *circuit) result(what effect, probe bool, now time.Time) {
	if probe {
		defer c.probing.Store(false)
	}
	if what == alive && c.closed() && c.row.Load() == 0 {
		return // nearly always
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch what {
	case alive:
		if !c.closed() && !probe { // began before it opened, and proves nothing
			return
		}
		c.opens = 0
		c.row.Store(0)
		c.until.Store(0)
	case failed:
		if row := c.row.Add(1); probe || (c.closed() && row >= tripAfter) {
			c.open(openFor, now)
		}
	case refused:
		c.open(refusedFor, now)
	case neutral, limited:
	}
}

// open starts the wait; c.mu is held.
func (c *circuit) open(first time.Duration, now time.Time) {
	wait := max(min(first<<min(c.opens, 8), openMost), first)
	c.opens++
	c.until.Store(now.Add(wait).UnixNano())
}

func (c *circuit) state(now time.Time) (Circuit, time.Time) {
	until := c.until.Load()
	switch {
	case until == 0:
		return CircuitClosed, time.Time{}
	case until <= now.UnixNano():
		return CircuitHalfOpen, time.Time{}
	}
	return CircuitOpen, time.Unix(0, until)
}
