// Package endpoint exchanges requests and answers with one model provider over
// HTTP, whatever its wire.
//
// It keeps what all wires share: the phases' deadlines, the key (sent in one
// header and taken out of everything that comes back), bounds on what is read,
// and the difference between a provider that failed and a caller that left.
package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// maxErrorBody bounds how much of an error answer is read.
const maxErrorBody = 64 << 10

// Config of an Endpoint.
type Config struct {
	BaseURL   string       // required, up to and including the version: "https://api.example.com/v1"
	Query     string       // added to every path: "api-version=1"
	Key       Secret       // empty: no authentication is sent
	KeyHeader string       // where the key goes; default "Authorization"
	KeyPrefix string       // before it: "Bearer "
	Header    http.Header  // sent with every request
	RequestID string       // the header with the provider's own id; default "X-Request-Id"
	HTTP      *http.Client // required: decides what may be dialled (egress, a Unix socket)
	Deadlines Deadlines    // zero fields take those of Hosted
	MaxAnswer int64        // bytes of an answer that is not streamed; default 64 MiB
	Log       *slog.Logger // required
	Now       func() time.Time
	// Failure reads an answer other than 2xx; required. body is free of the key.
	Failure func(status int, header http.Header, body []byte, now time.Time) *fault.Fault
}

// Endpoint is safe for concurrent use and holds no state.
type Endpoint struct {
	cfg  Config // defaults filled
	base string
}

// New checks cfg, whose errors name the wire, and connects to nothing.
func New(wire string, cfg Config) (*Endpoint, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New(wire + ": BaseURL must be http(s)://host[:port][/path]")
	}
	if cfg.HTTP == nil || cfg.Log == nil || cfg.Failure == nil {
		return nil, errors.New(wire + ": HTTP and Log are required")
	}
	if strings.ContainsAny(cfg.Key.Reveal(), "\r\n\x00") {
		return nil, errors.New(wire + ": the key holds a line break")
	}
	e := &Endpoint{cfg: cfg, base: strings.TrimRight(cfg.BaseURL, "/")}
	e.cfg.Deadlines = cfg.Deadlines.filled()
	if e.cfg.KeyHeader == "" {
		e.cfg.KeyHeader = "Authorization"
	}
	if e.cfg.RequestID == "" {
		e.cfg.RequestID = "X-Request-Id"
	}
	if e.cfg.MaxAnswer <= 0 {
		e.cfg.MaxAnswer = 64 << 20
	}
	if e.cfg.Now == nil {
		e.cfg.Now = time.Now
	}
	return e, nil
}

// Call is one request.
type Call struct {
	Method string      // default POST
	Path   string      // below BaseURL; may end with a query
	Header http.Header // beside the Endpoint's own
	Body   []byte      // JSON, unless Header says otherwise
	// Deadlines of this call; zero fields take the Endpoint's.
	Deadlines llm.Deadlines
}

// Exchange sends a call and returns its whole answer, which is not empty.
// Errors are faults; the header is nil when none came.
func (e *Endpoint) Exchange(ctx context.Context, call Call) ([]byte, http.Header, error) {
	a, err := e.open(ctx, call, "the answer", e.cfg.Deadlines.Answer)
	if err != nil {
		return nil, a.Header, err
	}
	defer a.Close()
	body, err := a.Whole()
	if err == nil && len(bytes.TrimSpace(body)) == 0 {
		err = Empty(fmt.Errorf("%s answered %d with no bytes", call.Path, a.Status))
	}
	return body, a.Header, err
}

// Open sends a call whose answer is a stream; its first content must come
// within FirstToken. The Answer is never nil and tells the request's id also
// when there is an error; Close it when there is none.
func (e *Endpoint) Open(ctx context.Context, call Call) (*Answer, error) {
	return e.open(ctx, call, "the first token", e.cfg.Deadlines.with(call.Deadlines).FirstToken)
}

