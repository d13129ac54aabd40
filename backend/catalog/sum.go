package catalog

import (
	"math"
	"math/bits"
)

// Counts are added over one denominator: the least common multiple of a million
// (tokens) and 60,000 (milliseconds in a minute).
const (
	denominator = 3_000_000
	perToken    = denominator / perPrice
	perMilli    = denominator / 60_000
	perPiece    = denominator
)

// sum is exact in 128 bits; over says that it does not fit them.
type sum struct {
	hi, lo uint64
	over   bool
}

// add count × price × weight; negative counts and prices count as 0.
func (s *sum) add(count int, price int64, weight uint64) {
	if count <= 0 || price <= 0 {
		return
	}
	hi, lo := bits.Mul64(uint64(count), uint64(price))
	top, hi64 := bits.Mul64(hi, weight)
	mid, lo64 := bits.Mul64(lo, weight)
	var carry uint64
	hi64, carry = bits.Add64(hi64, mid, 0)
	if top+carry > 0 {
		s.over = true
	}
	s.plus(hi64, lo64)
}

func (s *sum) plus(hi, lo uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, carry = bits.Add64(s.hi, hi, carry)
	if carry > 0 {
		s.over = true
	}
}

// nano divides and rounds half up; the most is math.MaxInt64.
func (s *sum) nano() int64 {
	s.plus(0, denominator/2)
	if s.over || s.hi >= denominator {
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(s.hi, s.lo, denominator)
	if quotient > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(quotient)
}
