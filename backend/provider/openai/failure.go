package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/fault"
)

const (
	safeFailed   = "The model's provider failed."
	safeEmpty    = "The model's provider sent no answer."
	safeCut      = "The answer was cut off by the model's provider."
	safeRefused  = "The model's provider refused our access."
	safeLimited  = "The model's provider is limiting requests."
	safeContext  = "The conversation is too long for this model."
	safeModel    = "The provider does not know this model."
	safeBad      = "The model's provider did not accept the request."
	safeTooLarge = "The request is too large for the model's provider."
	safeUnready  = "The model is still being loaded."
	safeSlow     = "The model's provider did not answer in time."
	safeAway     = "The model's provider cannot be reached."
	safeCanceled = "The request was cancelled."
)

// maxRetryAfter bounds what a provider may ask us to wait.
const maxRetryAfter = time.Hour

// maxErrorText bounds how much of a provider's message reaches the log.
const maxErrorText = 500

// Failure translates a provider's answer other than 2xx into a Fault. now is
// for Retry-After given as a date. The provider's words are only in the cause.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	f := providerError(status, body)
	f.RetryAfter = retryAfter(header, now)
	return f
}

func malformed(cause error) *fault.Fault {
	return fault.New(fault.UpstreamFailed, safeFailed, cause)
}

// providerError reads an error body, with or without its "error" envelope;
// status is 0 for an error inside a stream.
func providerError(status int, body []byte) *fault.Fault {
	kind, text := errorParts(body)
	cause := fmt.Errorf("provider answered %d %s: %s", status, kind, text)
	if status == 0 {
		cause = fmt.Errorf("provider broke off with %s: %s", kind, text)
		if n, err := strconv.Atoi(kind); err == nil && n >= 400 && n < 600 {
			status = n
		}
	}
	code, safe := classify(status, kind, text)
	return fault.New(code, safe, cause)
}

// classify orders by what the caller can do about it: shorten, wait, choose
// another model, or nothing.
func classify(status int, kind, text string) (fault.Code, string) {
	switch {
	case contextTooLong(kind, text):
		return fault.ContextTooLong, safeContext
	case strings.Contains(kind, "insufficient_quota"), strings.Contains(text, "insufficient_quota"),
		strings.Contains(text, "API key not valid"): // Google says so with 400
		return fault.UpstreamRefused, safeRefused // waiting does not help
	case status == http.StatusTooManyRequests, strings.Contains(kind, "rate_limit"):
		return fault.RateLimited, safeLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired:
		return fault.UpstreamRefused, safeRefused
	case status == http.StatusNotFound, kind == "model_not_found":
		return fault.ModelUnknown, safeModel
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return fault.Timeout, safeSlow
	case status == http.StatusRequestEntityTooLarge:
		return fault.TooLarge, safeTooLarge
	case status == http.StatusServiceUnavailable && strings.Contains(strings.ToLower(text), "loading model"):
		return fault.ModelUnready, safeUnready
	case status >= 400 && status < 500:
		return fault.BadRequest, safeBad
	}
	return fault.UpstreamFailed, safeFailed
}

// contextTooLong knows OpenAI and vLLM (first two lines), llama.cpp chat and
// llama.cpp embeddings (which answers 500).
func contextTooLong(kind, text string) bool {
	text = strings.ToLower(text)
	return kind == "context_length_exceeded" || strings.Contains(text, "maximum context length") ||
		strings.Contains(text, "maximum model length") || strings.Contains(text, "prompt is too long") ||
		kind == "exceed_context_size_error" || strings.Contains(text, "exceeds the available context size") ||
		strings.Contains(text, "too large to process") || strings.Contains(text, "larger than the max context size")
}

// errorParts finds the kind (code, else type) and message of an error body in
// the shapes that providers use; a body of another shape is its own message.
func errorParts(body []byte) (kind, text string) {
	var envelope struct {
		Error  json.RawMessage `json:"error"`
		Detail json.RawMessage `json:"detail"`
	}
	inner := bytes.TrimSpace(body)
	if json.Unmarshal(inner, &envelope) == nil {
		switch {
		case len(envelope.Error) > 0:
			inner = envelope.Error
		case len(envelope.Detail) > 0:
			inner = envelope.Detail
		}
	}
	var plain string
	if json.Unmarshal(inner, &plain) == nil {
		return "", shorten(plain)
	}
	var e sdk.APIError
	if json.Unmarshal(inner, &e) != nil {
		return "", shorten(string(inner))
	}
	kind = e.Type
	switch code := e.Code.(type) {
	case string:
		kind = code
	case int:
		if kind == "" {
			kind = strconv.Itoa(code)
		}
	}
	return kind, shorten(e.Message)
}

func shorten(text string) string {
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
	}
	return strings.ToValidUTF8(strings.TrimSpace(text), "?")
}

// retryAfter reads OpenAI's retry-after-ms, else Retry-After as seconds or date
// (RFC 9110 § 10.2.3). What cannot be read is 0.
func retryAfter(header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	value := header.Get("Retry-After")
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil {
		wait = inRange(ms, time.Millisecond)
	} else if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		wait = inRange(seconds, time.Second)
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// inRange multiplies without overflow; NaN and negatives become 0.
func inRange(n float64, unit time.Duration) time.Duration {
	if !(n > 0) {
		return 0
	}
	if n > float64(maxRetryAfter/unit) {
		return maxRetryAfter
	}
	return time.Duration(n * float64(unit))
}

// transportFault explains why no answer, or no more of it, came. ctx is the
// attempt's context: its cause tells a deadline of ours from the caller leaving.
func transportFault(ctx context.Context, err error, safe string) *fault.Fault {
	if cause := context.Cause(ctx); cause != nil {
		if f, ok := errors.AsType[*fault.Fault](cause); ok {
			return f
		}
		if errors.Is(cause, context.DeadlineExceeded) {
			return fault.New(fault.Timeout, safeSlow, err)
		}
		return fault.New(fault.Canceled, safeCanceled, cause)
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	return fault.New(fault.UpstreamFailed, safe, err)
}
