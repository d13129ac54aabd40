package httpapi

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"nexusai/backend/fault"
)

// Problem is how a Fault travels: RFC 9457 application/problem+json.
type Problem struct {
	Type    string  `json:"type" doc:"urn of the code" example:"urn:nexusai:not_found"`
	Title   string  `json:"title" doc:"the status in words"`
	Status  int     `json:"status"`
	Code    string  `json:"code" doc:"stable and dotted; clients branch on it" example:"not_found"`
	Detail  string  `json:"detail" doc:"safe to show; English"`
	Key     string  `json:"key" doc:"translation key of the message"`
	Hint    string  `json:"hint,omitempty" doc:"what to do next; English"`
	HintKey string  `json:"hint_key,omitempty" doc:"translation key of the hint"`
	ID      string  `json:"id,omitempty" doc:"quote this to whoever runs the server"`
	Errors  []Field `json:"errors,omitempty" doc:"the inputs at fault"`
	After   int     `json:"retry_after,omitempty" doc:"seconds to wait before trying again"`
	// Bound is there when a budget or a limit refused.
	Bound *fault.Bound `json:"bound,omitempty" doc:"the budget or limit that refused, to be worded in the reader's language"`
}

// Field is one input that is wrong.
type Field struct {
	At      string `json:"at" doc:"dotted path of the input" example:"body.email"`
	Message string `json:"message"`
}

// Error makes a Problem what huma expects; it never holds a cause.
func (p *Problem) Error() string { return p.Code }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders repeats the time to wait where proxies and clients look for it
// (RFC 9110 §10.2.3).
func (p *Problem) GetHeaders() http.Header {
	if p.After == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(p.After)}}
}

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[fault.Code]int{
	fault.BadRequest:      http.StatusBadRequest,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.TokenExpired:    http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Gone:            http.StatusGone,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.QuotaSpent:      http.StatusPaymentRequired,
	fault.QuotaUnpriced:   http.StatusPaymentRequired,
	fault.Lossy:           http.StatusBadRequest,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Timeout:         http.StatusGatewayTimeout,
	fault.Canceled:        499,
	fault.ModelUnknown:    http.StatusNotFound,
	fault.ModelUnready:    http.StatusServiceUnavailable,
	fault.UpstreamFailed:  http.StatusBadGateway,
	fault.UpstreamRefused: http.StatusBadGateway,
	fault.ContextTooLong:  http.StatusUnprocessableEntity,
	fault.DiskFull:        http.StatusInsufficientStorage,
}

// StatusOf is the HTTP status of a code. A code of another package counts as a
// bad request (422): it names a rule that the input broke.
func StatusOf(code fault.Code) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	if code == fault.Internal {
		return http.StatusInternalServerError
	}
	return http.StatusUnprocessableEntity
}

// ProblemOf is the one place where an error becomes what a client may see.
func ProblemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	f := fault.From(err)
	status := StatusOf(f.Code)
	p := &Problem{
		Type: "urn:nexusai:" + string(f.Code), Title: http.StatusText(status), Status: status,
		Code: string(f.Code), Detail: f.Safe, Key: f.Key, Hint: f.Hint, HintKey: f.HintKey, ID: f.ID,
		After: int(math.Ceil(f.RetryAfter.Seconds())), Bound: f.Bound,
	}
	if p.Key == "" {
		p.Key = "fault." + string(f.Code)
	}
	if f.Field != "" {
		p.Errors = []Field{{At: f.Field, Message: f.Safe}}
	}
	return p
}

// Fault is the fault that another host made the problem of; cause is for the
// log.
func (p *Problem) Fault(cause error) *fault.Fault {
	return &fault.Fault{
		Code: fault.Code(p.Code), Safe: p.Detail, Key: p.Key, Hint: p.Hint, HintKey: p.HintKey, ID: p.ID,
		RetryAfter: time.Duration(p.After) * time.Second, Bound: p.Bound, Err: cause,
	}
}

// WriteProblem answers a route outside the generated contract.
func WriteProblem(w http.ResponseWriter, err error) {
	p := ProblemOf(err)
	w.Header().Set("Content-Type", p.ContentType(""))
	if p.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.After))
	}
	w.WriteHeader(p.Status)
	// A client that has left cannot be told anything.
	_ = json.NewEncoder(w).Encode(p)
}

// validation turns huma's own findings (wrong types, missing fields, oversized
// bodies) into the same shape.
func validation(status int, message string, errs ...error) huma.StatusError {
	code := fault.BadRequest
	switch status {
	case http.StatusRequestEntityTooLarge:
		code = fault.TooLarge
	case http.StatusNotFound:
		code = fault.NotFound
	case http.StatusInternalServerError:
		code = fault.Internal
	}
	p := ProblemOf(fault.New(code, message, nil))
	p.Status, p.Title = status, http.StatusText(status)
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			p.Errors = append(p.Errors, Field{At: detail.Location, Message: detail.Message})
		}
	}
	return p
}
