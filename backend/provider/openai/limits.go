package openai

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"nexusai/backend/provider/endpoint"
)

// Allowance is what is left of one of the provider's limits for our key.
type Allowance struct {
	Limit, Left int64
	Reset       time.Duration // until all of Limit is there again; 0 when not said
	Said        bool          // the provider spoke of this limit
}

// Limits are what an answer's headers say of our key.
type Limits struct{ Requests, Tokens Allowance }

// ReadLimits reads x-ratelimit-* as OpenAI, Azure, Groq, Mistral and vLLM behind
// a proxy write them. What cannot be read is left out.
func ReadLimits(header http.Header, now time.Time) Limits {
	return Limits{Requests: allowance(header, now, "requests"), Tokens: allowance(header, now, "tokens")}
}

func allowance(header http.Header, now time.Time, what string) Allowance {
	limit, known := count(header.Get("X-Ratelimit-Limit-" + what))
	left, knownLeft := count(header.Get("X-Ratelimit-Remaining-" + what))
	if !known && !knownLeft {
		return Allowance{}
	}
	if !knownLeft {
		left = limit
	}
	return Allowance{Limit: limit, Left: left, Reset: reset(header.Get("X-Ratelimit-Reset-"+what), now), Said: knownLeft}
}

func count(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil && n >= 0
}

// reset is a duration ("6m0s", "250ms"), seconds ("12.5"), or a date: RFC 3339,
// or Unix seconds or milliseconds, which no duration reaches.
func reset(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if d, err := time.ParseDuration(text); err == nil {
		return endpoint.Wait(d)
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return endpoint.Wait(at.Sub(now))
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || !(n > 0) || n > 1e15:
		return 0
	case n > 1e11:
		return endpoint.Wait(time.UnixMilli(int64(n)).Sub(now))
	case n > 1e8:
		return endpoint.Wait(time.Unix(int64(n), 0).Sub(now))
	}
	return endpoint.Wait(time.Duration(min(n, endpoint.MaxWait.Seconds()) * float64(time.Second)))
}

// exhausted is how long until the limit that is used up is there again; 0 when
// none says that it is.
func (l Limits) exhausted() time.Duration {
	wait := time.Duration(0)
	for _, a := range []Allowance{l.Requests, l.Tokens} {
		if a.Said && a.Left == 0 {
			wait = max(wait, a.Reset)
		}
	}
	return wait
}

// waitIn finds "try again in 1.5s", which OpenAI says in words alone when the
// headers say nothing.
func waitIn(text string) time.Duration {
	_, rest, found := strings.Cut(text, "try again in ")
	if !found {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r > 127 || !strings.ContainsRune("0123456789.hms", r) })
	if end >= 0 {
		rest = rest[:end]
	}
	d, err := time.ParseDuration(strings.TrimSuffix(rest, "."))
	if err != nil {
		return 0
	}
	return endpoint.Wait(d)
}
