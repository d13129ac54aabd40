package localapi

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// gate decides who may use the API. In the window that is the top document,
// which was given the secret; in browser mode whoever exchanged the one-time
// token. Loopback alone proves nothing: every page in every browser of this
// machine can reach it.
type gate struct {
	window bool
	host   string

	mu      sync.Mutex // guards what follows
	link    [32]byte   // hash of the one-time token
	unused  bool
	bearers map[[32]byte]time.Time // hash of a bearer: when it was given out
}

// maxBearers bounds what a person can open by links; the oldest one ends.
const maxBearers = 16

func newGate(cfg Config) *gate {
	g := &gate{window: cfg.Window, host: cfg.Host, bearers: map[[32]byte]time.Time{}}
	if cfg.Window {
		g.bearers[sha256.Sum256([]byte(cfg.Secret))] = time.Time{}
		return g
	}
	g.link, g.unused = sha256.Sum256([]byte(cfg.Secret)), true
	return g
}

// Authenticate implements httpapi.Auth.
func (g *gate) Authenticate(r *http.Request) (httpapi.Caller, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = r.Header.Get("X-Nexus-Secret")
	}
	sum := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	for known := range g.bearers {
		if subtle.ConstantTimeCompare(known[:], sum[:]) == 1 {
			return httpapi.Caller{UserID: "local", Role: "owner", Permissions: []httpapi.Permission{httpapi.UseChat, httpapi.UseModels}}, nil
		}
	}
	return httpapi.Caller{}, fault.New(fault.Unauthenticated, "This page is not signed in.", nil).
		WithHint("Open the link that the application printed when it started.")
}

// exchange trades the one-time token for a bearer. A second use is refused.
func (g *gate) exchange(token string, now time.Time) (string, error) {
	sum := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.window || !g.unused || subtle.ConstantTimeCompare(sum[:], g.link[:]) != 1 {
		return "", fault.New(fault.Unauthenticated, "This link was used already, or is not one of ours.", nil).
			WithHint("Start the application again for a new link.")
	}
	g.unused = false
	return g.admit(now), nil
}

// admit makes a bearer; mu is held.
func (g *gate) admit(now time.Time) string {
	bearer := rand.Text() + rand.Text()
	if len(g.bearers) >= maxBearers {
		var oldest [32]byte
		var when time.Time
		for sum, at := range g.bearers {
			if when.IsZero() || at.Before(when) {
				oldest, when = sum, at
			}
		}
		delete(g.bearers, oldest)
	}
	g.bearers[sha256.Sum256([]byte(bearer))] = now
	return bearer
}

// Link makes a new one-time token; the one before stops working. It is what a
// second start in browser mode prints.
func (a *API) Link() string {
	token := rand.Text() + rand.Text()
	a.gate.mu.Lock()
	defer a.gate.mu.Unlock()
	a.gate.link, a.gate.unused = sha256.Sum256([]byte(token)), true
	return token
}

// guard is Authenticate for routes outside the generated contract.
func (g *gate) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := g.Authenticate(r)
		if err != nil {
			httpapi.WriteProblem(w, err)
			return
		}
		next(w, r.WithContext(httpapi.WithCaller(r.Context(), caller)))
	}
}

// outer refuses what another site or another name could have caused, before
// anything else looks at the request. In the window the scheme is ours alone
// and its Host and Origin are not to be relied on.
func (g *gate) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Secure(w.Header())
		if !g.window {
			if err := g.sameSite(r); err != nil {
				httpapi.WriteProblem(w, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (g *gate) sameSite(r *http.Request) error {
	refuse := func(safe string) error { return fault.New(fault.Forbidden, safe, nil) }
	if r.Host != g.host {
		return refuse("This name is not the application's.") // a name that was rebound to loopback
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+g.host {
		return refuse("Another site may not use this.")
	}
	api := strings.HasPrefix(r.URL.Path, "/api/")
	if site := r.Header.Get("Sec-Fetch-Site"); api && site != "" && site != "same-origin" {
		return refuse("Another site may not use this.")
	}
	if api && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return refuse("This is not a page.")
	}
	return nil
}

// recovered keeps one broken request from ending the app, and writes a trace
// that holds no bodies.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this too
				panic(p)
			}
			log.ErrorContext(context.WithoutCancel(r.Context()), "request panicked", "path", r.URL.Path, "err", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			httpapi.WriteProblem(w, fault.From(fmt.Errorf("panic: %T", p)))
		}()
		next.ServeHTTP(w, r)
	})
}

func notHere(w http.ResponseWriter, _ *http.Request) {
	httpapi.WriteProblem(w, fault.New(fault.NotFound, "There is no such address.", nil))
}
