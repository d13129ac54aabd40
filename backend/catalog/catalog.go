// Package catalog knows models: what they can do, who makes them and what a
// token of theirs costs on which day.
package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"nexusai/backend/llm"
)

// Local is the provider of models that run on the team's own machines. They
// cost nothing a token, which is a known price.
const Local = "local"

// Kind says what a model is asked for.
type Kind string

// The kinds in the catalogue. Models that make pictures or hold a conversation
// in sound are not listed: no surface reaches them.
const (
	Chat          Kind = "chat"
	Responses     Kind = "responses" // reachable only through the /responses surface
	Completion    Kind = "completion"
	Embedding     Kind = "embedding"
	Transcription Kind = "transcription"
	Speech        Kind = "speech"
	Rerank        Kind = "rerank" // any other model asked to rerank answers nonsense without an error
)

// Model is what is known of one model.
type Model struct {
	ID        string
	Provider  string // who sells or hosts it: openai, anthropic, google … or Local
	Family    Family
	Kind      Kind
	Context   int // tokens in and out that the model reads; 0 when unknown
	MaxOutput int // tokens; 0 when unknown
	Dim       int // length of an embedding; 0 otherwise or when unknown
	Vision    bool
	Tools     bool
	// ForcedTools says that it calls tools only where a schema forces it to:
	// asked in its wire's own form it never does.
	ForcedTools bool
	Schema      bool // follows a JSON Schema
	Reasoning   bool
	Prefill     bool // goes on from a partial assistant message
	Cache       bool // its provider caches prompts
	// ImageTokens is the most that one picture can cost of the input; 0: it
	// takes none.
	ImageTokens int
	Prices      []Price   // by From, then Above; empty when unknown
	RetiresOn   time.Time // zero when no date is announced
}

// Catalog is read-only after Load and safe for concurrent use.
type Catalog struct {
	byID    map[string]Model
	sorted  []Model
	version string
}

// Load reads the built-in catalogue. It does no I/O; an error is a broken build.
func Load() (*Catalog, error) {
	byID := map[string]Model{}
	digest := sha256.New()
	for _, list := range [][]byte{prices, more} {
		part, err := parse(list)
		if err != nil {
			return nil, fmt.Errorf("read the built-in prices: %w", err)
		}
		add(byID, part)
		_, _ = digest.Write(list) // a hash does not fail
	}
	add(byID, starters())
	return &Catalog{
		byID: byID, version: "catalogue " + hex.EncodeToString(digest.Sum(nil)[:6]),
		sorted: slices.SortedFunc(maps.Values(byID), func(a, b Model) int { return strings.Compare(a.ID, b.ID) }),
	}, nil
}

// add puts models in the place of those of their names.
func add(byID map[string]Model, models []Model) {
	for _, m := range models {
		byID[m.ID] = m
	}
}

// Model finds a model by its id, also with its maker in front as aggregators
// write it ("openai/gpt-4o") or the desktop's "local/".
func (c *Catalog) Model(id string) (Model, bool) {
	if m, ok := c.byID[id]; ok {
		return m, true
	}
	maker, rest, found := strings.Cut(id, "/")
	if !found {
		return Model{}, false
	}
	m, ok := c.byID[rest]
	if !ok || (m.Provider != maker && string(m.Family) != maker) {
		return Model{}, false
	}
	return m, true
}

// Version names the price list: another one has another name.
func (c *Catalog) Version() string { return c.version }

// Models lists all, by id. The caller may change the slice.
func (c *Catalog) Models() []Model { return slices.Clone(c.sorted) }

// Cost is what usage costs in nano-USD, rounded half up once over the sum of
// its parts, at the prices in force at at. provider is who served it: Local
// costs 0; "" means whoever the catalogue lists; another than that has prices
// that we do not know. known is false then, for a model that is not listed, and
// for a price that is over: nano is 0 and must not be taken for free of charge.
// Cached input is billed once, at its own price. Negative counts count as 0.
func (c *Catalog) Cost(model, provider string, u llm.Usage, at time.Time) (nano int64, known bool) {
	if provider == Local {
		return 0, true
	}
	m, ok := c.Model(model)
	if !ok || (provider != "" && provider != m.Provider) {
		return 0, false
	}
	if m.Provider == Local {
		return 0, true
	}
	p, ok := m.PriceAt(at, u.Input)
	if !ok {
		return 0, false
	}
	return p.Cost(u), true
}

// starters are the models that a bare server serves; what their files are is
// backend/llamacpp's business.
func starters() []Model {
	free := []Price{{}}
	return []Model{
		{ID: "qwen2.5-coder-0.5b", Provider: Local, Family: Qwen, Kind: Chat, Context: 32768, MaxOutput: 8192, Tools: true, ForcedTools: true, Schema: true, Prefill: true, Prices: free},
		{ID: "qwen2.5-coder-1.5b", Provider: Local, Family: Qwen, Kind: Chat, Context: 32768, MaxOutput: 8192, Tools: true, ForcedTools: true, Schema: true, Prefill: true, Prices: free},
		{ID: "multilingual-e5-small", Provider: Local, Family: Other, Kind: Embedding, Context: 512, Dim: 384, Prices: free},
		{ID: "whisper-base", Provider: Local, Family: OpenAI, Kind: Transcription, Prices: free},
	}
}
