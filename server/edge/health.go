package edge

import (
	"context"
	"net/http"
	"time"
)

// askedWithin bounds a readiness check, so that a balancer's own limit is not
// what decides.
const askedWithin = 2 * time.Second

// MountHealth adds GET /healthz, which says that the process runs, and GET
// /readyz, which says that it can serve: check returns nil and nobody drains.
func (e *Edge) MountHealth(mux *http.ServeMux, check func(context.Context) error) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if e.draining.Load() {
			say(w, http.StatusServiceUnavailable, "draining")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), askedWithin)
		defer cancel()
		if err := check(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, "the database cannot be reached")
			return
		}
		say(w, http.StatusOK, "ready")
	})
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a client that has left cannot be told anything
}
