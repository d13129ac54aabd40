package admission

import (
	"cmp"
	"math"
	"sort"

	"nexusai/backend/broker"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// worst is the most that an attempt can cost, by how many tokens of output it
// may have: least when it gets as few as make sense, most when it gets all.
// They are the same where the request says it.
type worst struct {
	price       ledger.Price
	fixed       int64 // everything but output
	least, most int
}

func worstOf(p ledger.Price, d broker.Deployment, ask broker.Ask) worst {
	w := worst{price: p, fixed: fixed(p, d, ask)}
	choices := max(ask.Bound.Choices, 1)
	switch {
	case ask.Operation == broker.CanTranscribe:
		w.least = heard(ask) // it writes no more than it hears
		w.most = w.least
	case ask.Operation != broker.CanChat && ask.Operation != broker.CanSpeak:
	case ask.Operation == broker.CanSpeak && ask.Bound.MaxOutput == 0:
		// Spoken by the token, a text has at most a token of sound for each byte.
		w.least = 4 * ask.Bound.Chars
		w.most = w.least
	case ask.Bound.MaxOutput > 0:
		w.least = ask.Bound.MaxOutput * choices
		w.most = w.least
	default:
		one := longest(d)
		w.least, w.most = min(one, fewTokens)*choices, one*choices
	}
	return w
}

// longest is the longest answer that the deployment can give, in tokens.
func longest(d broker.Deployment) int {
	switch {
	case d.MaxOutput > 0:
		return d.MaxOutput
	case d.Context > 0:
		return d.Context
	}
	return manyTokens
}

// fixed is what everything but output costs at most. Which part of the input
// comes from a cache or is written to one, nobody knows before: all of it may
// be what is dearest.
func fixed(p ledger.Price, d broker.Deployment, ask broker.Ask) int64 {
	b := ask.Bound
	b.Input = maxInput(d, ask)
	input := dearest(p,
		llm.Usage{Input: b.Input}, llm.Usage{Input: b.Input, Cached: b.Input}, llm.Usage{Input: b.Input, CacheWrite: b.Input},
		llm.Usage{Input: b.Input, CacheWrite: b.Input, CacheHour: b.Input}, llm.Usage{Input: b.Input, AudioIn: b.Input},
	)
	rest := llm.Usage{Millis: b.Millis, Characters: b.Chars, Searches: b.Searches}
	if ask.Operation == broker.CanRerank {
		rest.Searches = 1
	}
	return plus(input, p.Cost(rest))
}

// heard is the most tokens that the sound to write down has, for models that are
// billed by them: twice what is likely.
func heard(ask broker.Ask) int {
	if ask.Operation != broker.CanTranscribe {
		return 0
	}
	return 2 * llm.Heard(ask.Bound.Millis).Input
}

// forTools is what a provider's own words about tools take of the input; 530
// tokens at Anthropic (vendor page, August 2026).
const forTools = 600

// maxInput is the most tokens of input. Where the request's bytes do not bound
// it, what the model can read does, once more for each use of a tool: the
// provider asks it again with what that brought.
func maxInput(d broker.Deployment, ask broker.Ask) int {
	n := ask.Bound.Input + heard(ask)
	if ask.Bound.Tools {
		n += forTools
	}
	if !ask.Bound.Open {
		return n
	}
	return max(n, cmp.Or(d.Context, manyTokens)*(1+ask.Bound.Uses))
}

// sound is what hearing or speaking is likely to use; zero for all else.
func sound(ask broker.Ask) llm.Usage {
	switch ask.Operation {
	case broker.CanTranscribe:
		return llm.Heard(ask.Bound.Millis)
	case broker.CanSpeak:
		return llm.Spoken(ask.Bound.Chars)
	}
	return llm.Usage{}
}

// cost is what the attempt costs at most with so much output. Parts are rounded
// one by one, so a nano-dollar is added for each.
func (w worst) cost(output int) int64 {
	all := plus(w.fixed, dearest(w.price, llm.Usage{Output: output}, llm.Usage{Output: output, Reasoning: output}, llm.Usage{Output: output, AudioOut: output}))
	if all == 0 {
		return 0
	}
	return plus(all, 3)
}

// within is the most output that amount allows.
func (w worst) within(amount int64) int {
	over := sort.Search(w.most+1, func(n int) bool { return w.cost(n) > amount })
	return max(over-1, 0)
}

func dearest(p ledger.Price, shapes ...llm.Usage) (most int64) {
	for _, u := range shapes {
		most = max(most, p.Cost(u))
	}
	return most
}

// plus stops at the largest number instead of turning negative.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// likely guesses how many tokens the input has.
func likely(b broker.Bound) int {
	if b.Likely > 0 {
		return min(b.Likely, b.Input)
	}
	return b.Input / 4
}
