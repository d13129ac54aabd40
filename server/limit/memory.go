package limit

import (
	"context"
	"sync"
	"time"
)

// maxBuckets bounds what Memory keeps. Over it, buckets that are full again are
// forgotten, which changes nothing; and if there is none, all are.
const maxBuckets = 100_000

// Memory is Counters of one process.
type Memory struct {
	now func() time.Time

	mu      sync.Mutex // guards what follows
	buckets map[string]remembered
	places  map[string]int64 // taken, by key of a Concurrent claim; no zeros
}

// remembered is a bucket with what is needed to see that it is full.
type remembered struct {
	bucket
	limit  int64
	window time.Duration
}

var _ Counters = (*Memory)(nil)

// NewMemory makes counters; nil now means time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, buckets: map[string]remembered{}, places: map[string]int64{}}
}

// Take implements Counters; it never fails.
func (m *Memory) Take(_ context.Context, _ string, claims []Claim) (Taken, error) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	left := make([]int64, len(claims))
	for i, c := range claims {
		var wait time.Duration
		if left[i], wait = m.look(c, now); wait > 0 {
			return Taken{Refused: i, Wait: wait}, nil
		}
	}
	for i, c := range claims {
		left[i] -= c.Cost
		m.take(c, c.Cost, now)
	}
	return granted(left), nil
}

// look says what a bucket holds, and how long to wait if that is too little.
func (m *Memory) look(c Claim, now time.Time) (left int64, wait time.Duration) {
	if c.Concurrent {
		left = c.Limit - m.places[c.Key]
		if left < c.Cost {
			return left, busyWait
		}
		return left, 0
	}
	b := m.bucket(c, now)
	return b.left(), b.wait(c.Cost, c.Limit, c.Window)
}

func (m *Memory) bucket(c Claim, now time.Time) bucket {
	kept, ok := m.buckets[c.Key]
	if !ok {
		return full(c.Limit, now)
	}
	return kept.refilled(c.Limit, c.Window, now)
}

func (m *Memory) take(c Claim, cost int64, now time.Time) {
	if cost == 0 {
		return
	}
	if c.Concurrent {
		if m.places[c.Key] += cost; m.places[c.Key] <= 0 {
			delete(m.places, c.Key)
		}
		return
	}
	b := m.bucket(c, now)
	b.level = min(b.level-float64(cost), float64(c.Limit))
	if len(m.buckets) >= maxBuckets {
		m.forget(now)
	}
	m.buckets[c.Key] = remembered{b, c.Limit, c.Window}
}

func (m *Memory) forget(now time.Time) {
	for key, kept := range m.buckets {
		if kept.refilled(kept.limit, kept.window, now).level >= float64(kept.limit) {
			delete(m.buckets, key)
		}
	}
	if len(m.buckets) >= maxBuckets {
		clear(m.buckets)
	}
}

// Give implements Counters; it never fails.
func (m *Memory) Give(_ context.Context, _ string, claims []Claim) error {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range claims {
		m.take(c, -c.Cost, now)
	}
	return nil
}

// Run implements Counters: places end with the process.
func (m *Memory) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
