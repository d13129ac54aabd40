package merge

import (
	"time"

	"nexusai/sync/wire"
)

// MaxAhead is how far a stamp may be ahead of the server's clock; a later one
// is lowered to it.
const MaxAhead = 5 * time.Minute

// Stamps makes hybrid logical clock stamps. It is not safe for concurrent use.
type Stamps struct {
	// Last is the greatest stamp made or seen; it only grows and is stored with
	// what it stamped.
	Last wire.HLC
}

// Next returns a stamp above every one made or seen before, near now where the
// clock allows it.
func (s *Stamps) Next(now time.Time) wire.HLC {
	s.Last = max(s.Last+1, At(now))
	return s.Last
}

// See takes note of a stamp made elsewhere.
func (s *Stamps) See(h wire.HLC) { s.Last = max(s.Last, h) }

// At is the first stamp of a moment; moments before 1970 are 0.
func At(t time.Time) wire.HLC { return wire.HLC(max(t.UnixMilli(), 0)) << 16 }

// Limit is the latest stamp the server accepts at a moment.
func Limit(now time.Time) wire.HLC { return At(now.Add(MaxAhead)) }
