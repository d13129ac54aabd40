package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
)

// Failure translates a provider's answer other than 2xx into a Fault. now is
// for Retry-After given as a date. The provider's words are only in the cause.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	f := providerError(status, body)
	f.RetryAfter = endpoint.RetryAfter(header, now)
	return f
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
	return endpoint.Fault(classify(status, kind, text), cause)
}

// classify orders by what the caller can do about it: shorten, wait, choose
// another model, or nothing.
func classify(status int, kind, text string) fault.Code {
	switch {
	case contextTooLong(kind, text):
		return fault.ContextTooLong
	case strings.Contains(kind, "insufficient_quota"), strings.Contains(text, "insufficient_quota"),
		strings.Contains(text, "API key not valid"): // Google says so with 400
		return fault.UpstreamRefused // waiting does not help
	case status == http.StatusTooManyRequests, strings.Contains(kind, "rate_limit"):
		return fault.RateLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired:
		return fault.UpstreamRefused
	case status == http.StatusNotFound, kind == "model_not_found":
		return fault.ModelUnknown
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return fault.Timeout
	case status == http.StatusRequestEntityTooLarge:
		return fault.TooLarge
	case status == http.StatusServiceUnavailable && strings.Contains(strings.ToLower(text), "loading model"):
		return fault.ModelUnready
	case status >= 400 && status < 500:
		return fault.BadRequest
	}
	return fault.UpstreamFailed
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
		return "", endpoint.Shorten(plain)
	}
	var e sdk.APIError
	if json.Unmarshal(inner, &e) != nil {
		return "", endpoint.Shorten(string(inner))
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
	return kind, endpoint.Shorten(e.Message)
}
