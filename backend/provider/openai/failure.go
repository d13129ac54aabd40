package openai

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
)

// Failure translates a provider's answer other than 2xx into a Fault. now is
// for times given as a date. The provider's words are only in the cause.
// RetryAfter is what the provider says in Retry-After or, over a limit, in the
// limit's own headers or in words; it is never made up.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	f := providerError(status, body)
	f.RetryAfter = endpoint.RetryAfter(header, now)
	if f.Code != fault.RateLimited || f.RetryAfter > 0 {
		return f
	}
	if f.RetryAfter = ReadLimits(header, now).exhausted(); f.RetryAfter == 0 {
		_, text := errorParts(body)
		f.RetryAfter = waitIn(text)
	}
	return f
}

// BrokenOff translates an error that came inside a stream, or in an answer of
// status 200.
func BrokenOff(body []byte) *fault.Fault { return providerError(0, body) }

// providerError reads an error body, with or without its "error" envelope;
// status is 0 for an error inside a stream.
func providerError(status int, body []byte) *fault.Fault {
	kind, text := errorParts(body)
	cause := endpoint.Says(status, kind, text)
	if status == 0 {
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
	case refusedContent(kind, text):
		return fault.BadRequest
	case strings.Contains(kind, "insufficient_quota"), strings.Contains(text, "insufficient_quota"),
		strings.Contains(text, "API key not valid"): // Google says so with 400
		return fault.UpstreamRefused // waiting does not help
	case status == http.StatusTooManyRequests, strings.Contains(kind, "rate_limit"):
		return fault.RateLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired:
		return fault.UpstreamRefused
	case status == http.StatusNotFound, kind == "model_not_found", kind == "invalid_model":
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

// refusedContent knows the content filters of Azure, OpenAI and DeepSeek. No
// other deployment is asked: who breaks a policy here does not find a way round.
func refusedContent(kind, text string) bool {
	return kind == "content_filter" || kind == "content_policy_violation" || kind == "ResponsibleAIPolicyViolation" ||
		kind == "invalid_prompt" || strings.Contains(text, "Content Exists Risk")
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

// errorParts finds the kind (code, else type; a code that is a number counts less) and message of an error body in
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
	var e struct{ Code, Type, Message json.RawMessage }
	if json.Unmarshal(inner, &e) != nil {
		return "", endpoint.Shorten(string(inner))
	}
	kind, number := word(e.Code)
	if kind == "" || number { // Mistral and vLLM number their errors, and name the type
		if named, _ := word(e.Type); named != "" {
			kind = named
		}
	}
	if json.Unmarshal(e.Message, &text) != nil { // Mistral: an object; others: a list
		text = string(e.Message)
	}
	return kind, endpoint.Shorten(text)
}

// word is a name, or a number as text.
func word(raw json.RawMessage) (text string, number bool) {
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	_, err := strconv.Atoi(text)
	if err != nil && len(raw) > 0 && raw[0] != '"' {
		return "", false // null, or another kind of value
	}
	return text, err == nil
}
