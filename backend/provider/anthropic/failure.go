package anthropic

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
)

// Failure translates a provider's answer other than 2xx into a Fault. The
// provider's words are only in the cause.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	f := providerError(status, body)
	f.RetryAfter = endpoint.RetryAfter(header, now)
	if f.RetryAfter == 0 && f.Code == fault.RateLimited {
		f.RetryAfter = untilReset(header, now)
	}
	return f
}

// limits are the names between "anthropic-ratelimit-" and "-remaining".
var limits = []string{"requests", "tokens", "input-tokens", "output-tokens"}

// untilReset is how long the last of the limits that are used up will hold.
func untilReset(header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	for _, name := range limits {
		if header.Get("Anthropic-Ratelimit-"+name+"-Remaining") != "0" {
			continue
		}
		at, err := time.Parse(time.RFC3339, header.Get("Anthropic-Ratelimit-"+name+"-Reset"))
		if err == nil {
			wait = max(wait, endpoint.Wait(at.Sub(now)))
		}
	}
	return wait
}

// problem is the error object of the wire.
type problem struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// providerError reads an error with or without its envelope; status is 0 for
// one inside a stream.
func providerError(status int, body []byte) *fault.Fault {
	p := parseProblem(body)
	return endpoint.Fault(classify(status, p), endpoint.Says(status, p.Type, endpoint.Shorten(p.Message)))
}

func parseProblem(body []byte) problem {
	var envelope struct {
		Type  string          `json:"type"`
		Error json.RawMessage `json:"error"`
	}
	inner := bytes.TrimSpace(body)
	if json.Unmarshal(inner, &envelope) == nil && len(envelope.Error) > 0 {
		inner = envelope.Error
	}
	var p problem
	if json.Unmarshal(inner, &p) == nil {
		return p
	}
	var plain string
	if json.Unmarshal(inner, &plain) == nil {
		return problem{Message: plain}
	}
	return problem{Message: string(inner)}
}

// codes are the wire's error types; status decides about types that it may yet
// invent.
var codes = map[string]fault.Code{
	"invalid_request_error": fault.BadRequest,
	"authentication_error":  fault.UpstreamRefused,
	"permission_error":      fault.UpstreamRefused,
	"billing_error":         fault.UpstreamRefused,
	"not_found_error":       fault.ModelUnknown,
	"request_too_large":     fault.TooLarge,
	"rate_limit_error":      fault.RateLimited,
	"timeout_error":         fault.Timeout,
	"api_error":             fault.UpstreamFailed,
	"overloaded_error":      fault.UpstreamFailed,
}

var statuses = map[int]fault.Code{
	http.StatusUnauthorized: fault.UpstreamRefused, http.StatusForbidden: fault.UpstreamRefused,
	http.StatusPaymentRequired: fault.UpstreamRefused, http.StatusNotFound: fault.ModelUnknown,
	http.StatusRequestEntityTooLarge: fault.TooLarge, http.StatusTooManyRequests: fault.RateLimited,
	http.StatusRequestTimeout: fault.Timeout, http.StatusGatewayTimeout: fault.Timeout,
}

func classify(status int, p problem) fault.Code {
	text := strings.ToLower(p.Message)
	code, known := codes[p.Type]
	if !known {
		code, known = statuses[status]
	}
	switch {
	case known && code != fault.BadRequest:
		return code
	case tooLong(text):
		return fault.ContextTooLong
	case strings.Contains(text, "credit balance"), strings.Contains(text, "usage limit"), strings.Contains(text, "spend limit"):
		return fault.UpstreamRefused // waiting does not help
	case known, status >= 400 && status < 500:
		return fault.BadRequest
	}
	return fault.UpstreamFailed
}

// tooLong knows the hosted wire (first two) and vLLM's.
func tooLong(text string) bool {
	return strings.Contains(text, "prompt is too long") || strings.Contains(text, "exceed context limit") ||
		strings.Contains(text, "maximum context length")
}
