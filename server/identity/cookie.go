package identity

import (
	"net/http"
	"time"

	"nexusai/backend/httpapi"
)

// The console's cookies. Chromium keeps __Host- cookies with Secure also from
// http://127.0.0.1 and http://localhost (tried with 156 on Debian 12, November
// 2026), so there is one name everywhere; any other plain http address needs
// TLS in front.
const (
	accessCookie  = "__Host-nexus"
	refreshCookie = "__Host-nexus-refresh" // as in httpapi's refresh operation
)

// Jar is httpapi.CookieJar: both tokens in HttpOnly cookies that only our own
// pages send.
type Jar struct{}

var _ httpapi.CookieJar = Jar{}

// Cookies moves the tokens of s from the answer's body into cookies.
func (Jar) Cookies(s httpapi.Session, wanted bool) (httpapi.Session, []string) {
	if !wanted {
		return s, nil
	}
	// The access cookie outlives its token, so that the server can tell one that
	// expired from none at all.
	set := []string{cookie(accessCookie, s.AccessToken, cookieIdle), cookie(refreshCookie, s.RefreshToken, cookieIdle)}
	s.AccessToken, s.RefreshToken = "", ""
	return s, set
}

// Clear removes both.
func (Jar) Clear() []string {
	return []string{cookie(accessCookie, "", -time.Second), cookie(refreshCookie, "", -time.Second)}
}

func cookie(name, value string, keep time.Duration) string {
	c := http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(keep.Seconds())}
	return c.String()
}
