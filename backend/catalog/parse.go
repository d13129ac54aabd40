package catalog

import (
	"bytes"
	_ "embed" // the price lists
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

// more are models that the public list lacks or has wrong, in its form, from the
// vendors' public pages: those of OpenAI's sound and embeddings of November 2026
// (developers.openai.com/api/docs/models), the others of August. What has no
// price there has none here.
//
//go:embed more.json
var more []byte

// ends of prices that the lists do not say. No price is known after one until the
// lists have the next.
var ends = map[string]time.Time{
	"claude-sonnet-5": date(2026, 9, 1), // "through 2026-08-31"
	// cohere.com/pricing has none for a search any more (2026-10-18).
	"rerank-v3.5": date(2026, 10, 18), "rerank-english-v3.0": date(2026, 10, 18), "rerank-multilingual-v3.0": date(2026, 10, 18),
}

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// listed is the part of a list entry that we use. Numbers stay decimal text:
// 2.8e-09 has no exact float.
type listed struct {
	listedPrices
	Provider  string      `json:"litellm_provider"`
	Mode      string      `json:"mode"`
	MaxInput  json.Number `json:"max_input_tokens"`
	MaxOutput json.Number `json:"max_output_tokens"`
	Vector    json.Number `json:"output_vector_size"`
	Retires   string      `json:"deprecation_date"`
	Vision    bool        `json:"supports_vision"`
	Tools     bool        `json:"supports_function_calling"`
	Schema    bool        `json:"supports_response_schema"`
	Reasoning bool        `json:"supports_reasoning"`
	Prefill   bool        `json:"supports_assistant_prefill"`
	Cache     bool        `json:"supports_prompt_caching"`
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
	case Chat, Responses, Completion, Embedding, Rerank:
		return kind, true
	}
	switch mode {
	case "audio_transcription":
		return Transcription, true
	case "audio_speech":
		return Speech, true
	}
	return "", false
}

func (e listed) model(id string, kind Kind) (Model, error) {
	m := Model{
		ID: id, Provider: providerName(e.Provider), Family: FamilyOf(id), Kind: kind,
		Vision: e.Vision, Tools: e.Tools, Schema: e.Schema, Reasoning: e.Reasoning, Prefill: e.Prefill, Cache: e.Cache,
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
	if m.Vision {
		m.ImageTokens = imageTokens(id)
	}
	if e.Retires != "" {
		day, err := time.Parse(time.DateOnly, e.Retires)
		if err != nil {
			return m, fmt.Errorf("deprecation date: %w", err)
		}
		m.RetiresOn = day
	}
	var err error
	m.Prices, err = e.prices()
	for i := range m.Prices {
		m.Prices[i].Until = ends[id]
	}
	return m, err
}

// perPrice is the number of tokens that a price is for.
const perPrice = 1_000_000

// nanoPerMillion turns USD for one token into nano-USD for a million.
const nanoPerMillion = 1_000_000_000 * perPrice

// whole is text × unit, which must be a whole number from 0 up; "" is 0.
func whole(text json.Number, unit int64) (int64, error) {
	r, err := scaled(text, unit)
	if err != nil {
		return 0, err
	}
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, fmt.Errorf("number %q is not a whole count of 1/%d", text, unit)
	}
	return r.Num().Int64(), nil
}

// nearest is whole for a price that the vendor states for a minute and the list
// for a second, with more digits than a decimal number can have.
func nearest(text json.Number, unit int64) (int64, error) {
	r, err := scaled(text, unit)
	if err != nil {
		return 0, err
	}
	r.Add(r, big.NewRat(1, 2))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if !n.IsInt64() {
		return 0, fmt.Errorf("number %q is out of range", text)
	}
	return n.Int64(), nil
}

func scaled(text json.Number, unit int64) (*big.Rat, error) {
	if text == "" {
		return new(big.Rat), nil
	}
	if len(text) > 32 || strings.ContainsAny(string(text), "/xXpP_") {
		return nil, fmt.Errorf("number %.40q", text)
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(string(text)), "e"); ok && len(exponent) > 3 {
		return nil, fmt.Errorf("number %q is out of range", text)
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok || r.Sign() < 0 {
		return nil, fmt.Errorf("number %q", text)
	}
	return r.Mul(r, new(big.Rat).SetInt64(unit)), nil
}

// providerName gives sellers the names that people know.
func providerName(listed string) string {
	switch {
	case strings.HasPrefix(listed, "vertex_ai"), listed == "gemini":
		return "google"
	case listed == "text-completion-openai":
		return "openai"
	case listed == "meta_llama":
		return "meta"
	}
	return listed
}
