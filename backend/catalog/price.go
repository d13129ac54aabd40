package catalog

import (
	"time"

	"nexusai/backend/llm"
)

// Price is in nano-USD: for a million tokens or characters, for a minute of
// sound, and for one picture or search. 3 USD for a million is 3e9. List prices
// are whole numbers in these units, so no sum is ever inexact.
//
// InputNano, CachedNano and OutputNano mean what they say, 0 included. Of the
// parts of input and output that follow, 0 means: that of the whole.
type Price struct {
	InputNano  int64
	CachedNano int64 // cached input; that of input where the provider has no other
	OutputNano int64

	CacheWriteNano int64 // input written to the provider's cache
	CacheHourNano  int64 // written to be kept for an hour; 0: CacheWriteNano
	AudioInNano    int64
	ReasoningNano  int64
	AudioOutNano   int64

	CharNano   int64 // a million characters of speech
	MinuteNano int64 // a minute of sound transcribed
	ImageNano  int64 // a picture made
	SearchNano int64 // a rerank or web search

	Above int       // for requests with more input tokens than this, in full
	From  time.Time // the first moment it holds; zero: always did
	Until time.Time // zero: until further notice; otherwise the first moment it does not hold
}

// PriceAt is the price for a request of so many input tokens at a moment, and
// false when none is known.
func (m Model) PriceAt(at time.Time, input int) (Price, bool) { return At(m.Prices, at, input) }

// At finds in a history of prices, in any order, the one for a request of so
// many input tokens at a moment: of those in force the last to have begun, then
// the highest tier that the request reaches. false: none is known.
func At(history []Price, at time.Time, input int) (Price, bool) {
	best, found := Price{}, false
	for _, p := range history {
		if at.Before(p.From) || (!p.Until.IsZero() && !at.Before(p.Until)) {
			continue
		}
		if p.Above > 0 && input <= p.Above {
			continue
		}
		if !found || p.From.After(best.From) || (p.From.Equal(best.From) && p.Above >= best.Above) {
			best, found = p, true
		}
	}
	return best, found
}

// Cost is the price of usage in nano-USD, rounded half up once over the sum of
// its parts; what exceeds an int64 is its maximum. Each token is billed once:
// parts that overlap or exceed their whole are cut, in the order cached,
// written to the cache, sound.
func (p Price) Cost(u llm.Usage) int64 {
	var s sum
	p.input(&s, u)
	output := max(u.Output, 0)
	reasoning := take(&output, u.Reasoning)
	sound := take(&output, u.AudioOut)
	s.add(output, p.OutputNano, perToken)
	s.add(reasoning, or(p.ReasoningNano, p.OutputNano), perToken)
	s.add(sound, or(p.AudioOutNano, p.OutputNano), perToken)
	s.add(u.Characters, p.CharNano, perToken)
	s.add(int(u.Millis), p.MinuteNano, perMilli)
	s.add(u.Images, p.ImageNano, perPiece)
	s.add(u.Searches, p.SearchNano, perPiece)
	return s.nano()
}

func (p Price) input(s *sum, u llm.Usage) {
	input := max(u.Input, 0)
	cached := take(&input, u.Cached)
	written := take(&input, u.CacheWrite)
	hour := take(&written, u.CacheHour)
	sound := take(&input, u.AudioIn)
	write := or(p.CacheWriteNano, p.InputNano)
	s.add(input, p.InputNano, perToken)
	s.add(cached, p.CachedNano, perToken)
	s.add(written, write, perToken)
	s.add(hour, or(p.CacheHourNano, write), perToken)
	s.add(sound, or(p.AudioInNano, p.InputNano), perToken)
}

// take moves up to part of whole out of it.
func take(whole *int, part int) int {
	part = min(max(part, 0), *whole)
	*whole -= part
	return part
}

func or(price, usual int64) int64 {
	if price == 0 {
		return usual
	}
	return price
}