func (e *Endpoint) open(ctx context.Context, call Call, phase string, limit time.Duration) (*Answer, error) {
	deadlines := e.cfg.Deadlines.with(call.Deadlines)
	ctx, phases := withPhases(ctx, deadlines.Connect, phase, limit)
	resp, err := e.do(ctx, call) //nolint:bodyclose // Answer.Close does
	if err != nil {
		phases.stop()
		return &Answer{}, err
	}
	a := &Answer{
		Status: resp.StatusCode, Header: resp.Header, RequestID: resp.Header.Get(e.cfg.RequestID),
		ctx: ctx, body: e.cfg.Key.withoutKey(resp.Body), phase: phases, between: deadlines.BetweenTokens, limit: e.cfg.MaxAnswer,
	}
	if a.Status/100 == 2 {
		return a, nil
	}
	f := e.failed(a)
	a.Close()
	return a, f
}

// do sends a request; the caller closes the body of the response.
func (e *Endpoint) do(ctx context.Context, call Call) (*http.Response, error) {
	method, path := call.Method, call.Path
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, e.base+e.withQuery(path), bytes.NewReader(call.Body))
	if err != nil {
		return nil, fault.New(fault.Internal, "Something went wrong on our side.", fmt.Errorf("build a request for %s: %w", path, err))
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	if call.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, header := range []http.Header{e.cfg.Header, call.Header} {
		for name, values := range header {
			req.Header[name] = values
		}
	}
	// Not gzip: it would make a stream arrive in lumps and its bytes differ.
	req.Header.Set("Accept-Encoding", "identity")
	if e.cfg.Key != "" {
		req.Header.Set(e.cfg.KeyHeader, e.cfg.KeyPrefix+e.cfg.Key.Reveal())
	}
	started := e.cfg.Now()
	resp, err := e.send(req)
	if err != nil {
		return nil, e.clean(transportFault(ctx, fmt.Errorf("send %s: %w", path, err), safeAway))
	}
	e.cfg.Log.DebugContext(ctx, "provider answered", "path", path, "status", resp.StatusCode, "dur_ms", e.cfg.Now().Sub(started).Milliseconds())
	return resp, nil
}

// send is http.Client.Do without what that prepares for redirects: it copies all
// headers first. Hardly any provider answers with one; then the request, which
// has done nothing there, is sent again in the usual way.
func (e *Endpoint) send(req *http.Request) (*http.Response, error) {
	client := e.cfg.HTTP
	if client.Transport == nil || client.Timeout > 0 || client.Jar != nil {
		return client.Do(req)
	}
	resp, err := client.Transport.RoundTrip(req)
	if err != nil || resp.StatusCode/100 != 3 || resp.Header.Get("Location") == "" {
		return resp, err
	}
	_ = resp.Body.Close() // nobody wants it
	if req.Body, err = req.GetBody(); err != nil {
		return nil, err
	}
	return client.Do(req)
}

func (e *Endpoint) withQuery(path string) string {
	switch {
	case e.cfg.Query == "":
		return path
	case strings.Contains(path, "?"):
		return path + "&" + e.cfg.Query
	}
	return path + "?" + e.cfg.Query
}

// failed reads the provider's error.
func (e *Endpoint) failed(a *Answer) *fault.Fault {
	body, _ := readUpTo(a.body, maxErrorBody) // half a message still says something
	return e.cfg.Failure(a.Status, a.Header, body, e.cfg.Now())
}

// clean takes the key out of the cause of err: an address that was asked may hold it.
func (e *Endpoint) clean(err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Err == nil {
		return err
	}
	copied := *f
	copied.Err = scrubbed{text: e.cfg.Key.scrub(fault.Cause(f.Err)), err: f.Err}
	return &copied
}

// scrubbed is an error whose text is free of the key.
type scrubbed struct {
	text string
	err  error
}

func (s scrubbed) Error() string { return s.text }
func (s scrubbed) Unwrap() error { return s.err }
