package api_test

import (
	"net/http"
	"strings"
	"testing"

	"nexusai/backend/httpapi"
)

const page = "http://example.com" // httptest's host

// console signs in the way the console does and returns what its browser keeps.
func (w *world) console() (cookies, deviceID string) {
	w.t.Helper()
	d := device()
	d.Cookie = true
	got := w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "owner@acme.test", Password: password, Device: d}, "Origin", page).want(200)
	if s := decode[httpapi.Session](got); s.AccessToken != "" || s.RefreshToken != "" || s.Me.Role != "owner" {
		w.t.Errorf("the body shows %+v", s)
	}
	return kept(w.t, got), d.ID
}

func kept(t *testing.T, got answer) string {
	t.Helper()
	var out []string
	for _, c := range got.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-nexus") || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %s", c.Raw)
		}
		out = append(out, c.Name+"="+c.Value)
	}
	if len(out) != 2 {
		t.Fatalf("cookies %v", out)
	}
	return strings.Join(out, "; ")
}

func TestTheConsolesCookieCountsOnlyForItsOwnPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookies, _ := w.console()
	for _, tt := range []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"read", "GET", nil, 200},
		{"read by its page", "GET", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"change by its page", "POST", []string{"Origin", page, "Sec-Fetch-Site", "same-origin"}, 200},
		{"change without an origin", "POST", nil, 403},
		{"change by a foreign page", "POST", []string{"Origin", "https://evil.test"}, 403},
		{"change by another port", "POST", []string{"Origin", "http://example.com:9999"}, 403},
		{"change by a page of the same site", "POST", []string{"Origin", page, "Sec-Fetch-Site", "same-site"}, 403},
		{"change by an opaque page", "POST", []string{"Origin", "null"}, 403},
		{"WebSocket of a foreign page", "GET", []string{"Origin", "https://evil.test", "Upgrade", "websocket"}, 403},
		{"WebSocket of its page", "GET", []string{"Origin", page, "Upgrade", "websocket"}, 200},
	} {
		path := map[string]string{"GET": "/api/auth/me", "POST": "/api/auth/ticket"}[tt.method]
		if got := w.call("", tt.method, path, nil, append(tt.headers, "Cookie", cookies)...); got.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.Code, got.Body, tt.status)
		}
	}
}

func TestCookieAndBearerCannotStandForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookies, _ := w.console()
	inside := strings.TrimPrefix(strings.Split(cookies, "; ")[0], "__Host-nexus=")
	w.call(inside, "GET", "/api/auth/me", nil).want(401)
	w.call("", "GET", "/api/auth/me", nil, "Cookie", "__Host-nexus="+w.acme.owner).want(401)
	// a bearer that is wrong is not made good by a cookie
	w.call("wrong", "GET", "/api/auth/me", nil, "Cookie", cookies).want(401)
}

func TestTheConsoleRefreshesAndLeavesByCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookies, dev := w.console()
	body := httpapi.Refresh{DeviceID: dev}
	w.call("", "POST", "/api/auth/refresh", body, "Cookie", cookies, "Origin", "https://evil.test").want(403)
	next := w.call("", "POST", "/api/auth/refresh", body, "Cookie", cookies, "Origin", page).want(200)
	if s := decode[httpapi.Session](next); s.AccessToken != "" || s.RefreshToken != "" {
		t.Errorf("the body shows tokens: %s", next.Body)
	}
	cookies = kept(t, next)
	w.call("", "POST", "/api/auth/refresh", body, "Origin", page).want(401)
	gone := w.call("", "POST", "/api/auth/logout", nil, "Cookie", cookies, "Origin", page).want(204)
	for _, c := range gone.Result().Cookies() {
		if c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("cookie stays: %s", c.Raw)
		}
	}
	w.call("", "GET", "/api/auth/me", nil, "Cookie", cookies).want(401)
}

func TestAForeignPageGetsNoCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := device()
	d.Cookie = true
	for _, headers := range [][]string{{"Origin", "https://evil.test"}, {"Sec-Fetch-Site", "cross-site"}} {
		got := w.call("", "POST", "/api/auth/login", httpapi.Credentials{Email: "owner@acme.test", Password: password, Device: d}, headers...).want(403)
		if len(got.Result().Cookies()) != 0 {
			t.Error("a cookie was set")
		}
	}
}
