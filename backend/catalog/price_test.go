package catalog_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"nexusai/backend/catalog"
	"nexusai/backend/llm"
)

// TestVendorsExamples are bills worked out by hand from the vendors' price pages
// of August 2026, in nano-USD.
func TestVendorsExamples(t *testing.T) {
	t.Parallel()
	c := load(t)
	for name, d := range map[string]struct {
		model string
		usage llm.Usage
		want  int64
	}{
		// Claude Sonnet 4.5: 3 in, 3.75 for five minutes' cache, 6 for an hour's, 0.30 read, 15 out.
		"anthropic, 5 min write": {"claude-sonnet-4-5", llm.Usage{Input: 1000, CacheWrite: 900, Output: 10}, 100*3000 + 900*3750 + 10*15_000},
		"anthropic, 1 h write":   {"claude-sonnet-4-5", llm.Usage{Input: 1000, CacheWrite: 900, CacheHour: 400, Output: 10}, 100*3000 + 500*3750 + 400*6000 + 10*15_000},
		"anthropic, read":        {"claude-sonnet-4-5", llm.Usage{Input: 1000, Cached: 900, Output: 10}, 100*3000 + 900*300 + 10*15_000},
		"anthropic, long":        {"claude-sonnet-4-5", llm.Usage{Input: 200_001, Cached: 1, CacheWrite: 200_000, CacheHour: 100_000, Output: 10}, 600 + 100_000*7500 + 100_000*12_000 + 10*22_500},
		"anthropic, web search":  {"claude-sonnet-4-5", llm.Usage{Input: 1, Searches: 3}, 3000 + 3*10_000_000},
		"haiku 3, wrong in list": {"claude-3-haiku-20240307", llm.Usage{Input: 10, CacheWrite: 10, CacheHour: 10}, 10 * 500},
		"opus 3, an hour":        {"claude-3-opus-20240229", llm.Usage{Input: 10, CacheWrite: 10, CacheHour: 10}, 10 * 30_000},
		// GPT-4o: 2.50, cached 1.25, 10. Writing its cache costs nothing extra.
		"openai, cached": {"gpt-4o", llm.Usage{Input: 2006, Cached: 1920, Output: 300}, 86*2500 + 1920*1250 + 300*10_000},
		"openai, write":  {"gpt-4o", llm.Usage{Input: 100, CacheWrite: 100}, 100 * 2500},
		// gpt-4o-mini-audio-preview: text 0.15/0.60, sound 10/20.
		"openai, sound":  {"gpt-4o-mini-audio-preview", llm.Usage{Input: 100, AudioIn: 60, Output: 50, AudioOut: 40}, 40*150 + 60*10_000 + 10*600 + 40*20_000},
		"whisper":        {"whisper-1", llm.Usage{Millis: 90_000}, 9_000_000}, // 1.5 min at $0.006
		"whisper, 1 ms":  {"whisper-1", llm.Usage{Millis: 1}, 100},            // 0.006 / 60,000
		"transcribe":     {"gpt-4o-transcribe", llm.Usage{Input: 50, AudioIn: 40, Output: 5}, 50*2500 + 5*10_000},
		"tts":            {"tts-1", llm.Usage{Characters: 4096, Input: 1000, AudioOut: 9, Output: 9}, 4096 * 15_000},
		"gpt tts":        {"gpt-4o-mini-tts", llm.Usage{Characters: 400, Input: 100, Output: 500, AudioOut: 500}, 100*600 + 500*12_000},
		"gpt-transcribe": {"gpt-transcribe", llm.Usage{Millis: 60_000}, 4_500_000},
		"embedding":      {"text-embedding-3-small", llm.Usage{Input: 1000}, 20_000},
		// DeepSeek V4 Flash: 0.14 for a miss, 0.0028 for a hit, 0.28 out.
		"deepseek": {"deepseek-v4-flash", llm.Usage{Input: 1_000_000, Cached: 500_000, Output: 1_000_000}, 70_000_000 + 1_400_000 + 280_000_000},
		// Gemini 2.5 Flash: 0.30, sound 1.00, out 2.50 with thoughts.
		"gemini, sound":  {"gemini-2.5-flash", llm.Usage{Input: 1000, AudioIn: 400, Output: 100, Reasoning: 80}, 600*300 + 400*1000 + 100*2500},
		"cohere rerank":  {"rerank-v3.5", llm.Usage{Searches: 2}, 4_000_000},
		"mistral":        {"mistral-large-latest", llm.Usage{Input: 1000, Output: 1000}, 1000*500 + 1000*1500},
		"overlap is cut": {"gpt-4o", llm.Usage{Input: 10, Cached: 8, CacheWrite: 8, AudioIn: 8}, 8*1250 + 2*2500},
		"local":          {"whisper-base", llm.Usage{Millis: 1e9}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, known := c.Cost(d.model, "", d.usage, today); got != d.want || !known {
				t.Errorf("got %d %v, want %d", got, known, d.want)
			}
		})
	}
	for _, unpriced := range []string{"Llama-3.3-8B-Instruct", "bge-reranker-v2-m3", "jina-reranker-v3"} {
		if m, ok := c.Model(unpriced); !ok {
			t.Errorf("%s is not listed", unpriced)
		} else if nano, known := c.Cost(m.ID, m.Provider, llm.Usage{Input: 1}, today); known {
			t.Errorf("%s costs %d, which nobody published", unpriced, nano)
		}
	}
}

