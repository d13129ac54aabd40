package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nexusai/backend/fault"
)

// pieceWithin is how long a client may take for each piece of an answer that
// is sent as it is made; then it counts as gone.
const pieceWithin = 30 * time.Second

// Sink takes a file that is being made. Begin must come before the first byte;
// an error of Write says that the client has left.
type Sink interface {
	Begin(contentType, fileName string)
	Write(p []byte) (int, error)
}

// flow is an answer that is sent as it is made.
type flow struct {
	w     http.ResponseWriter
	begun bool
}

func (f *flow) begin(contentType string) {
	f.begun = true
	f.w.Header().Set("Content-Type", contentType)
	f.w.Header().Set("Cache-Control", "no-store")
	f.w.Header().Set("X-Accel-Buffering", "no") // nginx would keep the pieces
	f.w.WriteHeader(http.StatusOK)
}

func (f *flow) write(p []byte, flush bool) (int, error) {
	control := http.NewResponseController(f.w)
	_ = control.SetWriteDeadline(time.Now().Add(pieceWithin)) // a recorder in a test has none
	n, err := f.w.Write(p)
	if err == nil && flush {
		err = control.Flush()
	}
	if err != nil {
		return n, fault.New(fault.Canceled, "The client has left.", fmt.Errorf("send a piece of an answer: %w", err))
	}
	return n, nil
}

// Begin implements Sink.
func (f *flow) Begin(contentType, fileName string) {
	f.w.Header().Set("Content-Disposition", `attachment; filename="`+fileName+`"`)
	f.begin(contentType)
}

// Write implements Sink.
func (f *flow) Write(p []byte) (int, error) { return f.write(p, false) }

var _ Sink = (*flow)(nil)

// file is an answer that make writes. Its error before the first byte is a
// problem; after it the connection is cut, so that half a file does not look
// whole.
func (a *API) file(operation string, fill func(context.Context, Sink) error) *huma.StreamResponse {
	return a.flow(operation, func(ctx context.Context, f *flow) error { return fill(ctx, f) })
}

func (a *API) flow(operation string, fill func(context.Context, *flow) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		_, w := humago.Unwrap(c)
		f := &flow{w: w}
		err := fill(c.Context(), f)
		if err == nil {
			return
		}
		problem := a.problem(c.Context(), operation, err)
		if !f.begun {
			WriteProblem(w, problem)
			return
		}
		panic(http.ErrAbortHandler)
	}}
}

// events is an answer of server-sent events (WHATWG HTML §9.2), one v each.
func events[T any](a *API, operation string, fill func(ctx context.Context, send func(T) error) error) *huma.StreamResponse {
	return a.flow(operation, func(ctx context.Context, f *flow) error {
		return fill(ctx, func(v T) error {
			data, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("encode an event: %w", err)
			}
			if !f.begun {
				f.begin("text/event-stream")
			}
			_, err = f.write([]byte("data: "+string(data)+"\n\n"), true)
			return err
		})
	})
}

// flows are the answers of a route that is sent as it is made: its content
// types and, for events, the schema of one.
func (a *API) flows(r route) map[string]*huma.Response {
	if r.file == nil && r.event == nil {
		return nil
	}
	content := map[string]*huma.MediaType{}
	for _, kind := range r.file {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	words := strings.Join(r.file, " or ")
	if r.event != nil {
		schema := a.huma.OpenAPI().Components.Schemas.Schema(r.event, true, r.event.Name())
		content["text/event-stream"] = &huma.MediaType{Schema: schema}
		words = "server-sent events, one " + r.event.Name() + " each"
	}
	return map[string]*huma.Response{"200": {Description: words, Content: content}}
}

// eventOf is for route.event.
func eventOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
