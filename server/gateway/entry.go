package gateway

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	requestID = "X-Request-Id"
	// anthropicID is where Anthropic's clients look for the request's id.
	anthropicID = "Request-Id"
	// anthropicVersion is what all clients of Anthropic send, and no others.
	anthropicVersion = "Anthropic-Version"
)

func anthropics(r *http.Request) bool { return r.Header.Get(anthropicVersion) != "" }

// signed lets only those through who may use models, and names the request.
func (g *Gateway) signed(next func(http.ResponseWriter, *http.Request, httpapi.Caller)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if w.Header().Get(requestID) == "" {
			w.Header().Set(requestID, uuid.NewString())
		}
		w.Header().Set(anthropicID, w.Header().Get(requestID))
		recognise(r)
		err := oneKey(r.Header)
		var caller httpapi.Caller
		if err == nil {
			caller, err = g.Auth.Authenticate(r)
		}
		if err == nil && !caller.Can(httpapi.UseModels) {
			err = fault.New(fault.Forbidden, "This key may not use models.", nil)
		}
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		next(w, r.WithContext(httpapi.WithCaller(r.Context(), caller)), caller)
	}
}

// recognise marks as Anthropic's a request for models that could be either
// vendor's, where only the key stands as Anthropic's clients send it.
func recognise(r *http.Request) {
	models := r.URL.Path == "/v1/models" || strings.HasPrefix(r.URL.Path, "/v1/models/")
	if models && r.Header.Get("X-Api-Key") != "" && !anthropics(r) {
		r.Header.Set(anthropicVersion, "2023-06-01")
	}
}

// oneKey puts the key that Anthropic's clients send as x-api-key where others
// send it. A request with two keys is refused: who asks must not depend on
// which of them somebody looks at.
func oneKey(h http.Header) error {
	const about = "The request holds two keys."
	given := h.Values("X-Api-Key")
	h.Del("X-Api-Key")
	if len(given) > 1 || len(h.Values("Authorization")) > 1 {
		return fault.New(fault.BadRequest, about, nil)
	}
	if len(given) == 0 || given[0] == "" {
		return nil
	}
	_, bearer, _ := strings.Cut(h.Get("Authorization"), " ")
	if bearer != "" && bearer != given[0] {
		return fault.New(fault.BadRequest, about, nil)
	}
	h.Set("Authorization", "Bearer "+given[0])
	return nil
}
