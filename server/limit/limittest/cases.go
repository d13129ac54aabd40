// Package limittest is what every limit.Counters must do.
package limittest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/server/limit"
)

// World makes counters that share their buckets, one a process.
type World struct {
	// Process is another process's counters; its Run is running.
	Process func(t *testing.T) limit.Counters
	Tenant  string
	// Slack is which share of a limit one process may keep from the others.
	Slack float64
}

// slow refills so slowly that a test sees none of it.
const slow = 24 * time.Hour

func (w World) rate(limitAt, cost int64) limit.Claim {
	return limit.Claim{Key: w.key(), Cost: cost, Limit: limitAt, Window: slow}
}

func (w World) key() string { return w.Tenant + "/" + uuid.NewString() + "/-" }

// Run runs all cases.
func Run(t *testing.T, open func(t *testing.T) World) {
	t.Helper()
	for name, fn := range map[string]func(*testing.T, World){
		"a rate ends":                     rateEnds,
		"all or none":                     allOrNone,
		"what is given back can be taken": givenBack,
		"what was used beyond is owed":    owed,
		"a bucket refills":                refills,
		"a lowered limit holds":           lowered,
		"places are freed":                places,
		"processes share a rate":          sharedRate,
		"processes share places":          sharedPlaces,
		"callers at one moment":           race,
		"a look takes nothing":            looks,
		"tenants do not share":            apart,
		"a freed place is one place":      freedOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, open(t))
		})
	}
}

func take(t *testing.T, c limit.Counters, claims ...limit.Claim) (hold string, got limit.Taken) {
	t.Helper()
	hold = uuid.NewString()
	got, err := c.Take(t.Context(), hold, claims)
	if err != nil {
		t.Fatal(err)
	}
	if (got.Refused >= 0) != (got.Wait > 0) {
		t.Errorf("refused %d with a wait of %s", got.Refused, got.Wait)
	}
	return hold, got
}

func mustTake(t *testing.T, c limit.Counters, claims ...limit.Claim) (hold string, left []int64) {
	t.Helper()
	hold, got := take(t, c, claims...)
	if got.Refused >= 0 {
		t.Fatalf("claim %d is refused for %s", got.Refused, got.Wait)
	}
	if len(got.Left) != len(claims) {
		t.Fatalf("%d claims, %d buckets", len(claims), len(got.Left))
	}
	return hold, got.Left
}

func mustRefuse(t *testing.T, c limit.Counters, at int, claims ...limit.Claim) time.Duration {
	t.Helper()
	_, got := take(t, c, claims...)
	if got.Refused != at {
		t.Fatalf("claim %d is refused, want %d", got.Refused, at)
	}
	return got.Wait
}

func give(t *testing.T, c limit.Counters, hold string, claims ...limit.Claim) {
	t.Helper()
	if err := c.Give(t.Context(), hold, claims); err != nil {
		t.Fatal(err)
	}
}

// soon waits until c takes the claims: what was given back may be on its way.
func soon(t *testing.T, c limit.Counters, claims ...limit.Claim) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, got := take(t, c, claims...); got.Refused < 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("refused for 30 s")
		}
	}
}

func rateEnds(t *testing.T, w World) {
	c := w.Process(t)
	claim := w.rate(5, 1)
	for range 5 {
		mustTake(t, c, claim)
	}
	if wait := mustRefuse(t, c, 0, claim); wait > slow/5 || wait < slow/6 {
		t.Errorf("wait %s for one of five in %s", wait, slow)
	}
}

func allOrNone(t *testing.T, w World) {
	c := w.Process(t)
	wide, narrow := w.rate(10, 1), w.rate(1, 1)
	mustTake(t, c, wide, narrow)
	for range 20 {
		mustRefuse(t, c, 1, wide, narrow)
	}
	for range 9 {
		mustTake(t, c, wide)
	}
	mustRefuse(t, c, 0, wide)
}

func givenBack(t *testing.T, w World) {
	c := w.Process(t)
	claim := w.rate(100, 60)
	hold, _ := mustTake(t, c, claim)
	mustRefuse(t, c, 0, claim)
	back := claim
	back.Cost = 50
	give(t, c, hold, back)
	soon(t, c, claim)
}

