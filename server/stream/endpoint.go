package stream

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	quietEvery  = 15 * time.Second // a comment or ping keeps proxies from cutting a quiet stream
	writeWithin = 20 * time.Second // a client that takes no bytes for so long is let go
)

// Past answers for runs that are no longer in memory.
type Past interface {
	// Ended returns the final event of a run of the caller in ctx, with all of
	// its text in the message, or fault.NotFound.
	Ended(ctx context.Context, runID string) (httpapi.RunEvent, error)
}

// Revocations says when a caller's right to listen ends.
type Revocations interface {
	// Watch returns a channel that is closed when the caller's session, key or
	// user is revoked, and a function that stops watching.
	Watch(c httpapi.Caller) (ended <-chan struct{}, stop func())
}

// Tickets trades the single-use ticket of a WebSocket for its caller.
type Tickets interface {
	Redeem(ctx context.Context, ticket string) (httpapi.Caller, error)
}

// EndpointConfig is what the HTTP side needs; all fields but Origins and Seats
// are required.
type EndpointConfig struct {
	Bus         *Bus
	Auth        httpapi.Auth
	Tickets     Tickets
	Revocations Revocations
	Past        Past
	Log         *slog.Logger
	Seats       *Seats   // default NewSeats(0)
	Origins     []string // origins besides the request's own host that may open a WebSocket
}

// Endpoint answers GET /api/chat/stream and GET /api/events.
type Endpoint struct{ EndpointConfig }

// NewEndpoint checks cfg.
func NewEndpoint(cfg EndpointConfig) (*Endpoint, error) {
	if cfg.Bus == nil || cfg.Auth == nil || cfg.Tickets == nil || cfg.Revocations == nil || cfg.Past == nil || cfg.Log == nil {
		return nil, errors.New("stream: EndpointConfig is incomplete")
	}
	if cfg.Seats == nil {
		cfg.Seats = NewSeats(0)
	}
	return &Endpoint{cfg}, nil
}

// Mount adds both routes to mux.
func (e *Endpoint) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/chat/stream", e.chat)
	mux.HandleFunc("GET /api/events", e.events)
}

// sink is how one client is written to: server-sent events or a WebSocket.
type sink interface {
	send(ctx context.Context, e httpapi.Event) error
	quiet(ctx context.Context) error
}

func (e *Endpoint) chat(w http.ResponseWriter, r *http.Request) {
	if isUpgrade(r) {
		e.socket(w, r)
		return
	}
	caller, err := e.caller(r, true)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	after, err := lastSeen(r, r.URL.Query().Get("run_id"))
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	leave, err := e.Seats.Take(caller.TenantID, caller.UserID)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	defer leave()
	feed, err := e.attach(r.Context(), caller, r.URL.Query().Get("run_id"), after)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	e.serve(w, r, caller, feed)
}

func (e *Endpoint) events(w http.ResponseWriter, r *http.Request) {
	caller, err := e.caller(r, false)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	leave, err := e.Seats.Take(caller.TenantID, caller.UserID)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	defer leave()
	listener := e.Bus.Listen(caller.TenantID, caller.UserID)
	if runID, seq, ok := strings.Cut(r.Header.Get("Last-Event-ID"), ":"); ok {
		if after, err := strconv.ParseInt(seq, 10, 64); err == nil {
			listener.Resume(runID, after)
		}
	}
	e.serve(w, r, caller, listener)
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, caller httpapi.Caller, f feed) {
	defer f.Close()
	out, err := newSSE(w)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	e.pump(r.Context(), caller, f, out)
}

// caller is who asks, if that may listen.
func (e *Endpoint) caller(r *http.Request, answers bool) (httpapi.Caller, error) {
	c, err := e.Auth.Authenticate(r)
	if err != nil {
		return c, err
	}
	return c, mayListen(c, answers)
}

// mayListen lets people through, not keys: they have no conversations and no
// page. Hints are for every role, answers for those who may chat.
func mayListen(c httpapi.Caller, answers bool) error {
	if c.UserID == "" || c.KeyID != "" || (answers && !c.Can(httpapi.UseChat)) {
		return fault.New(fault.Forbidden, "Your role does not allow this.", nil)
	}
	return nil
}

// feed is a source of events: a Listener, or the end of a past run.
type feed interface {
	Next(ctx context.Context) ([]httpapi.Event, error)
	Close()
}

// attach finds a run in memory, or else its stored end. A run of somebody else
// is fault.NotFound, like one that never was.
func (e *Endpoint) attach(ctx context.Context, caller httpapi.Caller, runID string, after int64) (feed, error) {
	if runID == "" {
		return nil, fault.New(fault.BadRequest, "Say which run to attach to.", nil).At("query.run_id")
	}
	if listener, ok := e.Bus.Attach(caller.TenantID, caller.UserID, runID, after); ok {
		return listener, nil
	}
	end, err := e.Past.Ended(httpapi.WithCaller(ctx, caller), runID)
	if err != nil {
		return nil, err
	}
	return &told{event: &httpapi.Event{Type: "run", Run: &end}}, nil
}

// told is a feed of one event.
type told struct{ event *httpapi.Event }

func (t *told) Next(context.Context) ([]httpapi.Event, error) {
	if t.event == nil {
		return nil, io.EOF
	}
	e := *t.event
	t.event = nil
	return []httpapi.Event{e}, nil
}

func (t *told) Close() {}

// pump copies the feed to the client until either ends or the caller's right
// to listen does.
func (e *Endpoint) pump(ctx context.Context, caller httpapi.Caller, f feed, out sink) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended, stop := e.Revocations.Watch(caller)
	defer stop()
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		waiting, done := context.WithTimeout(ctx, quietEvery)
		events, err := f.Next(waiting)
		done()
		if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			return
		}
		if len(events) == 0 {
			if out.quiet(ctx) != nil {
				return
			}
			continue
		}
		for _, one := range events {
			if out.send(ctx, one) != nil {
				return
			}
		}
	}
}

// lastSeen reads ?after=, which wins, or Last-Event-ID.
func lastSeen(r *http.Request, runID string) (int64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		id, seq, ok := strings.Cut(r.Header.Get("Last-Event-ID"), ":")
		if !ok || id != runID {
			return 0, nil
		}
		text = seq
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.BadRequest, "The place to continue from is a number.", nil).At("query.after")
	}
	return n, nil
}
