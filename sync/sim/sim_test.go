package sim_test

import (
	"flag"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"nexusai/sync/sim"
)

var (
	seeds = flag.Int("seeds", 60, "how many worlds to play")
	from  = flag.Uint64("from", 1, "the first seed")
)

// knownBad are seeds that once showed a fault; they are played first, always.
var knownBad = []uint64{
	152, // a fork found after a failed push left its lane without a timer
}

// TestWorlds plays every seed twice: a history must hold its invariants, and
// must be the same history both times.
func TestWorlds(t *testing.T) {
	t.Parallel()
	queue := make(chan uint64, len(knownBad)+*seeds)
	for _, s := range knownBad {
		queue <- s
	}
	for i := range uint64(*seeds) {
		queue <- *from + i
	}
	close(queue)
	var played, writes, entries, faults, losers, parked atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range queue {
				r := play(t, seed)
				played.Add(1)
				writes.Add(int64(r.Writes))
				entries.Add(r.Log)
				faults.Add(int64(r.Faults))
				losers.Add(int64(r.Losers))
				parked.Add(int64(r.Parked))
			}
		})
	}
	wg.Wait()
	t.Logf("%d worlds, each twice: %d writes, %d log entries, %d faults, %d superseded values kept, %d parked",
		played.Load(), writes.Load(), entries.Load(), faults.Load(), losers.Load(), parked.Load())
}

func play(t *testing.T, seed uint64) sim.Result {
	first, err := sim.Run(t.Context(), sim.Config{Seed: seed})
	if err != nil {
		t.Errorf("seed %d: %v\nreplay: go test ./sync/sim -run TestWorlds -seeds=1 -from=%d", seed, err, seed)
		return first
	}
	again, err := sim.Run(t.Context(), sim.Config{Seed: seed})
	if err != nil || again.Trace != first.Trace {
		t.Errorf("seed %d is two histories (%v)\nreplay: go test ./sync/sim -run TestWorlds -seeds=1 -from=%d", seed, err, seed)
	}
	return first
}
