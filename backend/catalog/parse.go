package catalog

import (
	"bytes"
	_ "embed" // the price list
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// prices is the public list kept by the LiteLLM project, one model a line.
//
//go:embed prices.json
var prices []byte

// promotions are prices with an end that the list states only in words. No
// price is known after it until the list has the next one.
var promotions = map[string]time.Time{
	"claude-sonnet-5": time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), // "through 2026-08-31"
}

// listed is the part of a list entry that we use. Numbers stay decimal text:
// 2.8e-09 has no exact float.
type listed struct {
	Provider  string      `json:"litellm_provider"`
	Mode      string      `json:"mode"`
	Input     json.Number `json:"input_cost_per_token"`
	Output    json.Number `json:"output_cost_per_token"`
	Cached    json.Number `json:"cache_read_input_token_cost"`
	Input200  json.Number `json:"input_cost_per_token_above_200k_tokens"`
	Output200 json.Number `json:"output_cost_per_token_above_200k_tokens"`
	Cached200 json.Number `json:"cache_read_input_token_cost_above_200k_tokens"`
	Input272  json.Number `json:"input_cost_per_token_above_272k_tokens"`
	Output272 json.Number `json:"output_cost_per_token_above_272k_tokens"`
	Cached272 json.Number `json:"cache_read_input_token_cost_above_272k_tokens"`
	MaxInput  json.Number `json:"max_input_tokens"`
	MaxOutput json.Number `json:"max_output_tokens"`
	Vector    json.Number `json:"output_vector_size"`
	Retires   string      `json:"deprecation_date"`
	Vision    bool        `json:"supports_vision"`
	Tools     bool        `json:"supports_function_calling"`
	Schema    bool        `json:"supports_response_schema"`
	Reasoning bool        `json:"supports_reasoning"`
}

func parse(data []byte) ([]Model, error) {
	var list map[string]listed
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	models := make([]Model, 0, len(list))
	for id, entry := range list {
		kind, ok := kindOf(entry.Mode)
		if !ok {
			continue
		}
		m, err := entry.model(id, kind)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", id, err)
		}
		models = append(models, m)
	}
	return models, nil
}

func kindOf(mode string) (Kind, bool) {
	switch kind := Kind(mode); kind {
	case Chat, Responses, Completion, Embedding:
		return kind, true
	}
	return "", false
}

func (e listed) model(id string, kind Kind) (Model, error) {
	m := Model{
		ID: id, Provider: providerName(e.Provider), Family: FamilyOf(id), Kind: kind,
		Vision: e.Vision, Tools: e.Tools, Schema: e.Schema, Reasoning: e.Reasoning,
	}
	for _, count := range []struct {
		into *int
		text json.Number
	}{{&m.Context, e.MaxInput}, {&m.MaxOutput, e.MaxOutput}, {&m.Dim, e.Vector}} {
		n, err := whole(count.text, 1)
		if err != nil {
			return m, err
		}
		*count.into = int(n)
	}
	if kind == Embedding {
		m.MaxOutput = 0
	} else {
		m.Dim = 0
	}
	if e.Retires != "" {
		day, err := time.Parse(time.DateOnly, e.Retires)
		if err != nil {
			return m, fmt.Errorf("deprecation date: %w", err)
		}
		m.RetiresOn = day
	}
	var err error
	m.Prices, err = e.prices(promotions[id])
	return m, err
}

// prices of an entry. A hosted model listed at 0 is one whose price the list
// does not know, not one that is free.
func (e listed) prices(until time.Time) ([]Price, error) {
	var out []Price
	for _, tier := range []struct {
		above                 int
		input, output, cached json.Number
	}{
		{0, e.Input, e.Output, e.Cached},
		{200_000, e.Input200, e.Output200, e.Cached200},
		{272_000, e.Input272, e.Output272, e.Cached272},
	} {
		p := Price{Above: tier.above, Until: until}
		for _, part := range []struct {
			into *int64
			text json.Number
		}{{&p.InputNano, tier.input}, {&p.OutputNano, tier.output}, {&p.CachedNano, tier.cached}} {
			n, err := whole(part.text, nanoPerMillion)
			if err != nil {
				return nil, err
			}
			*part.into = n
		}
		if p.InputNano == 0 {
			continue
		}
		if tier.cached == "" {
			p.CachedNano = p.InputNano
		}
		out = append(out, p)
	}
	return out, nil
}

// nanoPerMillion turns USD for one token into nano-USD for a million.
const nanoPerMillion = 1_000_000_000 * perPrice

// whole is text × unit, which must be a whole number from 0 up; "" is 0.
func whole(text json.Number, unit int64) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if len(text) > 32 || strings.ContainsAny(string(text), "/xXpP_") {
		return 0, fmt.Errorf("number %.40q", text)
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(string(text)), "e"); ok && len(exponent) > 3 {
		return 0, fmt.Errorf("number %q is out of range", text)
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return 0, fmt.Errorf("number %q", text)
	}
	r.Mul(r, new(big.Rat).SetInt64(unit))
	if !r.IsInt() || r.Sign() < 0 || !r.Num().IsInt64() {
		return 0, fmt.Errorf("number %q is not a whole count of 1/%d", text, unit)
	}
	return r.Num().Int64(), nil
}

// providerName gives sellers the names that people know.
func providerName(listed string) string {
	switch {
	case strings.HasPrefix(listed, "vertex_ai"), listed == "gemini":
		return "google"
	case listed == "text-completion-openai":
		return "openai"
	}
	return listed
}
