package calllog

import (
	"maps"
	"slices"
	"strings"
)

// replay finds in a journal's lines, oldest first, the calls that began and
// never ended.
type replay struct {
	open  map[string]*Call
	got   map[string]map[int]int // bytes by call and attempt
	ended map[string]bool
}

func newReplay() *replay {
	return &replay{open: map[string]*Call{}, got: map[string]map[int]int{}, ended: map[string]bool{}}
}

// add takes the next line. Carrying open calls into the next segment repeats
// lines, which changes nothing.
func (r *replay) add(l line) {
	id := l.call()
	switch {
	case l.Ended != nil:
		r.ended[id] = true
		delete(r.open, id)
		delete(r.got, id)
	case r.ended[id]:
	case l.Begun != nil:
		if r.open[id] == nil {
			r.open[id] = l.Begun
		}
	case r.open[id] == nil: // its beginning cannot be read
	case l.Tried != nil:
		r.open[id].try(l.Tried.Attempt)
	default:
		if r.got[id] == nil {
			r.got[id] = map[int]int{}
		}
		r.got[id][l.Got.N] = max(l.Got.Bytes, 0)
	}
}

// try adds an attempt or replaces what was known of it. That it ended stays
// known.
func (c *Call) try(a Attempt) {
	for i := range c.Tries {
		if c.Tries[i].N != a.N {
			continue
		}
		if c.Tries[i].Ended.IsZero() {
			c.Tries[i] = a
		}
		return
	}
	c.Tries = append(c.Tries, a)
}

// cut ends the calls that never did, in the order of their ids.
func (r *replay) cut() []*Call {
	calls := slices.SortedFunc(maps.Values(r.open), func(a, b *Call) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range calls {
		c.cut(r.got[c.ID])
	}
	return calls
}
