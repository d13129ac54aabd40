package cache

import (
	"container/list"
	"sync"
	"time"
)

// overhead is what an answer takes beside its bytes, roughly.
const overhead = 1 << 10

// sweepEvery is how often answers that are too old are thrown away, when
// anybody asks for anything.
const sweepEvery = time.Minute

// shelf holds answers by tenant, those used last in front. It is safe for
// concurrent use.
type shelf struct {
	maxBytes, maxTenant int
	maxAge              time.Duration

	mu      sync.Mutex // guards what follows
	tenants map[string]*row
	bytes   int // of all rows
	swept   time.Time
}

// row is one tenant's part.
type row struct {
	byName map[name]*list.Element
	used   *list.List // of *kept
	bytes  int
}

func newShelf(maxBytes, maxTenant int, maxAge time.Duration) *shelf {
	return &shelf{maxBytes: maxBytes, maxTenant: maxTenant, maxAge: maxAge, tenants: map[string]*row{}}
}

// take finds an answer that is young enough, or nil.
func (s *shelf) take(tenant string, n name, now time.Time) *kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	r := s.tenants[tenant]
	if r == nil || r.byName[n] == nil {
		return nil
	}
	at := r.byName[n]
	found := at.Value.(*kept)
	if s.old(found, now) {
		s.drop(tenant, r, at)
		return nil
	}
	r.used.MoveToFront(at)
	return found
}

// put keeps an answer in place of an older one, and makes room for it.
func (s *shelf) put(tenant string, k *kept) {
	if k.size() > s.maxTenant || k.size() > s.maxBytes {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.tenants[tenant]
	if r == nil {
		r = &row{byName: map[name]*list.Element{}, used: list.New()}
	}
	if at := r.byName[k.name]; at != nil {
		s.drop(tenant, r, at)
	}
	for r.bytes+k.size() > s.maxTenant {
		s.drop(tenant, r, r.used.Back())
	}
	s.tenants[tenant] = r // it is new, or became empty and was dropped
	r.byName[k.name] = r.used.PushFront(k)
	r.bytes += k.size()
	s.bytes += k.size()
	for s.bytes > s.maxBytes {
		who, most := s.largest(tenant)
		s.drop(who, most, most.used.Back())
	}
}

// largest is the tenant that has most; of those that have as much not adds, who
// had less a moment ago.
func (s *shelf) largest(adds string) (tenant string, most *row) {
	for id, r := range s.tenants {
		if most == nil || r.bytes > most.bytes || r.bytes == most.bytes && tenant == adds {
			tenant, most = id, r
		}
	}
	return tenant, most
}

func (s *shelf) drop(tenant string, r *row, at *list.Element) {
	k := r.used.Remove(at).(*kept)
	delete(r.byName, k.name)
	r.bytes -= k.size()
	s.bytes -= k.size()
	if r.used.Len() == 0 {
		delete(s.tenants, tenant)
	}
}

func (s *shelf) old(k *kept, now time.Time) bool { return now.Sub(k.made) >= s.maxAge }

func (s *shelf) sweep(now time.Time) {
	if now.Sub(s.swept) < sweepEvery {
		return
	}
	s.swept = now
	for tenant, r := range s.tenants {
		for at := r.used.Front(); at != nil; {
			next := at.Next()
			if s.old(at.Value.(*kept), now) {
				s.drop(tenant, r, at)
			}
			at = next
		}
	}
}
