// Package refusal says a fault in the words and with the status that a vendor's
// own clients turn into their typed errors.
package refusal

import (
	"encoding/json"
	"net/http"

	"nexusai/backend/fault"
)

// Words are an answer other than 2xx, as JSON.
type Words struct {
	Status int
	Body   []byte
}

type kind struct {
	status          int
	openai, code    string // type and code of OpenAI's shape
	anthropic       string // type of Anthropic's
	anthropicStatus int    // where it differs
}

// kinds are the statuses and words of the vendors' own APIs where they have any.
var kinds = map[fault.Code]kind{
	fault.BadRequest:      {http.StatusBadRequest, "invalid_request_error", "", "invalid_request_error", 0},
	fault.ContextTooLong:  {http.StatusBadRequest, "invalid_request_error", "context_length_exceeded", "invalid_request_error", 0},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "invalid_request_error", "request_too_large", "request_too_large", 0},
	fault.Unauthenticated: {http.StatusUnauthorized, "invalid_request_error", "invalid_api_key", "authentication_error", 0},
	fault.TokenExpired:    {http.StatusUnauthorized, "invalid_request_error", "token_expired", "authentication_error", 0},
	fault.Forbidden:       {http.StatusForbidden, "invalid_request_error", "insufficient_permissions", "permission_error", 0},
	fault.NotFound:        {http.StatusNotFound, "invalid_request_error", "unknown_url", "not_found_error", 0},
	fault.ModelUnknown:    {http.StatusNotFound, "invalid_request_error", "model_not_found", "not_found_error", 0},
	fault.RateLimited:     {http.StatusTooManyRequests, "requests", "rate_limit_exceeded", "rate_limit_error", 0},
	fault.QuotaSpent:      {http.StatusPaymentRequired, "insufficient_quota", "insufficient_quota", "billing_error", 0},
	fault.QuotaUnpriced:   {http.StatusPaymentRequired, "insufficient_quota", "unpriced_model", "billing_error", 0},
	fault.Lossy:           {http.StatusBadRequest, "invalid_request_error", "request_lossy", "invalid_request_error", 0},
	fault.ModelUnready:    {http.StatusServiceUnavailable, "server_error", "model_not_ready", "overloaded_error", 529},
	fault.Unavailable:     {http.StatusServiceUnavailable, "server_error", "unavailable", "overloaded_error", 529},
	fault.Timeout:         {http.StatusGatewayTimeout, "server_error", "timeout", "timeout_error", 0},
	fault.UpstreamFailed:  {http.StatusBadGateway, "server_error", "upstream_failed", "api_error", 0},
	fault.UpstreamRefused: {http.StatusBadGateway, "server_error", "upstream_refused", "api_error", 0},
	fault.DiskFull:        {http.StatusInsufficientStorage, "server_error", "disk_full", "api_error", 0},
	fault.Canceled:        {499, "server_error", "cancelled", "api_error", 0},
}

func kindOf(f *fault.Fault) kind {
	k, ok := kinds[f.Code]
	switch {
	case ok:
		return k
	case f.Code == fault.Internal:
		return kind{http.StatusInternalServerError, "server_error", "internal", "api_error", 0}
	}
	// A rule of another package, such as where may be dialled.
	return kind{http.StatusBadGateway, "server_error", string(f.Code), "api_error", 0}
}

// message is what a person reads. Why a key does not count is not told.
func message(f *fault.Fault) string {
	text := f.Safe
	if f.Code == fault.Unauthenticated {
		text = "Incorrect API key provided."
	}
	if f.Hint != "" {
		text += " " + f.Hint
	}
	return text
}

// problem is an error as OpenAI's clients read it.
type problem struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// OpenAI is the shape of chat, completions, embeddings, audio and rerank.
func OpenAI(f *fault.Fault) Words {
	k := kindOf(f)
	return Words{k.status, encode(struct {
		Error problem `json:"error"`
	}{describe(f, k)})}
}

func describe(f *fault.Fault, k kind) problem {
	p := problem{Message: message(f), Type: k.openai}
	if f.Field != "" {
		p.Param = &f.Field
	}
	if k.code != "" && (f.Code != fault.NotFound || f.Field == "") { // with a field it is no URL that is unknown
		p.Code = &k.code
	}
	return p
}

// anthropicProblem is an error as Anthropic's clients read it.
type anthropicProblem struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Anthropic is the shape of messages and count_tokens; the request's id may be
// empty.
func Anthropic(f *fault.Fault, requestID string) Words {
	k := kindOf(f)
	if k.anthropicStatus != 0 {
		k.status = k.anthropicStatus
	}
	text := message(f)
	if f.Field != "" {
		text = f.Field + ": " + text
	}
	return Words{k.status, encode(struct {
		Type      string           `json:"type"`
		Error     anthropicProblem `json:"error"`
		RequestID string           `json:"request_id,omitempty"`
	}{"error", anthropicProblem{k.anthropic, text}, requestID})}
}

func encode(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil { // only texts: they always encode
		panic(err)
	}
	return out
}
