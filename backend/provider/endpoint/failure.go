package endpoint

import (
	"context"
	"errors"
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

// Fault is a provider's failure in the words for its code. The cause may hold
// the provider's own words; they are never shown.
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

// maxErrorText bounds how much of a provider's message reaches the log.
const maxErrorText = 500

// Shorten makes a provider's message fit for a cause.
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
