// Package cache answers a request that was answered before with the same bytes.
//
// Only who asks for it gets it: a key that was made so, or a request with
// x-nexus-cache: use. Answers are in the process's memory and nowhere else,
// under a name that is a keyed hash of the tenant, the whole request and the
// models that would serve it now: no prompt is kept, and no tenant can meet
// another's answers.
package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
)

// Header is where a caller asks ("use", "off") and is told (a State).
const Header = "X-Nexus-Cache"

// Provider is broker.Attempt.Provider of an answer from here, and the version
// of its price, which is nothing.
const Provider = "cache"

// Answerer sends a request to a provider; *broker.Broker is one.
type Answerer interface {
	Forward(ctx context.Context, req broker.ForwardRequest) (*broker.Forwarded, error)
}

// Router knows which models would serve a request; see broker.Router.
type Router interface {
	Candidates(ctx context.Context, q broker.Query) (broker.Route, error)
}

// Config of a Cache.
type Config struct {
	Next   Answerer // required: answers what is not here
	Routes Router   // required
	// MaxBytes bounds all answers together. Default 32 MiB. When it is reached,
	// who has most gives way.
	MaxBytes int
	// MaxTenant bounds one tenant's. Default a quarter of MaxBytes.
	MaxTenant int
	// MaxAnswer bounds one answer. Default 1 MiB.
	MaxAnswer int
	// MaxAge is how long an answer is good. Default 1 h.
	MaxAge time.Duration
	Now    func() time.Time // default time.Now
}

// Cache stands before a broker. It is safe for concurrent use.
type Cache struct {
	next      Answerer
	routes    Router
	maxAnswer int
	now       func() time.Time
	secret    []byte
	shelf     *shelf
}

// New checks cfg and fills its defaults.
func New(cfg Config) (*Cache, error) {
	if cfg.Next == nil || cfg.Routes == nil {
		return nil, errors.New("cache: Next and Routes are required")
	}
	fill(&cfg.MaxBytes, 32<<20)
	fill(&cfg.MaxTenant, cfg.MaxBytes/4)
	fill(&cfg.MaxAnswer, 1<<20)
	if cfg.MaxAge <= 0 {
		cfg.MaxAge = time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Cache{next: cfg.Next, routes: cfg.Routes, maxAnswer: cfg.MaxAnswer, now: cfg.Now, secret: make([]byte, 32)}
	c.shelf = newShelf(cfg.MaxBytes, cfg.MaxTenant, cfg.MaxAge)
	_, _ = rand.Read(c.secret) // never fails
	return c, nil
}

func fill(n *int, usual int) {
	if *n <= 0 {
		*n = usual
	}
}

// needs are the wires whose answers can be given again, and what a deployment
// must be able to do for them. Responses are not: each has an id that can be
// gone on from.
var needs = map[llm.Wire]broker.Capability{
	llm.OpenAIChat: broker.CanChat, llm.OpenAICompletions: broker.CanChat, llm.AnthropicMessages: broker.CanChat,
	llm.OpenAIEmbeddings: broker.CanEmbed, llm.Rerank: broker.CanRerank,
}

// Forward answers from memory, or as the broker does. Who asks is in ctx.
func (c *Cache) Forward(ctx context.Context, req broker.ForwardRequest) (*broker.Forwarded, error) {
	note := noted(ctx)
	caller, known := httpapi.CallerFrom(ctx)
	if !known || req.Surface == nil || !wanted(req.Header, caller) {
		return c.next.Forward(ctx, req)
	}
	if req.Request == nil {
		request, err := req.Surface.Read(req.Body)
		if err != nil {
			return c.next.Forward(ctx, req) // which says it in its way
		}
		req.Request = request
	}
	name, ok := c.name(ctx, caller.TenantID, req)
	if !ok {
		return c.next.Forward(ctx, req)
	}
	now := c.now()
	if found := c.shelf.take(caller.TenantID, name, now); found != nil {
		note(Hit)
		return found.replay(req, now, c.now), nil
	}
	note(Miss)
	return c.ask(ctx, caller.TenantID, name, req)
}

// wanted says that the caller wants an old answer: the request's word counts
// before the key's.
func wanted(h http.Header, caller httpapi.Caller) bool {
	switch h.Get(Header) {
	case "use":
		return true
	case "":
		return caller.Cache
	}
	return false
}
