package identity

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"nexusai/backend/fault"
)

// client is what a request says about where it comes from.
type client struct {
	ip        string // without a zone; empty when it cannot be told
	userAgent string
	origin    origin
}

// origin says whether a request comes from one of our own pages.
type origin int

const (
	noBrowser origin = iota // neither Origin nor Sec-Fetch-Site: not a browser's page
	samePage
	foreignPage
)

type clientKey struct{}

// Middleware lets the operations before sign-in see where a request comes
// from; mount it around the API.
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, a.client(r))))
	})
}

// clientFrom is foreign without the middleware: a host that forgot it must not
// hand out cookies.
func clientFrom(ctx context.Context) client {
	if c, ok := ctx.Value(clientKey{}).(client); ok {
		return c
	}
	return client{origin: foreignPage}
}

func (a *Authenticator) client(r *http.Request) client {
	if c, ok := r.Context().Value(clientKey{}).(client); ok {
		return c // the middleware has looked
	}
	return client{ip: a.clientIP(r), userAgent: shownAgent(r.UserAgent()), origin: a.origin(r)}
}

// shownAgent is what may be kept and listed of a User-Agent.
func shownAgent(agent string) string {
	if strings.ContainsFunc(agent, func(c rune) bool { return c < ' ' || c > '~' }) { // hardly ever
		agent = strings.Map(func(c rune) rune {
			if hidden(c) {
				return -1
			}
			return c
		}, strings.ToValidUTF8(agent, ""))
	}
	if len(agent) > 200 {
		agent = strings.ToValidUTF8(agent[:200], "")
	}
	return agent
}

// clientIP walks X-Forwarded-For from our side for as long as the one who
// added an address is a proxy of ours: what is further left can be invented.
func (a *Authenticator) clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	if !a.isProxy(addr) {
		return shownIP(addr)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !a.isProxy(addr) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = next
	}
	return shownIP(addr)
}

func shownIP(addr netip.Addr) string { return addr.Unmap().WithZone("").String() }

func (a *Authenticator) isProxy(addr netip.Addr) bool {
	return slices.ContainsFunc(a.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// network is what failed sign-ins are counted by: an address, or the /64 that
// one IPv6 subscriber has to itself.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

// origin compares Origin with the public URL and with the host that was asked.
// A rebound name passes the second comparison, but then the browser has no
// cookie for that name.
func (a *Authenticator) origin(r *http.Request) origin {
	site, from := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site == "" && from == "" {
		return noBrowser
	}
	if site != "" && site != "same-origin" {
		return foreignPage
	}
	if from == "" {
		return samePage // same-origin GETs carry no Origin
	}
	if a.public != "" && from == a.public {
		return samePage
	}
	u, err := url.Parse(from)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return foreignPage
	}
	return samePage
}

// forbidForeign is for what sets or uses a cookie.
func (c client) forbidForeign() error {
	if c.origin != foreignPage {
		return nil
	}
	return fault.New(fault.Forbidden, "This request does not come from the console's own page.", nil)
}
