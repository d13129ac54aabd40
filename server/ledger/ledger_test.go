package ledger_test

import (
	"testing"

	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

func TestCost(t *testing.T) {
	t.Parallel()
	price := ledger.Price{Known: true, Input: 2_500_000, Cached: 1_250_000, Output: 10_000_000}
	for _, tt := range []struct {
		name  string
		price ledger.Price
		usage llm.Usage
		want  int64
	}{
		{"input and output", price, llm.Usage{Input: 1000, Output: 1000}, 12_500_000},
		{"cached tokens are billed once", price, llm.Usage{Input: 1000, Cached: 400}, 600*2500 + 400*1250},
		{"more cached than input counts as input", price, llm.Usage{Input: 10, Cached: 50}, 10 * 1250},
		{"reasoning is part of output", price, llm.Usage{Output: 100, Reasoning: 60}, 1_000_000},
		{"negative counts cost nothing", price, llm.Usage{Input: -5, Output: -5}, 0},
		{"rounds once, to the nearest", ledger.Price{Known: true, Input: 499, Output: 1}, llm.Usage{Input: 1, Output: 1}, 1},
		{"unknown is not a price", ledger.Price{Input: 5, Output: 5}, llm.Usage{Input: 1000, Output: 1000}, 0},
		{"large", ledger.Price{Known: true, Output: 1 << 40}, llm.Usage{Output: 1 << 30}, 1180591620717411303},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.price.Cost(tt.usage); got != tt.want {
				t.Errorf("cost %d, want %d", got, tt.want)
			}
		})
	}
}
