package replication

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// place is one scope of one tenant.
type place struct{ tenant, scope string }

// switchboard knows who of this process listens to which scope.
type switchboard struct {
	mu     sync.Mutex // guards topics and what is in them
	topics map[place]*topic
}

type topic struct {
	head      int64 // greatest seen; only grows
	listeners map[*listener]bool
}

// listener gets at most one pending wake-up; the head is read when it wakes, so
// a slow one misses numbers and never the last.
type listener struct {
	board *switchboard
	at    place
	wake  chan struct{}
	drop  chan struct{} // closed by dropAll
	once  sync.Once
}

func newSwitchboard() *switchboard { return &switchboard{topics: map[place]*topic{}} }

// listen subscribes until leave is called.
func (s *switchboard) listen(at place) *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[at]
	if t == nil {
		t = &topic{listeners: map[*listener]bool{}}
		s.topics[at] = t
	}
	l := &listener{board: s, at: at, wake: make(chan struct{}, 1), drop: make(chan struct{})}
	t.listeners[l] = true
	return l
}

func (l *listener) leave() {
	s := l.board
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[l.at]
	delete(t.listeners, l)
	if len(t.listeners) == 0 {
		delete(s.topics, l.at)
	}
}

// head is the greatest head seen since somebody listens; 0 for none.
func (l *listener) head() int64 {
	l.board.mu.Lock()
	defer l.board.mu.Unlock()
	return l.board.topics[l.at].head
}

// moved tells a scope's listeners that its log has grown.
func (s *switchboard) moved(at place, head int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[at]
	if t == nil || head <= t.head {
		return
	}
	t.head = head
	for l := range t.listeners {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// dropAll ends the listeners of a scope.
func (s *switchboard) dropAll(at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[at]; t != nil {
		for l := range t.listeners {
			l.once.Do(func() { close(l.drop) })
		}
	}
}

// places lists what somebody listens to, as two columns.
func (s *switchboard) places() (tenants, scopes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.topics {
		tenants, scopes = append(tenants, at.tenant), append(scopes, at.scope)
	}
	return tenants, scopes
}

const readHeads = `select tenant_id::text, scope, seq from nexus.sync_heads($1::uuid[], $2::text[])`

// Run polls, while somebody listens, the heads that other processes move. It
// returns nil when ctx ends; a database that is away is no reason to stop.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(h.cfg.Poll)
	defer tick.Stop()
	away := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := h.poll(ctx)
		if err != nil && !away && ctx.Err() == nil {
			h.cfg.Log.Warn("heads cannot be polled", "err", err)
		}
		away = err != nil
	}
}

func (h *Hub) poll(ctx context.Context) error {
	tenants, scopes := h.live.places()
	if len(tenants) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return h.cfg.DB.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, readHeads, tenants, scopes)
		if err != nil {
			return err
		}
		var at place
		var seq int64
		_, err = pgx.ForEachRow(rows, []any{&at.tenant, &at.scope, &seq}, func() error {
			h.live.moved(at, seq)
			return nil
		})
		return err
	})
}

// Drop closes every live connection of a user, for when the user is disabled
// or signed out everywhere.
func (h *Hub) Drop(tenantID, userID string) { h.live.dropAll(place{tenantID, UserScope(userID)}) }