func owed(t *testing.T, w World) {
	c := w.Process(t)
	claim := w.rate(100, 10)
	hold, _ := mustTake(t, c, claim)
	more := claim
	more.Cost = -200
	give(t, c, hold, more)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		_, got := take(t, c, claim)
		if got.Refused < 0 {
			continue // the correction is on its way
		}
		if got.Wait < slow { // 110 and 10 more of 100 in a window
			t.Errorf("a debt of more than one window is over in %s", got.Wait)
		}
		return
	}
	t.Error("never refused")
}

func refills(t *testing.T, w World) {
	c := w.Process(t)
	claim := w.rate(1000, 1000)
	claim.Window = 2 * time.Second
	mustTake(t, c, claim)
	claim.Cost = 400
	if wait := mustRefuse(t, c, 0, claim); wait > 800*time.Millisecond {
		t.Errorf("wait %s", wait)
	}
	soon(t, c, claim)
}

func lowered(t *testing.T, w World) {
	c := w.Process(t)
	claim := w.rate(100, 1)
	mustTake(t, c, claim)
	claim.Limit = 3
	taken := 0
	for range 50 {
		if _, got := take(t, c, claim); got.Refused < 0 {
			taken++
		}
	}
	if most := 3 + int(100*w.Slack); taken > most {
		t.Errorf("took %d, want at most %d", taken, most)
	}
}

func places(t *testing.T, w World) {
	c := w.Process(t)
	claim := limit.Claim{Key: w.key(), Cost: 1, Limit: 2, Concurrent: true}
	first, _ := mustTake(t, c, claim)
	mustTake(t, c, claim)
	mustRefuse(t, c, 0, claim)
	give(t, c, first, claim)
	soon(t, c, claim)
	mustRefuse(t, c, 0, claim)
}

func freedOnce(t *testing.T, w World) {
	c := w.Process(t)
	claim := limit.Claim{Key: w.key(), Cost: 1, Limit: 1, Concurrent: true}
	hold, _ := mustTake(t, c, claim)
	give(t, c, hold, claim)
	soon(t, c, claim)
	mustRefuse(t, c, 0, claim)
}

func sharedRate(t *testing.T, w World) {
	one, two := w.Process(t), w.Process(t)
	claim := w.rate(200, 1)
	taken := 0
	for range 200 {
		for _, c := range []limit.Counters{one, two} {
			if _, got := take(t, c, claim); got.Refused < 0 {
				taken++
			}
		}
	}
	if least := 200 - int(200*w.Slack); taken > 200 || taken < least {
		t.Errorf("two processes took %d of 200, want at least %d", taken, least)
	}
}

func sharedPlaces(t *testing.T, w World) {
	one, two := w.Process(t), w.Process(t)
	claim := limit.Claim{Key: w.key(), Cost: 1, Limit: 2, Concurrent: true}
	hold, _ := mustTake(t, one, claim)
	mustTake(t, two, claim)
	mustRefuse(t, one, 0, claim)
	mustRefuse(t, two, 0, claim)
	give(t, one, hold, claim)
	soon(t, two, claim)
}

func race(t *testing.T, w World) {
	one, two := w.Process(t), w.Process(t)
	claim := w.rate(100, 1)
	var taken atomic.Int64
	var callers sync.WaitGroup
	for i := range 20 {
		c := []limit.Counters{one, two}[i%2]
		callers.Go(func() {
			for n := range 20 {
				got, err := c.Take(t.Context(), fmt.Sprint(i, n), []limit.Claim{claim})
				if err != nil {
					t.Error(err)
					return
				}
				if got.Refused < 0 {
					taken.Add(1)
				}
			}
		})
	}
	callers.Wait()
	if n := taken.Load(); n > 100 || n < 100-int64(100*w.Slack) {
		t.Errorf("twenty callers took %d of 100", n)
	}
}

func looks(t *testing.T, w World) {
	c := w.Process(t)
	rate, place := w.rate(3, 0), limit.Claim{Key: w.key(), Limit: 1, Concurrent: true}
	for range 5 {
		mustTake(t, c, rate, place)
	}
	rate.Cost, place.Cost = 3, 1
	mustTake(t, c, rate, place)
}

func apart(t *testing.T, w World) {
	c := w.Process(t)
	mine, theirs := w.rate(1, 1), w.rate(1, 1)
	mustTake(t, c, mine)
	mustTake(t, c, theirs)
}
