package broker

import "time"

const (
	// benchUnsaid is how long a key rests after a 429 that does not say.
	benchUnsaid = time.Second
	// benchMost bounds what a provider may ask for.
	benchMost = time.Hour
)

// bench takes a key of one deployment out for as long as its provider says. It
// never shortens a rest.
func (n *node) bench(after time.Duration, now time.Time) {
	if after <= 0 {
		after = benchUnsaid
	}
	until := now.Add(min(after, benchMost)).UnixNano()
	n.mu.Lock()
	defer n.mu.Unlock()
	if until > n.benched.Load() {
		n.benched.Store(until)
	}
}

// benchedFor is how long the key rests from now on; 0: it does not.
func (n *node) benchedFor(now time.Time) time.Duration {
	until := n.benched.Load()
	if until == 0 {
		return 0
	}
	return max(time.Duration(until-now.UnixNano()), 0)
}
