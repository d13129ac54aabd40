package gateway

import (
	"math"
	"net/http"
	"strconv"

	"nexusai/backend/fault"
)

// refuse answers with an error in the words of the path's clients. What we do
// not understand is logged here, with the request's id that the client can
// quote.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	h := w.Header()
	words := voice(r).Refuse(f, h.Get(requestID))
	if f.Code == fault.Internal && r.Context().Err() == nil {
		g.Log.ErrorContext(r.Context(), "request failed", "operation", r.URL.Path, "request_id", h.Get(requestID), "err", fault.Cause(err))
	}
	h.Set("Content-Type", "application/json")
	switch {
	case f.RetryAfter > 0:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	case f.Code == fault.RateLimited, f.Code == fault.Unavailable, f.Code == fault.ModelUnready:
		h.Set("Retry-After", "1")
	case f.Code == fault.QuotaSpent, f.Code == fault.QuotaUnpriced, f.Code == fault.Lossy:
		h.Set("X-Should-Retry", "false") // the official clients heed it
	case words.Status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case words.Status == http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // the rest of the body is not worth reading
	}
	w.WriteHeader(words.Status)
	_, _ = w.Write(words.Body) // a client that has left cannot be told anything
}
