package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nexusai/backend/fault"
)

// safe is what a person reads of a provider's failure.
var safe = map[fault.Code]string{
	fault.UpstreamFailed:  "The model's provider failed.",
	fault.UpstreamRefused: "The model's provider refused our access.",
	fault.RateLimited:     "The model's provider is limiting requests.",
	fault.ContextTooLong:  "The conversation is too long for this model.",
	fault.ModelUnknown:    "The provider does not know this model.",
	fault.ModelUnready:    "The model is still being loaded.",
	fault.BadRequest:      "The model's provider did not accept the request.",
	fault.TooLarge:        "The request is too large for the model's provider.",
	fault.Timeout:         "The model's provider did not answer in time.",
	fault.Canceled:        "The request was cancelled.",
}

const (
	safeEmpty = "The model's provider sent no answer."
	safeCut   = "The answer was cut off by the model's provider."
	safeAway  = "The model's provider cannot be reached."
)

// Said is what a provider answered instead of an answer, as the cause of a
// Fault.
type Said struct {
	status      int
	kind, words string // words may repeat what was asked: they are for who asked nothing of anybody's
}

// Says is the cause for an answer of status, 0 inside a stream, with the
// provider's own name for what is wrong and its words.
func Says(status int, kind, words string) *Said { return &Said{status, kind, words} }

// Told is err's cause and what the provider said: for a log of who asked nothing
// of anybody's.
func Told(err error) string {
	said, ok := errors.AsType[*Said](err)
	if !ok || said.words == "" {
		return fault.Cause(err)
	}
	return fault.Cause(err) + ": " + said.words
}

// Error leaves the words out: it goes into the log, and what people ask does not.
func (s *Said) Error() string {
	text := "provider broke off with an error"
	if s.status != 0 {
		text = fmt.Sprintf("provider answered %d", s.status)
	}
	return strings.TrimSpace(text + " " + tame(s.kind))
}

// tame is a kind if it looks like one.
func tame(kind string) string {
	odd := func(r rune) bool {
		return r != '_' && r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	if len(kind) > 64 || strings.ContainsFunc(kind, odd) {
		return ""
	}
	return kind
}

// Fault is a provider's failure in the words for its code. What the provider
// said is at most in the cause (Said); it is never shown.
func Fault(code fault.Code, cause error) *fault.Fault {
	text, known := safe[code]
	if !known {
		text = safe[fault.UpstreamFailed]
	}
	return fault.New(code, text, cause)
}

// Malformed is an answer that makes no sense.
func Malformed(cause error) *fault.Fault { return Fault(fault.UpstreamFailed, cause) }

// Empty is an answer without any content.
func Empty(cause error) *fault.Fault { return fault.New(fault.UpstreamFailed, safeEmpty, cause) }

// Cut is a stream that ended before its end.
func Cut(cause error) *fault.Fault { return fault.New(fault.UpstreamFailed, safeCut, cause) }

// MaxWait bounds what a provider may ask us to wait.
const MaxWait = time.Hour

// maxErrorText bounds how much of a provider's message is kept.
const maxErrorText = 500

// Shorten makes a provider's message fit for Said.
func Shorten(text string) string {
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
	}
	return strings.ToValidUTF8(strings.TrimSpace(text), "?")
}

// RetryAfter reads OpenAI's retry-after-ms, else Retry-After as seconds or date
// (RFC 9110 § 10.2.3), at most MaxWait. What cannot be read is 0.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	value := header.Get("Retry-After")
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil {
		wait = inRange(ms, time.Millisecond)
	} else if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		wait = inRange(seconds, time.Second)
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return Wait(wait)
}

// Wait is d within what a provider may ask for.
func Wait(d time.Duration) time.Duration { return min(max(d, 0), MaxWait) }

// inRange multiplies without overflow; NaN and negatives become 0.
func inRange(n float64, unit time.Duration) time.Duration {
	if !(n > 0) {
		return 0
	}
	if n > float64(MaxWait/unit) {
		return MaxWait
	}
	return time.Duration(n * float64(unit))
}

// Gone explains why ctx, which is over, ended a wait that was not for the
// provider.
func Gone(ctx context.Context) *fault.Fault { return transportFault(ctx, ctx.Err(), safeAway) }

// transportFault explains why no answer, or no more of it, came. ctx is the
// attempt's context: its cause tells a deadline of ours from the caller leaving.
func transportFault(ctx context.Context, err error, text string) *fault.Fault {
	if cause := context.Cause(ctx); cause != nil {
		if f, ok := errors.AsType[*fault.Fault](cause); ok {
			return f
		}
		if errors.Is(cause, context.DeadlineExceeded) {
			return Fault(fault.Timeout, err)
		}
		return Fault(fault.Canceled, cause)
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	return fault.New(fault.UpstreamFailed, text, err)
}
