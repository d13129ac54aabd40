// Package stream carries what happens on the server to the clients that watch.
package stream

import (
	"sync"
	"time"

	"nexusai/backend/httpapi"
)

// Limits of what one Bus keeps.
const (
	// defaultGrace is how long a finished run can still be attached to from
	// memory; later the stored answer is told instead.
	defaultGrace = 2 * time.Minute
	// maxHints bounds the distinct hints that wait for one listener. Over it
	// the ids are dropped and the topics stay: a hint costs freshness only.
	maxHints = 256
	// maxBatch bounds the events that one Next returns.
	maxBatch = 512
)

// Config of a Bus; the zero value is fine.
type Config struct {
	Grace time.Duration
	Now   func() time.Time
}

// Bus connects runs and hints with listeners, in this process. Listeners read
// at their own pace from what the run keeps anyway, so a slow one can neither
// block a run nor make it buffer. All methods are safe for concurrent use.
type Bus struct {
	grace time.Duration
	now   func() time.Time

	mu        sync.Mutex // guards the rest, and the state of every Log and Listener
	runs      map[string]*Log
	listeners map[string]map[*Listener]struct{} // by tenant
	closed    bool
}

// New makes a Bus.
func New(cfg Config) *Bus {
	b := &Bus{grace: cfg.Grace, now: cfg.Now, runs: map[string]*Log{}, listeners: map[string]map[*Listener]struct{}{}}
	if b.grace <= 0 {
		b.grace = defaultGrace
	}
	if b.now == nil {
		b.now = time.Now
	}
	return b
}

// Subject says whose run it is and what it writes.
type Subject struct {
	TenantID, UserID              string
	RunID, ConversationID, Answer string
}

// Open starts the log of a run with its first event. Opening a run twice
// returns the log that is there.
func (b *Bus) Open(s Subject) *Log {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if old, ok := b.runs[s.RunID]; ok {
		return old
	}
	l := &Log{bus: b, subject: s, ends: []int{0}}
	b.runs[s.RunID] = l
	for one := range b.listeners[s.TenantID] {
		if one.all && one.user == s.UserID {
			one.cursors = append(one.cursors, &cursor{log: l})
			one.ring()
		}
	}
	return l
}

// Attach follows one run of this user after the event that the client saw
// last. It returns false for a run that is not in memory or is somebody else's.
func (b *Bus) Attach(tenantID, userID, runID string, after int64) (*Listener, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	l, ok := b.runs[runID]
	if !ok || l.subject.TenantID != tenantID || l.subject.UserID != userID {
		return nil, false
	}
	one := b.join(tenantID, userID)
	one.cursors = []*cursor{{log: l, seq: min(max(after, 0), l.last())}}
	return one, true
}

// Listen follows everything that concerns this user from now on: hints, and
// the user's runs, those in progress included.
func (b *Bus) Listen(tenantID, userID string) *Listener {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.join(tenantID, userID)
	one.all = true
	for _, l := range b.runs {
		if l.subject.TenantID == tenantID && l.subject.UserID == userID && l.final == nil {
			one.cursors = append(one.cursors, &cursor{log: l, seq: l.last()})
		}
	}
	return one
}

// join makes a listener that is ready to read; mu is held.
func (b *Bus) join(tenantID, userID string) *Listener {
	one := &Listener{bus: b, tenant: tenantID, user: userID, wake: make(chan struct{}, 1), waiting: map[httpapi.Hint]struct{}{}, closed: b.closed}
	one.ring()
	group := b.listeners[tenantID]
	if group == nil {
		group = map[*Listener]struct{}{}
		b.listeners[tenantID] = group
	}
	group[one] = struct{}{}
	return one
}

// HintUser tells every client of one user that something changed.
func (b *Bus) HintUser(tenantID, userID string, hints ...httpapi.Hint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for one := range b.listeners[tenantID] {
		if one.user == userID {
			one.hint(hints)
		}
	}
}

// HintTenant tells every client of a tenant that something changed.
func (b *Bus) HintTenant(tenantID string, hints ...httpapi.Hint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for one := range b.listeners[tenantID] {
		one.hint(hints)
	}
}

// HintAll tells every client of every tenant, of what concerns the server
// itself.
func (b *Bus) HintAll(hints ...httpapi.Hint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, group := range b.listeners {
		for one := range group {
			one.hint(hints)
		}
	}
}

// Close ends every listener, now and later, but those attached to one run: they
// end with it. Logs can still be written.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, group := range b.listeners {
		for one := range group {
			one.closed = true
			one.ring()
		}
	}
}

// sweep forgets runs that ended long enough ago; mu is held.
func (b *Bus) sweep() {
	limit := b.now().Add(-b.grace)
	for id, l := range b.runs {
		if l.final != nil && l.endedAt.Before(limit) {
			delete(b.runs, id)
		}
	}
}
