package gemini

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
	if wait := endpoint.RetryAfter(header, now); wait > 0 {
		f.RetryAfter = wait
	}
	return f
}

// problem is google.rpc.Status as JSON.
type problem struct {
	Code    int      `json:"code"`
	Message string   `json:"message"`
	Status  string   `json:"status"`
	Details []detail `json:"details"`
}

// detail is a google.rpc.RetryInfo or google.rpc.ErrorInfo, by Type; the others
// are not read.
type detail struct {
	Type       string `json:"@type"`
	Reason     string `json:"reason"`
	RetryDelay string `json:"retryDelay"` // "46s", "1.5s"
}

// providerError reads an error with or without its envelope; status is 0 for
// one inside a stream.
func providerError(status int, body []byte) *fault.Fault {
	p := parseProblem(body)
	cause := endpoint.Says(status, p.Status, endpoint.Shorten(p.Message))
	if status == 0 {
		status = p.Code
	}
	f := endpoint.Fault(classify(status, p), cause)
	f.RetryAfter = p.delay()
	return f
}

func parseProblem(body []byte) problem {
	inner := bytes.TrimSpace(body)
	var several []json.RawMessage
	if json.Unmarshal(inner, &several) == nil && len(several) > 0 { // a stream that is no stream of events
		inner = several[0]
	}
	var envelope struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(inner, &envelope) == nil && len(envelope.Error) > 0 {
		inner = envelope.Error
	}
	var p problem
	if json.Unmarshal(inner, &p) == nil {
		return p
	}
	return problem{Message: string(inner)}
}

// delay is what RetryInfo says.
func (p problem) delay() time.Duration {
	for _, d := range p.Details {
		if wait, err := time.ParseDuration(d.RetryDelay); err == nil {
			return endpoint.Wait(wait)
		}
	}
	return 0
}

func (p problem) because(reason string) bool {
	for _, d := range p.Details {
		if d.Reason == reason {
			return true
		}
	}
	return false
}

// codes are those of google.rpc.Code; status decides where there is none.
var codes = map[string]fault.Code{
	"INVALID_ARGUMENT":    fault.BadRequest,
	"OUT_OF_RANGE":        fault.BadRequest,
	"FAILED_PRECONDITION": fault.UpstreamRefused, // no billing, or not in this country
	"UNAUTHENTICATED":     fault.UpstreamRefused,
	"PERMISSION_DENIED":   fault.UpstreamRefused,
	"NOT_FOUND":           fault.ModelUnknown,
	"RESOURCE_EXHAUSTED":  fault.RateLimited,
	"DEADLINE_EXCEEDED":   fault.Timeout,
	"INTERNAL":            fault.UpstreamFailed,
	"UNAVAILABLE":         fault.UpstreamFailed,
	"CANCELLED":           fault.UpstreamFailed,
}

var statuses = map[int]fault.Code{
	http.StatusUnauthorized: fault.UpstreamRefused, http.StatusForbidden: fault.UpstreamRefused,
	http.StatusPaymentRequired: fault.UpstreamRefused, http.StatusNotFound: fault.ModelUnknown,
	http.StatusTooManyRequests: fault.RateLimited,
	http.StatusRequestTimeout:  fault.Timeout, http.StatusGatewayTimeout: fault.Timeout,
}

func classify(status int, p problem) fault.Code {
	if status == http.StatusRequestEntityTooLarge {
		return fault.TooLarge
	}
	text := strings.ToLower(p.Message)
	code, known := codes[p.Status]
	if !known {
		code, known = statuses[status]
	}
	switch {
	case code == fault.RateLimited && noCredit(text):
		return fault.UpstreamRefused // waiting does not help
	case known && code != fault.BadRequest:
		return code
	case p.because("API_KEY_INVALID"), strings.Contains(text, "api key not valid"), strings.Contains(text, "api key expired"):
		return fault.UpstreamRefused
	case strings.Contains(text, "token count") && strings.Contains(text, "exceeds the maximum"):
		return fault.ContextTooLong
	case strings.Contains(text, "payload size exceeds"):
		return fault.TooLarge
	case known, status >= 400 && status < 500:
		return fault.BadRequest
	}
	return fault.UpstreamFailed
}

// noCredit: the account has no money, or no share of this model at all.
func noCredit(text string) bool {
	return strings.Contains(text, "credits are depleted") || strings.Contains(text, "limit: 0,") || strings.HasSuffix(text, "limit: 0")
}
