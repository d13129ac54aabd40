// Package gateway is the OpenAI-compatible surface under /v1.
//
// A request's bytes go to the provider as they came, but for the model's name
// and stream_options.include_usage, and the answer's bytes come back the same
// way. What we say ourselves, errors above all, has the shape that OpenAI's own
// clients expect.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/provider/openai"
	"nexusai/backend/surface/chat"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
)

const (
	// maxBody bounds a request. Pictures inside a chat are the largest thing
	// that clients send.
	maxBody     = 8 << 20
	readWithin  = 30 * time.Second // for the whole request body
	writeWithin = 30 * time.Second // for each piece of an answer; then the client counts as gone
	maxModel    = 200              // bytes of a model's name in the log
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

// Config of a Gateway; all fields but Now are required.
type Config struct {
	Auth        httpapi.Auth
	Revocations Revocations
	Broker      Broker
	Fleet       Fleet
	Calls       *calllog.Book
	Log         *slog.Logger
	Now         func() time.Time
}

// Gateway answers /v1/. It is safe for concurrent use.
type Gateway struct{ Config }

// New checks cfg.
func New(cfg Config) (*Gateway, error) {
	if cfg.Auth == nil || cfg.Revocations == nil || cfg.Broker == nil || cfg.Fleet == nil || cfg.Calls == nil || cfg.Log == nil {
		return nil, errors.New("gateway.Config is incomplete")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Gateway{cfg}, nil
}

// Mount adds the routes to mux.
func (g *Gateway) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/models", g.signed(g.models))
	mux.HandleFunc("GET /v1/models/{id...}", g.signed(g.model))
	mux.HandleFunc("POST /v1/chat/completions", g.signed(g.forward(lane{surface: chat.Surface{}, operation: "chat", need: broker.CanChat, check: checkChat})))
	mux.HandleFunc("POST /v1/embeddings", g.signed(g.forward(lane{surface: embeddings{}, operation: "embeddings", need: broker.CanEmbed, check: checkEmbeddings})))
	mux.HandleFunc("/v1/", g.signed(func(w http.ResponseWriter, r *http.Request, _ httpapi.Caller) {
		g.refuse(w, r, fault.New(fault.NotFound, "There is no "+r.Method+" "+r.URL.Path+" here.", nil))
	}))
}

// signed lets only those through who may use models, and names the request.
func (g *Gateway) signed(next func(http.ResponseWriter, *http.Request, httpapi.Caller)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if w.Header().Get(requestID) == "" {
			w.Header().Set(requestID, uuid.NewString())
		}
		caller, err := g.Auth.Authenticate(r)
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

// lane is one operation that is passed through.
type lane struct {
	surface   broker.Surface
	operation string
	need      broker.Capability
	check     func(body []byte) error
}

func (g *Gateway) forward(l lane) func(http.ResponseWriter, *http.Request, httpapi.Caller) {
	return func(w http.ResponseWriter, r *http.Request, caller httpapi.Caller) {
		body, err := readBody(w, r)
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		request, err := openai.ReadRequest(body)
		if err == nil && request.Model == "" {
			err = fault.New(fault.BadRequest, "You must provide a model parameter.", nil).At("model")
		}
		if err == nil {
			err = l.check(body)
		}
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		g.call(w, r, caller, l, request, body)
	}
}

// call passes one request on and records it.
func (g *Gateway) call(w http.ResponseWriter, r *http.Request, caller httpapi.Caller, l lane, request openai.Request, body []byte) {
	record := g.Calls.Begin(newCall(caller, l.operation, request, w.Header().Get(requestID)))
	var report broker.Report
	ctx, done := g.entitled(r.Context(), caller)
	defer done()
	answer, err := g.Broker.Forward(ctx, broker.ForwardRequest{
		Surface: l.surface, Header: r.Header, Body: body, Options: broker.Options{CallID: record.ID()},
		Done: func(done broker.Report) { report = done },
	})
	if err == nil {
		err = g.relay(w, r, answer)
		_ = answer.Body.Close() // makes the report final
	} else {
		g.refuse(w, r, g.inWords(r.Context(), l, request.Model, err))
	}
	record.End(calllog.OutcomeOf(report, err, func(last broker.Attempt) (string, ledger.Price) {
		return g.Fleet.Settle(context.WithoutCancel(r.Context()), caller.TenantID, report.Model, last)
	}))
}

// inWords says of an input to embed what "the conversation is too long" would
// say of a chat.
func (g *Gateway) inWords(ctx context.Context, l lane, model string, err error) error {
	if l.need != broker.CanEmbed || fault.CodeOf(err) != fault.ContextTooLong {
		return err
	}
	text := "The input is too long for this model."
	if n := g.Fleet.Window(ctx, model); n > 0 {
		text = fmt.Sprintf("The input is too long: this model reads at most %d tokens of each input.", n)
	}
	return fault.New(fault.ContextTooLong, text, err).At("input")
}

func newCall(caller httpapi.Caller, operation string, request openai.Request, id string) calllog.Call {
	c := calllog.Call{
		TenantID: caller.TenantID, Surface: "v1", Operation: operation, Model: request.Model[:min(len(request.Model), maxModel)],
		UserID: caller.UserID, KeyID: caller.KeyID, Streamed: request.Stream, RequestID: id,
	}
	if c.KeyID != "" {
		c.UserID = "" // the key made the call, whoever made the key
	}
	return c
}

// readBody reads the request whole: a body that is passed on while it is being
// read lets Go cut streams (golang/go#40747). A larger one is refused with no
// more than the limit in memory.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := fault.New(fault.TooLarge, "The request is larger than 8 MB.", nil)
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readWithin)) // a recorder in a test has none
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, tooLarge
	}
	if err != nil {
		return nil, fault.New(fault.BadRequest, "The request could not be read to its end.", err)
	}
	return body, nil
}