// TestAPriceThatIsNoLongerPublishedEnds: what a search costs at Cohere today,
// its page does not say.
func TestAPriceThatIsNoLongerPublishedEnds(t *testing.T) {
	t.Parallel()
	seen := time.Date(2026, 10, 18, 0, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]bool{seen.Add(-1): true, seen: false} {
		if nano, known := load(t).Cost("rerank-v3.5", "cohere", llm.Usage{Searches: 1}, at); known != want {
			t.Errorf("at %s it costs %d, known %v", at, nano, known)
		}
	}
}

// TestWhatTheListHasWrongIsCorrected: once, and with the day it retires.
func TestWhatTheListHasWrongIsCorrected(t *testing.T) {
	t.Parallel()
	found := 0
	for _, m := range load(t).Models() {
		if m.ID == "gpt-4o-mini-tts" {
			found++
			if m.RetiresOn.Format(time.DateOnly) != "2027-01-06" || m.Prices[0].InputNano != 600_000_000 {
				t.Errorf("%+v", m)
			}
		}
	}
	if found != 1 {
		t.Errorf("listed %d times", found)
	}
}

func TestAHistoryOfPrices(t *testing.T) {
	t.Parallel()
	march, may := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	history := []catalog.Price{
		{InputNano: 3, From: may}, {InputNano: 1, Until: may}, {InputNano: 2, From: march, Until: may}, {InputNano: 4, From: may, Above: 100},
	}
	for name, d := range map[string]struct {
		at    time.Time
		input int
		want  int64
	}{
		"before": {march.Add(-1), 0, 1}, "from its first moment": {march, 0, 2}, "to its last": {may.Add(-1), 1e6, 2},
		"then the next": {may, 100, 3}, "and its tier": {may, 101, 4},
	} {
		if p, ok := catalog.At(history, d.at, d.input); !ok || p.InputNano != d.want {
			t.Errorf("%s: %+v %v, want %d", name, p, ok, d.want)
		}
	}
	if p, ok := catalog.At([]catalog.Price{{InputNano: 1, From: may}}, march, 0); ok {
		t.Errorf("a price of the future is %+v", p)
	}
}

// TestNoPriceIsStrange looks for what a mistake in a list would look like.
func TestNoPriceIsStrange(t *testing.T) {
	t.Parallel()
	for _, m := range load(t).Models() {
		for _, p := range m.Prices {
			if sold := m.Provider == "anthropic" || m.Provider == "openai"; sold && p.CacheWriteNano > 0 && p.CacheWriteNano < p.InputNano {
				t.Errorf("%s: writing the cache is cheaper than not", m.ID)
			}
			if p.CacheHourNano > 0 && p.CacheHourNano < p.CacheWriteNano {
				t.Errorf("%s: an hour is cheaper than five minutes", m.ID)
			}
			if p.CachedNano > p.InputNano {
				t.Errorf("%s: cached input is dearer than fresh", m.ID)
			}
		}
		if m.Vision != (m.ImageTokens > 0) {
			t.Errorf("%s: a picture costs at most %d tokens", m.ID, m.ImageTokens)
		}
	}
}

