package gateway

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"nexusai/backend/fault"
)

const requestID = "X-Request-Id"

// problem is an error as OpenAI's clients read it.
type problem struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

type kind struct {
	status     int
	kind, code string
}

// kinds are the statuses and words of OpenAI's own API where it has any.
var kinds = map[fault.Code]kind{
	fault.BadRequest:      {http.StatusBadRequest, "invalid_request_error", ""},
	fault.ContextTooLong:  {http.StatusBadRequest, "invalid_request_error", "context_length_exceeded"},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "invalid_request_error", "request_too_large"},
	fault.Unauthenticated: {http.StatusUnauthorized, "invalid_request_error", "invalid_api_key"},
	fault.TokenExpired:    {http.StatusUnauthorized, "invalid_request_error", "token_expired"},
	fault.Forbidden:       {http.StatusForbidden, "invalid_request_error", "insufficient_permissions"},
	fault.NotFound:        {http.StatusNotFound, "invalid_request_error", "unknown_url"},
	fault.ModelUnknown:    {http.StatusNotFound, "invalid_request_error", "model_not_found"},
	fault.RateLimited:     {http.StatusTooManyRequests, "requests", "rate_limit_exceeded"},
	fault.QuotaSpent:      {http.StatusPaymentRequired, "insufficient_quota", "insufficient_quota"},
	fault.QuotaUnpriced:   {http.StatusPaymentRequired, "insufficient_quota", "unpriced_model"},
	fault.Lossy:           {http.StatusBadRequest, "invalid_request_error", "request_lossy"},
	fault.ModelUnready:    {http.StatusServiceUnavailable, "server_error", "model_not_ready"},
	fault.Unavailable:     {http.StatusServiceUnavailable, "server_error", "unavailable"},
	fault.Timeout:         {http.StatusGatewayTimeout, "server_error", "timeout"},
	fault.UpstreamFailed:  {http.StatusBadGateway, "server_error", "upstream_failed"},
	fault.UpstreamRefused: {http.StatusBadGateway, "server_error", "upstream_refused"},
	fault.Canceled:        {499, "server_error", "cancelled"},
}

// describe turns an error into what a client may see.
func describe(err error) (int, problem) {
	f := fault.From(err)
	k, ok := kinds[f.Code]
	if !ok {
		k = kind{http.StatusInternalServerError, "server_error", "internal"}
		if f.Code != fault.Internal { // a rule of another package, such as where may be dialled
			k = kind{http.StatusBadGateway, "server_error", string(f.Code)}
		}
	}
	p := problem{Message: f.Safe, Type: k.kind}
	if f.Code == fault.Unauthenticated {
		p.Message = "Incorrect API key provided."
	}
	if f.Hint != "" {
		p.Message += " " + f.Hint
	}
	if f.Field != "" {
		p.Param = &f.Field
	}
	if k.code != "" {
		p.Code = &k.code
	}
	return k.status, p
}

// refuse answers with an error. What we do not understand is logged here, with
// the request's id that the client can quote.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	status, shape := describe(f)
	h := w.Header()
	if f.Code == fault.Internal && r.Context().Err() == nil {
		g.Log.ErrorContext(r.Context(), "request failed", "operation", r.URL.Path, "request_id", h.Get(requestID), "err", fault.Cause(err))
	}
	h.Set("Content-Type", "application/json")
	switch {
	case f.RetryAfter > 0:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case status == http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // the rest of the body is not worth reading
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": shape}) // a client that has left cannot be told anything
}
