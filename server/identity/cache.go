package identity

import (
	"sync"
)

const cacheSize = 20_000 // subjects; about 500 bytes each

// kinds of what can be revoked, as in the table revocation.
const (
	kindUser    = "user"
	kindSession = "session"
	kindKey     = "key"
)

// ref names something that can be revoked.
type ref struct{ kind, id string }

func (r ref) String() string { return r.kind + ":" + r.id }

// cache holds subjects by the name they are asked for. It is trusted only while
// revocations are being followed (Authenticator.fresh).
type cache struct {
	mu      sync.RWMutex
	entries map[string]subject
	drops   uint64 // counts revocations, so that a look-up that began before one is not kept
}

func newCache() *cache { return &cache{entries: map[string]subject{}} }

func (c *cache) get(name string) (subject, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, ok := c.entries[name]
	return s, ok
}

func (c *cache) epoch() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.drops
}

// put keeps s unless something was revoked since epoch: s may have been read
// before that. When the cache is full, any entry makes room.
func (c *cache) put(name string, s subject, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != epoch {
		return
	}
	if _, there := c.entries[name]; !there && len(c.entries) >= cacheSize {
		for victim := range c.entries {
			delete(c.entries, victim)
			break
		}
	}
	c.entries[name] = s
}

// drop forgets every subject that any of refs touches.
func (c *cache) drop(refs []ref) {
	if len(refs) == 0 {
		return
	}
	gone := make(map[ref]bool, len(refs))
	for _, r := range refs {
		gone[r] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for name, s := range c.entries {
		if gone[ref{kindUser, s.caller.UserID}] || gone[ref{kindSession, s.caller.SessionID}] || gone[ref{kindKey, s.caller.KeyID}] {
			delete(c.entries, name)
		}
	}
}
