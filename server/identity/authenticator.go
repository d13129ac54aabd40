package identity

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/store"
)

// staleAfter is how long after the last good look at the revocations a cached
// subject still counts. It is under a second by the time a request takes.
const staleAfter = 900 * time.Millisecond

// Authenticator finds out who asks, and says when that ends. On the way of a
// request that it has seen before it asks nobody. Safe for concurrent use.
type Authenticator struct {
	db      *store.DB
	log     *slog.Logger
	now     func() time.Time
	macs    macs
	proxies []netip.Prefix
	public  string // origin of PublicURL
	poll    time.Duration

	cache    *cache
	watches  *watches
	seen     *seen
	followed atomic.Int64 // when the newest good poll began, in nanoseconds since start
	start    time.Time
}

var _ httpapi.Auth = (*Authenticator)(nil)

func newAuthenticator(cfg Config, m macs) (*Authenticator, error) {
	public, err := originOf(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	a := &Authenticator{
		db: cfg.DB, log: cfg.Log, now: cfg.Now, macs: m, proxies: cfg.Proxies, public: public, poll: cfg.Poll,
		cache: newCache(), watches: newWatches(), seen: newSeen(cfg.DB, cfg.Log), start: time.Now(),
	}
	a.followed.Store(int64(-time.Hour))
	return a, nil
}

func originOf(publicURL string) (string, error) {
	if publicURL == "" {
		return "", nil
	}
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", errors.New("the public URL looks like https://ai.example.com")
	}
	return u.Scheme + "://" + u.Host, nil
}

// fresh says whether the cache may be believed.
func (a *Authenticator) fresh() bool {
	return time.Since(a.start)-time.Duration(a.followed.Load()) < staleAfter
}

// Authenticate reads a bearer access token, an API key or the console's
// cookie, in this order; the first that is there decides. Whatever is wrong
// with it is fault.Unauthenticated, or fault.TokenExpired for a token of ours
// whose time is over. A cookie counts only for our own pages, on unsafe methods
// and on WebSockets (fault.Forbidden).
func (a *Authenticator) Authenticate(r *http.Request) (httpapi.Caller, error) {
	s, err := a.identify(r)
	if err != nil {
		return httpapi.Caller{}, err
	}
	from := a.client(r)
	c := s.caller
	c.IP, c.UserAgent = from.ip, from.userAgent
	a.seen.note(c, a.now())
	return c, nil
}

func (a *Authenticator) identify(r *http.Request) (subject, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		token = strings.TrimSpace(token)
		if !strings.EqualFold(scheme, "Bearer") {
			return subject{}, errRefused
		}
		if isAPIKey(token) {
			return a.apiKey(r.Context(), token)
		}
		return a.bearer(r, token, false)
	}
	c, err := r.Cookie(accessCookie)
	if err != nil || c.Value == "" {
		return subject{}, errRefused
	}
	if unsafeRequest(r) {
		if o := a.origin(r); o != samePage {
			return subject{}, client{origin: foreignPage}.forbidForeign()
		}
	}
	return a.bearer(r, c.Value, true)
}

// bearer takes an access token, from a cookie or not: one cannot stand for the
// other.
func (a *Authenticator) bearer(r *http.Request, token string, cookie bool) (subject, error) {
	claims, err := openAccess(a.macs.access, token)
	if err != nil || claims.cookie != cookie {
		return subject{}, errRefused
	}
	if !a.now().Before(claims.expires) {
		return subject{}, fault.New(fault.TokenExpired, "This session needs new tokens.", nil)
	}
	s, err := a.session(r.Context(), claims.tenant, claims.session)
	if err == nil && s.cookie != cookie {
		err = errRefused
	}
	return s, err
}

// unsafeRequest is what a foreign page must not be able to send with our
// cookie: changes, and WebSockets, which begin as a GET.
func unsafeRequest(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.Header.Get("Upgrade") != ""
	}
	return true
}
