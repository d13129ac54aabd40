package catalog

import (
	"math"
	"math/bits"
	"time"

	"nexusai/backend/llm"
)

// perPrice is the number of tokens that a price is for.
const perPrice = 1_000_000

// Price is in nano-USD for a million tokens: 3 USD for a million is 3e9. All
// list prices are whole numbers in this unit, so no sum is ever inexact.
type Price struct {
	InputNano  int64
	CachedNano int64     // cached input; that of input where the provider has no other
	OutputNano int64     // reasoning tokens too
	Above      int       // for requests with more input tokens than this, in full
	Until      time.Time // zero: until further notice; otherwise the first moment it does not hold
}

// PriceAt is the price for a request of so many input tokens at a moment, and
// false when none is known.
func (m Model) PriceAt(at time.Time, input int) (Price, bool) {
	best, found := Price{}, false
	for _, p := range m.Prices {
		if !p.Until.IsZero() && !at.Before(p.Until) {
			continue
		}
		if p.Above > 0 && input <= p.Above {
			continue
		}
		if !found || p.Above >= best.Above {
			best, found = p, true
		}
	}
	return best, found
}

// Cost is the price of usage in nano-USD, rounded half up; what exceeds an
// int64 is its maximum.
func (p Price) Cost(u llm.Usage) int64 {
	input, output := max(u.Input, 0), max(u.Output, 0)
	cached := min(max(u.Cached, 0), input)
	var hi, lo uint64
	for _, part := range []struct {
		tokens int
		price  int64
	}{{input - cached, p.InputNano}, {cached, p.CachedNano}, {output, p.OutputNano}} {
		h, l := bits.Mul64(uint64(part.tokens), uint64(part.price))
		var carry uint64
		lo, carry = bits.Add64(lo, l, 0)
		hi, _ = bits.Add64(hi, h, carry)
	}
	var carry uint64
	lo, carry = bits.Add64(lo, perPrice/2, 0)
	hi += carry
	if hi >= perPrice {
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(hi, lo, perPrice)
	if quotient > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(quotient)
}
