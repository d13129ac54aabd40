package catalog_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"nexusai/backend/catalog"
	"nexusai/backend/llm"
)

var today = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

func load(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCostIsExact(t *testing.T) {
	t.Parallel()
	c := load(t)
	for name, d := range map[string]struct {
		model, provider string
		usage           llm.Usage
		at              time.Time
		want            int64
		known           bool
	}{
		"a million and a million":    {"gpt-4o", "openai", llm.Usage{Input: 1e6, Output: 1e6}, today, 12_500_000_000, true},
		"one token":                  {"gpt-4o", "", llm.Usage{Input: 1}, today, 2_500, true},
		"cached is billed once":      {"gpt-4o", "openai", llm.Usage{Input: 100, Cached: 80}, today, 20*2500 + 80*1250, true},
		"more cached than read":      {"gpt-4o", "openai", llm.Usage{Input: 10, Cached: 99}, today, 10 * 1250, true},
		"reasoning is in the output": {"gpt-5", "openai", llm.Usage{Output: 100, Reasoning: 90}, today, 100 * 10_000, true},
		"fraction of a nano":         {"deepseek-v4-pro", "deepseek", llm.Usage{Input: 1, Cached: 1}, today, 4, true}, // 3.625
		"rounded once":               {"deepseek-v4-pro", "deepseek", llm.Usage{Input: 2, Cached: 2}, today, 7, true}, // 7.25, not 4 + 4
		"below the tier":             {"gpt-5.4", "openai", llm.Usage{Input: 272_000}, today, 272_000 * 2500, true},
		"above the tier, in full":    {"gpt-5.4", "openai", llm.Usage{Input: 272_001}, today, 272_001 * 5000, true},
		"nothing used":               {"gpt-4o", "openai", llm.Usage{}, today, 0, true},
		"nonsense counts":            {"gpt-4o", "openai", llm.Usage{Input: -5, Output: -5, Cached: -5}, today, 0, true},
		"local":                      {"whatever.gguf", catalog.Local, llm.Usage{Input: 1e6}, today, 0, true},
		"starter":                    {"qwen2.5-coder-0.5b", "", llm.Usage{Input: 1e6}, today, 0, true},
		"another seller":             {"gpt-4o", "custom", llm.Usage{Input: 1}, today, 0, false},
		"not listed":                 {"gpt-99", "openai", llm.Usage{Input: 1}, today, 0, false},
		"listed without price":       {"deepseek-v3-2-251201", "volcengine", llm.Usage{Input: 1}, today, 0, false},
		"promotion":                  {"claude-sonnet-5", "anthropic", llm.Usage{Input: 1}, today, 2000, true},
		"last moment of promotion":   {"claude-sonnet-5", "anthropic", llm.Usage{Input: 1}, time.Date(2026, 8, 31, 23, 59, 59, 0, time.UTC), 2000, true},
		"promotion over":             {"claude-sonnet-5", "anthropic", llm.Usage{Input: 1}, time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), 0, false},
		"beyond an int64":            {"o1-pro", "openai", llm.Usage{Input: math.MaxInt64, Output: math.MaxInt64}, today, math.MaxInt64, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, known := c.Cost(d.model, d.provider, d.usage, d.at); got != d.want || known != d.known {
				t.Errorf("got %d %v, want %d %v", got, known, d.want, d.known)
			}
		})
	}
}

// TestPricesAreThoseOfTheList compares each base price with the file through a
// second, simpler reading of it.
func TestPricesAreThoseOfTheList(t *testing.T) {
	t.Parallel()
	var list map[string]map[string]any
	for _, name := range []string{"prices.json", "more.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &list); err != nil {
			t.Fatal(err)
		}
	}
	c, priced := load(t), 0
	for _, m := range c.Models() {
		p, ok := m.PriceAt(today, 0)
		if m.Provider == catalog.Local || !ok {
			continue
		}
		priced++
		for field, got := range map[string]int64{
			"input_cost_per_token": p.InputNano, "output_cost_per_token": p.OutputNano, "cache_creation_input_token_cost": p.CacheWriteNano,
			"input_cost_per_audio_token": p.AudioInNano, "output_cost_per_audio_token": p.AudioOutNano, "output_cost_per_reasoning_token": p.ReasoningNano,
			"input_cost_per_character": p.CharNano,
		} {
			usd, _ := list[m.ID][field].(float64)
			if math.Abs(usd*1e15-float64(got)) > 1 {
				t.Errorf("%s %s: %v is %d", m.ID, field, usd, got)
			}
		}
		if p.CachedNano > p.InputNano {
			t.Errorf("%s: cached input is dearer than fresh", m.ID)
		}
	}
	if priced < 180 {
		t.Errorf("only %d models have a price", priced)
	}
}

func TestModelsAreFoundAndDescribed(t *testing.T) {
	t.Parallel()
	c := load(t)
	m, ok := c.Model("openai/gpt-4o")
	if !ok || m.ID != "gpt-4o" || m.Context != 128000 || m.MaxOutput != 16384 || !m.Vision || !m.Tools || !m.Schema || m.Reasoning || m.Family != catalog.OpenAI || m.Kind != catalog.Chat {
		t.Errorf("gpt-4o is %+v", m)
	}
	if m, ok = c.Model("local/qwen2.5-coder-1.5b"); !ok || m.Family != catalog.Qwen || !m.Tools || !m.ForcedTools {
		t.Errorf("local model is %+v", m)
	}
	if m, ok = c.Model("gemini-embedding-001"); !ok || m.Kind != catalog.Embedding || m.Dim != 3072 || m.Provider != "google" {
		t.Errorf("embedding model is %+v", m)
	}
	for _, id := range []string{"", "/", "evil/gpt-4o", "gpt-4o/", "gpt-image-1", "whisper"} {
		if m, ok := c.Model(id); ok {
			t.Errorf("%q is %+v", id, m)
		}
	}
	list := c.Models()
	list[0] = catalog.Model{}
	if again := c.Models(); again[0].ID == "" {
		t.Error("a caller changed the catalogue")
	}
	for i := 1; i < len(list); i++ {
		if list[i].ID <= list[i-1].ID {
			t.Fatalf("%s is out of order", list[i].ID)
		}
	}
}

func TestFamiliesAndProviders(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]catalog.Family{
		"gpt-5": "openai", "o3-mini": "openai", "o1": "openai", "o1ive-7b": "other", "claude-opus-5": "anthropic", "gemini-3-flash": "google",
		"google/gemma-3-4b": "google", "deepseek-r1-distill-llama-70b": "deepseek", "meta-llama/Llama-3.3-70B": "meta", "mistralai/Mixtral-8x7B": "mistral",
		"Qwen/Qwen3-4B": "qwen", "local/qwen2.5-coder-0.5b": "qwen", "kimi-k2.6": "other", "grok-4.5": "other", "": "other", "/": "other",
	} {
		if got := catalog.FamilyOf(id); got != want {
			t.Errorf("%q is %s, want %s", id, got, want)
		}
	}
	for url, want := range map[string]string{
		"https://API.openai.com/v1": "openai", "https://generativelanguage.googleapis.com/v1beta/openai/": "google",
		"https://api.openai.com.evil.test/v1": "custom", "http://127.0.0.1:1": "custom", "::": "custom",
	} {
		if got := catalog.ProviderOf(url); got != want {
			t.Errorf("%q is %s, want %s", url, got, want)
		}
	}
}
