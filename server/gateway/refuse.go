package gateway

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nexusai/backend/fault"
)

// refuse is Refuse. What we do not understand is logged here, with the request's
// id that the client can quote.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	if f.Code == fault.Internal && r.Context().Err() == nil {
		g.Log.ErrorContext(r.Context(), "request failed", "operation", r.URL.Path, "request_id", w.Header().Get(requestID), "err", fault.Cause(err))
	}
	Refuse(w, r, f)
}

// Mine says that a request is for a Gateway's clients.
func Mine(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

// Refuse answers with an error in the words of the path's clients, who find the
// request's id in it if w has one.
func Refuse(w http.ResponseWriter, r *http.Request, f *fault.Fault) {
	h := w.Header()
	h.Set(anthropicID, h.Get(requestID))
	words := voice(r).Refuse(f, h.Get(requestID))
	h.Set("Content-Type", "application/json")
	retry(h, f)
	switch words.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // the rest of the body is not worth reading
	}
	w.WriteHeader(words.Status)
	_, _ = w.Write(words.Body) // a client that has left cannot be told anything
}

// patience is how long the official clients wait at most when they are told to.
const patience = 2 * time.Minute

// retry says when to ask again, and tells the official clients, which heed it,
// not to do so by themselves where that would be in vain.
func retry(h http.Header, f *fault.Fault) {
	wait := f.RetryAfter
	switch f.Code {
	case fault.RateLimited, fault.Unavailable, fault.ModelUnready:
		wait = max(wait, time.Second)
	case fault.QuotaSpent, fault.QuotaUnpriced, fault.Lossy:
		// What calls under way hold back may be free in a moment.
		h.Set("X-Should-Retry", strconv.FormatBool(wait > 0 && wait <= patience))
	}
	if wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	if wait > patience {
		h.Set("X-Should-Retry", "false")
	}
}
