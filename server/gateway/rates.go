package gateway

import (
	"net/http"
	"strconv"
	"time"

	"nexusai/server/limit"
)

// vendors' names of what is limited; OpenAI has one for tokens.
var openaiNames = map[limit.Measure]string{limit.Requests: "Requests", limit.InputTokens: "Tokens"}

var anthropicNames = map[limit.Measure]string{limit.Requests: "Requests", limit.InputTokens: "Input-Tokens", limit.OutputTokens: "Output-Tokens"}

// rated says what is left of the tightest limits, in the headers that both
// vendors' clients know.
func rated(h http.Header, states []limit.State, now time.Time) {
	for _, s := range states {
		most, left := strconv.FormatInt(s.Limit, 10), strconv.FormatInt(s.Left, 10)
		if name := openaiNames[s.Measure]; name != "" {
			h.Set("X-Ratelimit-Limit-"+name, most)
			h.Set("X-Ratelimit-Remaining-"+name, left)
			h.Set("X-Ratelimit-Reset-"+name, s.Reset.Round(time.Millisecond).String())
		}
		if name := anthropicNames[s.Measure]; name != "" {
			name = "Anthropic-Ratelimit-" + name
			h.Set(name+"-Limit", most)
			h.Set(name+"-Remaining", left)
			h.Set(name+"-Reset", now.Add(s.Reset).UTC().Format(time.RFC3339))
		}
	}
}
