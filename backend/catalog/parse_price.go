package catalog

import (
	"encoding/json"
	"math"
)

// listedPrices is what an entry says of money, in USD for one token, character,
// second, picture or search.
type listedPrices struct {
	Input     json.Number `json:"input_cost_per_token"`
	Output    json.Number `json:"output_cost_per_token"`
	Cached    json.Number `json:"cache_read_input_token_cost"`
	Write     json.Number `json:"cache_creation_input_token_cost"`
	Hour      json.Number `json:"cache_creation_input_token_cost_above_1hr"`
	AudioIn   json.Number `json:"input_cost_per_audio_token"`
	AudioOut  json.Number `json:"output_cost_per_audio_token"`
	Reasoning json.Number `json:"output_cost_per_reasoning_token"`

	Input200  json.Number `json:"input_cost_per_token_above_200k_tokens"`
	Output200 json.Number `json:"output_cost_per_token_above_200k_tokens"`
	Cached200 json.Number `json:"cache_read_input_token_cost_above_200k_tokens"`
	Write200  json.Number `json:"cache_creation_input_token_cost_above_200k_tokens"`
	Hour200   json.Number `json:"cache_creation_input_token_cost_above_1hr_above_200k_tokens"`
	Input272  json.Number `json:"input_cost_per_token_above_272k_tokens"`
	Output272 json.Number `json:"output_cost_per_token_above_272k_tokens"`
	Cached272 json.Number `json:"cache_read_input_token_cost_above_272k_tokens"`
	Write272  json.Number `json:"cache_creation_input_token_cost_above_272k_tokens"`

	Character json.Number `json:"input_cost_per_character"`
	Second    json.Number `json:"input_cost_per_second"`
	Image     json.Number `json:"output_cost_per_image"`
	Query     json.Number `json:"input_cost_per_query"`
	WebSearch struct {
		Medium json.Number `json:"search_context_size_medium"`
	} `json:"search_context_cost_per_query"`
}

// amount is one price of an entry and where it goes.
type amount struct {
	into *int64
	text json.Number
	unit int64 // what the price is for, in nano-USD a listed dollar
}

// Units of the catalogue in those of the list.
const (
	nanoPerPiece  = 1_000_000_000
	nanoPerMinute = 60 * nanoPerPiece
)

func (p *Price) fill(amounts []amount) (err error) {
	for _, a := range amounts {
		if a.unit == nanoPerMinute {
			*a.into, err = nearest(a.text, a.unit)
		} else {
			*a.into, err = whole(a.text, a.unit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// base is the price of an ordinary request.
func (l listedPrices) base() (Price, error) {
	var p Price
	query := l.Query
	if query == "" {
		query = l.WebSearch.Medium
	}
	err := p.fill([]amount{
		{&p.InputNano, l.Input, nanoPerMillion}, {&p.OutputNano, l.Output, nanoPerMillion}, {&p.CachedNano, l.Cached, nanoPerMillion},
		{&p.CacheWriteNano, l.Write, nanoPerMillion}, {&p.CacheHourNano, l.Hour, nanoPerMillion},
		{&p.AudioInNano, l.AudioIn, nanoPerMillion}, {&p.AudioOutNano, l.AudioOut, nanoPerMillion}, {&p.ReasoningNano, l.Reasoning, nanoPerMillion},
		{&p.CharNano, l.Character, nanoPerMillion}, {&p.MinuteNano, l.Second, nanoPerMinute},
		{&p.ImageNano, l.Image, nanoPerPiece}, {&p.SearchNano, query, nanoPerPiece},
	})
	return p.settled(l.Cached), err
}

// settled fills what the list leaves out. An hour in Anthropic's cache costs
// twice the input of every model (vendor page, 2026-08); for old models the list
// has one figure for all of them.
func (p Price) settled(cached json.Number) Price {
	if cached == "" {
		p.CachedNano = p.InputNano
	}
	if p.CacheHourNano > 0 && p.InputNano <= math.MaxInt64/2 {
		p.CacheHourNano = 2 * p.InputNano
	}
	return p
}

// tiers are the prices of long requests; what they do not say is as in base,
// but for reasoning, which is then output.
func (l listedPrices) tiers(base Price) ([]Price, error) {
	var out []Price
	for _, t := range []struct {
		above                              int
		input, output, cached, write, hour json.Number
	}{
		{200_000, l.Input200, l.Output200, l.Cached200, l.Write200, l.Hour200},
		{272_000, l.Input272, l.Output272, l.Cached272, l.Write272, ""},
	} {
		if t.input == "" {
			continue
		}
		p := base
		p.Above, p.ReasoningNano = t.above, 0
		err := p.fill([]amount{
			{&p.InputNano, t.input, nanoPerMillion}, {&p.OutputNano, t.output, nanoPerMillion}, {&p.CachedNano, t.cached, nanoPerMillion},
			{&p.CacheWriteNano, t.write, nanoPerMillion}, {&p.CacheHourNano, t.hour, nanoPerMillion},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, p.settled(t.cached))
	}
	return out, nil
}

// prices of an entry. A hosted model listed at 0 is one whose price the list
// does not know, not one that is free.
func (l listedPrices) prices() ([]Price, error) {
	base, err := l.base()
	if err != nil {
		return nil, err
	}
	if base.InputNano == 0 && base.CharNano == 0 && base.MinuteNano == 0 && (l.Query == "" || base.SearchNano == 0) {
		return nil, nil
	}
	tiers, err := l.tiers(base)
	return append([]Price{base}, tiers...), err
}
