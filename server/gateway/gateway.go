// Package gateway is the door under /v1 for clients of OpenAI and of Anthropic.
//
// What a request is, is its surface's to say (backend/surface); who answers it,
// the broker's. Here stand who may ask, how large a request may be, and what
// the headers and the errors of an answer are: those that the vendors' own
// clients expect.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/surface/audio"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/completions"
	"nexusai/backend/surface/embeddings"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/refusal"
	"nexusai/backend/surface/rerank"
	"nexusai/backend/surface/responses"
	"nexusai/server/calllog"
	"nexusai/server/entitlement"
	"nexusai/server/ledger"
)

// Broker sends a request to a provider; *broker.Broker is one.
type Broker interface {
	Forward(ctx context.Context, req broker.ForwardRequest) (*broker.Forwarded, error)
}

// Fleet knows the tenant's models; *fleet.Fleet is one.
type Fleet interface {
	ListModels(ctx context.Context) ([]httpapi.Model, error)
	Settle(ctx context.Context, tenant, asked string, a broker.Attempt) (deployment string, price ledger.Price)
	// Window is how many tokens a model reads; 0: unknown.
	Window(ctx context.Context, model string) int
}

// Policy is what a tenant lets be kept; *content.Book is one.
type Policy interface {
	KeepsResponses(tenantID string) bool
}

// Config of a Gateway; all fields but Now are required.
type Config struct {
	Auth        httpapi.Auth
	Revocations entitlement.Revocations
	Broker      Broker
	Fleet       Fleet
	Calls       *calllog.Book
	Policy      Policy
	Responses   Responses
	Log         *slog.Logger
	Now         func() time.Time
}

// Gateway answers /v1/. It is safe for concurrent use.
type Gateway struct {
	Config
	large held
}

// New checks cfg.
func New(cfg Config) (*Gateway, error) {
	if cfg.Auth == nil || cfg.Revocations == nil || cfg.Broker == nil || cfg.Fleet == nil || cfg.Calls == nil || cfg.Policy == nil || cfg.Responses == nil || cfg.Log == nil {
		return nil, errors.New("gateway.Config is incomplete")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Gateway{Config: cfg}, nil
}

// surface is a broker.Surface that also says no in its own words.
type surface interface {
	broker.Surface
	Refuse(f *fault.Fault, requestID string) refusal.Words
}

// operation is one kind of request that is sent to a provider.
type operation struct {
	path    string
	name    string // in the log
	surface surface
	most    int64 // bytes of a request
}

var operations = []operation{
	{"/v1/chat/completions", "chat", chat.Surface{}, maxChat},
	{"/v1/completions", "completions", completions.Surface{}, maxChat},
	{"/v1/responses", "responses", responses.Surface{}, maxChat},
	{"/v1/messages", "messages", messages.Surface{}, maxChat},
	{"/v1/messages/count_tokens", "count_tokens", messages.Count{}, maxChat},
	{"/v1/embeddings", "embeddings", embeddings.Surface{}, maxChat},
	{"/v1/rerank", "rerank", rerank.Surface{}, maxChat},
	{"/v1/audio/transcriptions", "transcriptions", audio.Transcriptions{}, maxSound},
	{"/v1/audio/speech", "speech", audio.Speech{}, maxChat},
}

// Mount adds the routes to mux.
func (g *Gateway) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/models", g.signed(g.models))
	mux.HandleFunc("GET /v1/models/{id...}", g.signed(g.model))
	for _, op := range operations {
		mux.HandleFunc("POST "+op.path, g.signed(g.ask(op)))
	}
	mux.HandleFunc("GET /v1/responses/{id}", g.signed(g.response))
	mux.HandleFunc("DELETE /v1/responses/{id}", g.signed(g.forget))
	mux.HandleFunc("/v1/", g.signed(func(w http.ResponseWriter, r *http.Request, _ httpapi.Caller) {
		g.refuse(w, r, fault.New(fault.NotFound, "There is no "+r.Method+" "+r.URL.Path+" here.", nil))
	}))
}

// voice is how a path's clients are answered: Anthropic's by its own words,
// others by OpenAI's.
func voice(r *http.Request) surface {
	if r.URL.Path == "/v1/messages" || strings.HasPrefix(r.URL.Path, "/v1/messages/") || anthropics(r) {
		return messages.Surface{}
	}
	return chat.Surface{}
}