func TestSkills(t *testing.T) {
	t.Parallel()
	c := load(t)
	for id, want := range map[string]bool{"claude-3-haiku-20240307": true, "claude-fable-5": false, "gpt-4o": false, "mistral-large-latest": true, "qwen2.5-coder-0.5b": true} {
		if m, ok := c.Model(id); !ok || m.Prefill != want {
			t.Errorf("%s goes on from a partial answer: %v", id, m.Prefill)
		}
	}
	for id, want := range map[string]catalog.Kind{
		"rerank-v3.5": catalog.Rerank, "bge-reranker-v2-m3": catalog.Rerank, "whisper-1": catalog.Transcription,
		"tts-1": catalog.Speech, "mistral-embed": catalog.Embedding,
	} {
		if m, ok := c.Model(id); !ok || m.Kind != want {
			t.Errorf("%s is for %s", id, m.Kind)
		}
	}
	for id, want := range map[string]int{"gpt-4o": 1445, "gpt-4o-mini": 48_169, "claude-sonnet-4-5": 4784, "gemini-2.5-pro": 4128, "Llama-4-Scout-17B-16E-Instruct-FP8": 16_384, "Llama-3.3-8B-Instruct": 0} {
		if m, ok := c.Model(id); !ok || m.ImageTokens != want {
			t.Errorf("a picture for %s is at most %d tokens, want %d", id, m.ImageTokens, want)
		}
	}
	for id, want := range map[string]bool{
		"rerank-v3.5": true, "BAAI/bge-reranker-v2-m3": true, "bge-reranker-v2-m3-Q8_0.gguf": true, "Qwen/Qwen3-Reranker-0.6B": true,
		"qwen2.5-coder-0.5b": false, "gpt-4o": false, "": false, "reranker": false,
	} {
		if c.Reranks(id) != want {
			t.Errorf("%q is a reranker: %v", id, !want)
		}
	}
	if again := load(t); c.Version() == "" || c.Version() != again.Version() {
		t.Errorf("versions %q and %q", c.Version(), again.Version())
	}
}

// FuzzCost checks the 128-bit sum against big integers.
func FuzzCost(f *testing.F) {
	f.Add(int64(100), int64(30), int64(50), int64(20), int64(2_500_000_000), int64(1_250_000_000), int64(10_000_000_000))
	f.Add(int64(math.MaxInt64), int64(1), int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64), int64(1), int64(math.MaxInt64))
	f.Add(int64(math.MaxInt64), int64(0), int64(0), int64(math.MaxInt64), int64(math.MaxInt64), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, input, cached, output, other, inNano, cachedNano, outNano int64) {
		if inNano < 0 || cachedNano < 0 || outNano < 0 {
			return
		}
		p := catalog.Price{
			InputNano: inNano, CachedNano: cachedNano, OutputNano: outNano,
			CacheWriteNano: cachedNano, AudioOutNano: inNano, MinuteNano: outNano, SearchNano: inNano, CharNano: cachedNano,
		}
		n := int(other)
		got := p.Cost(llm.Usage{
			Input: int(input), Cached: int(cached), Output: int(output),
			CacheWrite: n, AudioOut: n, Millis: other, Searches: n, Characters: n,
		})
		input, output, other = max(input, 0), max(output, 0), max(other, 0)
		cached = min(max(cached, 0), input)
		written, sound := min(other, input-cached), min(other, output)
		write := cachedNano
		if write == 0 {
			write = inNano
		}
		voice := inNano
		if voice == 0 {
			voice = outNano
		}
		exact := new(big.Rat)
		for _, part := range [][3]int64{
			{input - cached - written, inNano, 1e6}, {cached, cachedNano, 1e6}, {written, write, 1e6},
			{output - sound, outNano, 1e6}, {sound, voice, 1e6}, {other, cachedNano, 1e6}, {other, outNano, 60_000}, {other, inNano, 1},
		} {
			top := new(big.Int).Mul(big.NewInt(part[0]), big.NewInt(part[1]))
			exact.Add(exact, new(big.Rat).SetFrac(top, big.NewInt(part[2])))
		}
		exact.Add(exact, big.NewRat(1, 2))
		rounded := new(big.Int).Quo(exact.Num(), exact.Denom())
		want := int64(math.MaxInt64)
		if rounded.IsInt64() {
			want = rounded.Int64()
		}
		if got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	})
}
