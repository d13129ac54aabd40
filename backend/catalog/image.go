package catalog

import "strings"

// unknownImage bounds a picture for models of which nothing is published; open
// models that cut a picture into tiles stay below.
const unknownImage = 16_384

// imageBounds are the most tokens one picture can cost, by how ids begin; the
// first that fits counts. From the vendors' pages on vision, August 2026:
// OpenAI's tile models scale to 768 × 2048, which is eight tiles; its patch
// models count at most 1,536 patches, times a factor, and from 5.4 on 10,000 at
// "original" detail; Anthropic's high resolution models count 4,784; Gemini
// cuts 3072 × 3072 into 16 tiles of 258, or takes 2,240 at its highest setting.
var imageBounds = []struct {
	prefix string
	tokens int
}{
	{"gpt-4o-mini", 2833 + 8*5667},
	{"gpt-4.1-mini", 2489}, {"gpt-4.1-nano", 3779}, {"o4-mini", 2642},
	{"gpt-4o", 85 + 8*170}, {"gpt-4.1", 85 + 8*170}, {"gpt-4.5", 85 + 8*170}, {"gpt-4-", 85 + 8*170}, {"chatgpt-4o", 85 + 8*170},
	{"o1", 75 + 8*150}, {"o3", 75 + 8*150},
	{"gpt-5-mini", 2489}, {"gpt-5-nano", 3779}, {"gpt-5.4", 24_600}, {"gpt-5.5", 24_600}, {"gpt-5.6", 24_600},
	{"gpt-5", 3779},
	{"claude-3", 1600}, {"claude-", 4784},
	{"gemini-", 16 * 258},
	{"pixtral", 4096}, {"mistral-", 4096}, {"ministral", 4096},
}

// imageTokens is the bound for a model that takes pictures.
func imageTokens(id string) int {
	for _, b := range imageBounds {
		if strings.HasPrefix(id, b.prefix) {
			return b.tokens
		}
	}
	return unknownImage
}
