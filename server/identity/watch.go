package identity

import (
	"sync"
	"time"

	"nexusai/backend/httpapi"
)

// watch is one open socket or stream, and whom it was opened for.
type watch struct {
	caller httpapi.Caller
	ended  chan struct{} // closed once, by the loop that follows revocations
	due    time.Time     // guarded by watches.mu: when to look whether the caller still may
}

func (w *watch) touches(r ref) bool {
	switch r.kind {
	case kindUser:
		return r.id == w.caller.UserID
	case kindSession:
		return r.id == w.caller.SessionID
	}
	return r.id == w.caller.KeyID
}

// watches is everything that is open in this process.
type watches struct {
	mu   sync.Mutex
	open map[*watch]bool
	wake chan struct{} // holds one: look now
}

func newWatches() *watches {
	return &watches{open: map[*watch]bool{}, wake: make(chan struct{}, 1)}
}

// Watch returns a channel that is closed within a second after the caller's
// session, key or user ended or the caller's permissions changed, and a
// function that stops watching, which may be called twice. The caller may have
// ended between its authentication and Watch: that is noticed too. It needs
// Service.Run.
func (a *Authenticator) Watch(c httpapi.Caller) (ended <-chan struct{}, stop func()) {
	w := &watch{caller: c, ended: make(chan struct{})}
	a.watches.mu.Lock()
	a.watches.open[w] = true
	a.watches.mu.Unlock()
	a.watches.nudge()
	return w.ended, func() { a.watches.close(w) }
}

func (s *watches) close(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, w)
}

func (s *watches) nudge() {
	select {
	case s.wake <- struct{}{}:
	default: // somebody has nudged already
	}
}

// suspect makes everything that refs touch due at once.
func (s *watches) suspect(refs []ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.open {
		for _, r := range refs {
			if w.touches(r) {
				w.due = time.Time{}
			}
		}
	}
}

// due returns at most n watches whose time has come.
func (s *watches) due(now time.Time, n int) []*watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*watch
	for w := range s.open {
		if len(out) == n {
			break
		}
		if !now.Before(w.due) {
			out = append(out, w)
		}
	}
	return out
}

// settle ends a watch, or says when to look again.
func (s *watches) settle(w *watch, over bool, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open[w] {
		return // stopped meanwhile
	}
	if over {
		delete(s.open, w)
		close(w.ended)
		return
	}
	w.due = next
}
