package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// garbage is how much may lie about before it is collected. Nearly all that
	// a call needs lives for a millisecond and little lives on, so that with Go's
	// own rule, as much as lives, a busy server would collect all the time.
	garbage = 32 << 20
	// leastGrowth is Go's own rule, in percent of what lives: it holds where much
	// does.
	leastGrowth = 100
	mostGrowth  = 400
	lookEvery   = time.Second
)

// growth is by how many percent of what lives the heap may grow.
func growth(live uint64) int {
	return int(min(max(100*garbage/max(live, 1), leastGrowth), mostGrowth))
}

// collectSeldom keeps the garbage collector to that until ctx ends, unless the
// operator has said otherwise with GOGC.
func collectSeldom(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	now := leastGrowth
	for {
		metrics.Read(live)
		if want := growth(live[0].Value.Uint64()); want != now {
			now = want
			debug.SetGCPercent(want) // stops everything for a moment
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
