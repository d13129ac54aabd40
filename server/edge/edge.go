// Package edge stands between the listener and the routes.
//
// It names each request, counts and times it, keeps a panic from taking the
// process along, and turns new requests away while the server drains.
package edge

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	requestID = "X-Request-Id"
	// answerWithin bounds writing an answer; streams and slow calls move it.
	answerWithin = 2 * time.Minute
	retryAfter   = 5 * time.Second // what a draining server asks for
)

// Config of an Edge.
type Config struct {
	Log     *slog.Logger          // required
	Metrics prometheus.Registerer // required
	Now     func() time.Time
	// Refuse answers what no route gets to answer, in the words of the path's
	// clients. nil: as a problem (RFC 9457).
	Refuse func(w http.ResponseWriter, r *http.Request, f *fault.Fault)
}

// Edge wraps the server's routes. Safe for concurrent use.
type Edge struct {
	log      *slog.Logger
	now      func() time.Time
	refuse   func(w http.ResponseWriter, r *http.Request, f *fault.Fault)
	draining atomic.Bool
	seconds  *prometheus.HistogramVec
	found    sync.Map // of the observers of seconds, by answered
	active   prometheus.Gauge
	panics   prometheus.Counter
}

// New registers the metrics.
func New(cfg Config) (*Edge, error) {
	if cfg.Log == nil || cfg.Metrics == nil {
		return nil, errors.New("edge.Config needs Log and Metrics")
	}
	e := &Edge{
		log: cfg.Log, now: cfg.Now, refuse: cfg.Refuse,
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nexus_http_request_seconds", Help: "Time to the end of the answer, by route and status class.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60, 300},
		}, []string{"route", "status"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{Name: "nexus_http_requests_active", Help: "Requests being answered."}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "nexus_http_panics_total", Help: "Requests that ended in a panic."}),
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.refuse == nil {
		e.refuse = func(w http.ResponseWriter, _ *http.Request, f *fault.Fault) { httpapi.WriteProblem(w, f) }
	}
	for _, c := range []prometheus.Collector{e.seconds, e.active, e.panics} {
		if err := cfg.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register request metrics: %w", err)
		}
	}
	return e, nil
}

// Drain turns new requests away from now on; those in flight go on.
func (e *Edge) Drain() { e.draining.Store(true) }

// Draining reports whether Drain was called.
func (e *Edge) Draining() bool { return e.draining.Load() }

// Wrap puts the edge around mux, whose patterns name the routes in the metrics.
func (e *Edge) Wrap(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := e.now()
		id := requestIDOf(r)
		w.Header().Set(requestID, id)
		secure(w.Header())
		// A deadline that an earlier request on this connection set would
		// still hold: net/http clears it only where WriteTimeout is used.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
		out := &observed{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), idKey{}, id))
		rest := arrive(w, r)
		defer rest()
		e.active.Inc()
		defer func() {
			e.active.Dec()
			e.observer(answered{route(r), out.code()}).Observe(e.now().Sub(began).Seconds())
		}()
		defer func() { e.recovered(recover(), out, r, id) }() // may panic itself: it cuts the connection
		if e.draining.Load() && !always(r.URL.Path) {
			w.Header().Set("Connection", "close")
			f := fault.New(fault.Unavailable, "The server is restarting.", nil)
			f.RetryAfter = retryAfter
			e.refuse(out, r, f)
			return
		}
		mux.ServeHTTP(out, r)
	})
}

// secure sets what every answer has unless its route says otherwise: most hold
// somebody's words, and some a token (RFC 6749 §5.1).
func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// always lists what a draining server still answers.
func always(path string) bool { return path == "/healthz" || path == "/readyz" || path == "/metrics" }

// recovered ends a request that panicked; the process goes on.
func (e *Edge) recovered(panicked any, w *observed, r *http.Request, id string) {
	if panicked == nil {
		return
	}
	if err, ok := panicked.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(panicked) // net/http's own way to cut a connection
	}
	e.panics.Inc()
	e.log.ErrorContext(r.Context(), "request panicked", "operation", route(r), "err", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	e.refuse(w, r, &fault.Fault{Code: fault.Internal, Safe: "Something went wrong on our side.", ID: id})
}

// route is the pattern that matched: one of a small, fixed set, and free of
// what callers sent.
func route(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

var clientID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// requestIDOf keeps an id that a proxy or client gave, if it is harmless in a log.
func requestIDOf(r *http.Request) string {
	if id := r.Header.Get(requestID); id != "" && clientID.MatchString(id) {
		return id
	}
	id := make([]byte, 0, 16) // no secret, and nothing depends on that nobody guesses it
	id = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(id, rand.Uint64()), rand.Uint64())
	return hex.EncodeToString(id)
}

type idKey struct{}

// RequestID is the id of the request that ctx belongs to, or empty.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

// observed remembers the status. Unwrap lets http.ResponseController, and with
// it streams and WebSockets, reach the real writer.
type observed struct {
	http.ResponseWriter
	status int
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	return o.ResponseWriter.Write(p)
}

// Flush is for code that asks for http.Flusher.
func (o *observed) Flush() { _ = http.NewResponseController(o.ResponseWriter).Flush() }

// Unwrap is what http.ResponseController looks for.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observed) code() int { return cmp.Or(o.status, http.StatusOK) }

// answered is what requests are counted by: routes are few, and so are statuses.
type answered struct {
	route  string
	status int
}

// observer is that of seconds for a, which is found by its labels only once.
func (e *Edge) observer(a answered) prometheus.Observer {
	if found, ok := e.found.Load(a); ok {
		return found.(prometheus.Observer)
	}
	o := e.seconds.WithLabelValues(a.route, strconv.Itoa(a.status))
	e.found.Store(a, o)
	return o
}
