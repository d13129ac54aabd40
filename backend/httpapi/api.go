// Package httpapi is the HTTP contract that the desktop and the server both
// implement: its types, its routes and the OpenAPI 3.1 document made of them.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"nexusai/backend/fault"
)

// Version of the contract; it changes when a client could notice.
const Version = "1.0.0"

// Body limits in bytes. A chat text is long when pasted, everything else is a form.
const (
	formLimit = 64 << 10
	textLimit = 4 << 20
)

// Config is what a host brings.
type Config struct {
	Auth Auth         // required
	Log  *slog.Logger // required: unknown causes are logged here, once
}

// API mounts groups of operations on a mux.
type API struct {
	huma huma.API
	auth Auth
	log  *slog.Logger
}

// hooks sets what huma has process-wide only; every API of ours wants the same.
var hooks = sync.OnceFunc(func() {
	huma.NewError = validation
	huma.DefaultArrayNullable = false // a list is empty, never null: see reply
})

// New prepares mux for the Register functions and serves the document of what
// they mounted at /openapi.json.
func New(mux *http.ServeMux, cfg Config) *API {
	hooks()
	c := huma.DefaultConfig("NexusAI", Version)
	c.DocsPath, c.SchemasPath = "", ""
	c.OpenAPIPath = "/openapi"
	c.CreateHooks = nil // no $schema links in answers
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "an access token or an API key"},
		"cookie": {Type: "apiKey", In: "cookie", Name: "__Host-nexus", Description: "the console's session"},
	}
	return &API{huma: humago.New(mux, c), auth: cfg.Auth, log: cfg.Log}
}

// OpenAPI is the document of everything registered so far.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// route describes one operation in a line.
type route struct {
	id, method, path string
	tag, summary     string
	needs            Permission
	limit            int64        // body bytes; 0: formLimit
	status           int          // 0: 200, or 204 without a body
	file             []string     // content types of an answer that is a file
	event            reflect.Type // of an answer that is a stream of events
}

// add registers fn: who may call it, how large its body may be, and how its
// errors leave.
func add[I, O any](a *API, r route, fn func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Tags: []string{r.tag}, Summary: r.summary,
		MaxBodyBytes: r.limit, DefaultStatus: r.status,
		Errors: []int{400, 404, 409, 413, 422, 429, 500, 503}, Responses: a.flows(r),
	}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = formLimit
	}
	if r.needs != Open {
		op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
		op.Errors = append(op.Errors, 401, 403)
		op.Middlewares = huma.Middlewares{a.guard(r.needs)}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, r.id, err)
		}
		return out, nil
	})
}

// guard lets an operation run only for a caller that holds p.
func (a *API) guard(p Permission) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		req, w := humago.Unwrap(c)
		caller, err := a.auth.Authenticate(req)
		if err == nil && !caller.Can(p) {
			err = fault.New(fault.Forbidden, "Your role does not allow this.", nil).
				WithHint("Ask an administrator of your organisation.")
		}
		if err != nil {
			WriteProblem(w, a.problem(req.Context(), c.Operation().OperationID, err))
			return
		}
		next(huma.WithContext(c, WithCaller(c.Context(), caller)))
	}
}

// problem logs what we do not understand and gives it an id to quote.
func (a *API) problem(ctx context.Context, op string, err error) error {
	f := fault.From(err)
	if f.Code != fault.Internal || ctx.Err() != nil {
		return ProblemOf(f)
	}
	shown := *f
	shown.ID = uuid.NewString()[:8]
	a.log.ErrorContext(ctx, "request failed", "operation", op, "fault_id", shown.ID, "err", fault.Cause(err))
	return ProblemOf(&shown)
}

// Empty is the input or output of an operation that has none.
type Empty struct{}

// body wraps what huma sends as JSON.
type body[T any] struct{ Body T }

func reply[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{Body: v}, nil
}

func done(err error) (*Empty, error) {
	if err != nil {
		return nil, err
	}
	return &Empty{}, nil
}
