package broker

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// quick is the time to first token below which all count as equally fast:
	// differences are noise then.
	quick = 50 * time.Millisecond
	// crowded is the share of an engine's cache from which a new prompt drives
	// others out.
	crowded = 0.95
)

// candidate is a deployment with what is known about it.
type candidate struct {
	d      *Deployment
	node   *node
	lane   Lane
	losses []string // when strict
	reason Reason   // it is passed over for the whole request; empty: it qualifies
	tried  bool
}

// barred says why a candidate cannot be asked now.
func (c *candidate) barred(now time.Time) Reason {
	switch {
	case c.reason != "":
		return c.reason
	case !c.node.circuit.closed() && !c.node.circuit.ripe(now):
		return ReasonOpen
	case c.node.benchedFor(now) > 0:
		return ReasonBenched
	case c.node.isEjected(now):
		return ReasonEjected
	}
	return ""
}

// group is who may be asked now: those of the lowest priority of which anybody
// can. With fresh only who was not asked yet.
func (b *Broker) group(all []candidate, fresh bool, now time.Time) []*candidate {
	var group []*candidate
	for i := range all {
		c := &all[i]
		if c.barred(now) != "" || (fresh && c.tried) {
			continue
		}
		if len(group) > 0 && c.d.Priority != group[0].d.Priority {
			if c.d.Priority > group[0].d.Priority {
				continue
			}
			group = group[:0]
		}
		group = append(group, c)
	}
	return group
}

// pick chooses one of group, which is a part of all, and says why; nil when it is
// empty.
func (b *Broker) pick(group []*candidate, all []candidate, to tie, now time.Time) (*candidate, Why) {
	if len(group) == 0 {
		return nil, ""
	}
	if len(group) > 1 && slices.ContainsFunc(group, func(c *candidate) bool { return c.node.suspect.Load() }) {
		b.eject(group, all, now)
		group = slices.DeleteFunc(group, func(c *candidate) bool { return c.node.isEjected(now) })
	}
	for _, c := range group {
		if !c.node.circuit.closed() {
			return c, WhyProbe
		}
	}
	if len(group) == 1 {
		return group[0], WhyOnly
	}
	if one := to.in(group, now); one != nil {
		return one, WhyAffinity
	}
	one, two := b.sample(group)
	if busy(two, now) < 0.8*busy(one, now) { // when it hardly differs weights decide
		return two, WhyLoad
	}
	return one, WhyLoad
}

// tie keeps a conversation where it is.
type tie struct {
	key  string // what it is known by; empty: nothing
	home Place  // who answered it last; zero: not known
}

// in is who of group has the conversation; nil: nothing ties it.
func (t tie) in(group []*candidate, now time.Time) *candidate {
	for _, c := range group {
		if t.home != (Place{}) && t.home == (Place{c.d.ID, c.d.Key}) {
			return c
		}
	}
	switch {
	case t.key == "":
		return nil
	case strings.HasPrefix(t.key, guessed):
		group = calm(group, now)
	}
	return rendezvous(group, t.key)
}

const (
	// guessed begins the ties that Tie makes. Requests that begin with the same
	// examples look like one conversation, so such a tie gives way to load.
	guessed = "~"
	// bears is how much busier than the least busy one a guessed tie's may be.
	bears = 3
	// maxTie bounds what of each part counts, in bytes: enough to tell
	// conversations apart.
	maxTie = 16 << 10
)

// Tie names a conversation by what began it, for Request.Affinity: the same
// parts have the same name in every process.
func Tie(parts ...[]byte) string {
	h := uint64(fnvOffset)
	for _, p := range parts {
		h = hash(h, p[:min(len(p), maxTie)])
	}
	return guessed + strconv.FormatUint(mix(h), 36)
}

// calm are those of group that are not much busier than another.
func calm(group []*candidate, now time.Time) []*candidate {
	least := math.Inf(1)
	for _, c := range group {
		least = min(least, busy(c, now))
	}
	return slices.DeleteFunc(slices.Clone(group), func(c *candidate) bool { return busy(c, now) > bears*least })
}

// sample draws two different candidates by their weight.
func (b *Broker) sample(group []*candidate) (one, two *candidate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := draw(group, -1, b.rand)
	return group[first], group[draw(group, first, b.rand)]
}

// draw takes the index of one by weight, but not that of but.
func draw(group []*candidate, but int, chance *rand.Rand) int {
	total := 0
	for i, c := range group {
		if i != but {
			total += max(c.d.Weight, 1)
		}
	}
	at, last := chance.IntN(total), 0
	for i, c := range group {
		if i == but {
			continue
		}
		last = i
		if at -= max(c.d.Weight, 1); at < 0 {
			return i
		}
	}
	return last
}

// busy is how long a request may have to wait there, as a number of nanoseconds
// to compare: what is in flight and queued, for its share, times how long it
// takes to begin.
func busy(c *candidate, now time.Time) float64 {
	n := float64(c.node.load.inFlight.Load())
	if c.d.Metrics != nil {
		if waiting, cache, ok := c.d.Metrics.Load(); ok {
			n += float64(waiting)
			if cache > crowded {
				n = 2*n + 1
			}
		}
	}
	return (1 + n/float64(max(c.d.Weight, 1))) * float64(max(c.node.load.firstToken(now), quick))
}

// rendezvous gives the same key to the same candidate for as long as that can
// be asked, in every process, in proportion to the weights.
func rendezvous(group []*candidate, key string) *candidate {
	best, chosen := math.Inf(-1), group[0]
	for _, c := range group {
		h := hash(hash(hash(fnvOffset, key), c.d.ID), c.d.Key)
		// The hash as a number in (0, 1); see Schindelhauer and Schomaker 2005.
		score := -float64(max(c.d.Weight, 1)) / math.Log((float64(mix(h)>>11)+0.5)/(1<<53))
		if score > best {
			best, chosen = score, c
		}
	}
	return chosen
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// hash is FNV-1a with a separator, without the allocations of hash/fnv.
func hash[T string | []byte](h uint64, text T) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * fnvPrime
	}
	return (h ^ 0xff) * fnvPrime
}

// mix spreads what FNV leaves in the low bits (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
