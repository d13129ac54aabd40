package limit

import (
	"math"
	"time"
)

// bucket refills evenly up to what one window holds. Level may be negative: an
// attempt used more than it had asked for.
type bucket struct {
	level float64
	at    time.Time // when level was right
}

// full is a bucket that nobody has taken from.
func full(limit int64, now time.Time) bucket { return bucket{float64(limit), now} }

// refilled is the bucket at now. A clock that went back changes nothing.
func (b bucket) refilled(limit int64, window time.Duration, now time.Time) bucket {
	if passed := now.Sub(b.at); passed > 0 {
		b.level += float64(limit) * float64(passed) / float64(window)
		b.at = now
	}
	b.level = math.Min(b.level, float64(limit)) // a lowered limit holds at once
	return b
}

// wait is how long until the bucket holds cost.
func (b bucket) wait(cost, limit int64, window time.Duration) time.Duration {
	lacks := float64(cost) - b.level
	if lacks <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(lacks * float64(window) / float64(limit)))
}

// left is how much can be taken now.
func (b bucket) left() int64 { return int64(math.Max(0, math.Floor(b.level))) }
