package provider

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	lookFor  = 2 * time.Second // at most, until a name is resolved
	believed = time.Minute     // what was found
)

// site is where an endpoint stands. Safe for concurrent use.
type site struct {
	url  string
	look func(ctx context.Context, url string) bool
	now  func() time.Time
	seen atomic.Pointer[sight]
}

type sight struct {
	inside bool
	until  time.Time
}

// inside says that an endpoint is in our own network, where it could fetch what
// its callers cannot. It may wait for a name to be resolved.
func (s *site) inside() bool {
	now := s.now()
	if seen := s.seen.Load(); seen != nil && now.Before(seen.until) {
		return seen.inside
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookFor) // asked by many calls, it is none's
	defer cancel()
	found := &sight{inside: s.look(ctx, s.url), until: now.Add(believed)}
	s.seen.Store(found)
	return found.inside
}
