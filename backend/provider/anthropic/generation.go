package anthropic

import (
	"strconv"
	"strings"
)

// generation is a Claude model's version times ten: 45 for 4.5. It is 0 for a
// model of somebody else's behind this wire, and newest for a name without a
// version.
type generation int

const newest generation = 990

// generationOf reads names with the version before or after the family, with a
// date behind, and with a host's prefix: "claude-3-7-sonnet-20250219",
// "claude-opus-4-6", "us.anthropic.claude-opus-5".
func generationOf(model string) generation {
	_, name, found := strings.Cut(strings.ToLower(model), "claude")
	if !found {
		return 0
	}
	var numbers []int
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '.' || r == '@' || r == ':' }) {
		n, err := strconv.Atoi(part)
		if err != nil {
			continue
		}
		if n >= 100 || len(numbers) == 2 { // a date
			break
		}
		numbers = append(numbers, n)
	}
	switch len(numbers) {
	case 0:
		return newest
	case 1:
		return generation(numbers[0] * 10)
	}
	return generation(numbers[0]*10 + min(numbers[1], 9))
}

func (g generation) foreign() bool { return g == 0 }

// adaptive: the model decides how long to think and takes an effort.
func (g generation) adaptive() bool { return g >= 46 }

// budgeted: the model takes a number of tokens to think.
func (g generation) budgeted() bool { return g.foreign() || (g >= 37 && g <= 46) }

// sampled: the model takes temperature, top_p and top_k.
func (g generation) sampled() bool { return g <= 46 }

// structured: the model follows a JSON Schema by itself (output_config.format)
// and keeps to strict tools.
func (g generation) structured() bool { return g >= 45 }

// maxTokens is the limit where the request sets none: the wire demands one.
// Thinking counts towards it.
func (g generation) maxTokens() int {
	switch {
	case g.adaptive():
		return 16384
	case g >= 35 || g.foreign():
		return 8192
	}
	return 4096
}
