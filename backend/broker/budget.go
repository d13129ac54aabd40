package broker

import (
	"sync"
	"time"
)

// bucket bounds extra attempts to a share of the usual ones: each of these
// earns a part of a token, each extra one costs a whole. A floor that fills with
// time lets little traffic have some as well.
type bucket struct {
	share    float64 // tokens that a usual attempt earns
	most     float64
	floor    float64 // up to here tokens come with time
	perFloor time.Duration

	mu     sync.Mutex // guards what follows
	tokens float64
	filled time.Time // when the floor was last looked at
}

// retryBudget is kept for each deployment, so that the retries of one that
// fails cannot use up those of the others: 10 % of its traffic, and 20 at once
// where there is little of it.
func retryBudget() bucket {
	return bucket{share: 0.1, most: 500, floor: 20, perFloor: time.Second, tokens: 20}
}

// hedgeBudget is kept for the broker: 5 % of its calls, and none before those.
func hedgeBudget() bucket { return bucket{share: 0.05, most: 20} }

func (b *bucket) earn(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	b.tokens = min(b.tokens+b.share, b.most)
}

// spend takes a token if there is one.
func (b *bucket) spend(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// fill raises tokens towards the floor; b.mu is held.
func (b *bucket) fill(now time.Time) {
	if b.perFloor <= 0 {
		return
	}
	if b.tokens < b.floor && !b.filled.IsZero() {
		b.tokens = min(b.tokens+float64(now.Sub(b.filled))/float64(b.perFloor), b.floor)
	}
	b.filled = now
}
