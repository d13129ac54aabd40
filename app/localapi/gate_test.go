package localapi_test

import (
	"strings"
	"testing"

	"nexusai/backend/httpapi"
)

func TestOnlyTheExchangedBearerOpensTheAPI(t *testing.T) {
	t.Parallel()
	h := start(t, false)
	for _, path := range []string{"/api/conversations", "/api/local/status", "/api/events", "/api/chat/stream?run_id=" + id(), "/api/local/image?url=https://x.test", "/api/models"} {
		for _, bearer := range []string{"", "wrong", h.token} {
			h.bearer = bearer
			if status, text, _ := h.do("GET", path, ""); status != 401 || !strings.Contains(text, "auth.required") {
				t.Errorf("%s with %q answers %d %s", path, bearer, status, text)
			}
		}
	}
	h.bearer = ""
	session := get[httpapi.LocalSession](h, "POST", "/api/local/exchange", httpapi.LinkExchange{Token: h.token})
	if status, _, _ := h.do("POST", "/api/local/exchange", `{"token":"`+h.token+`"}`); status != 401 {
		t.Errorf("the link's second use answers %d", status)
	}
	h.bearer = session.AccessToken
	if status, text, _ := h.do("GET", "/api/conversations", ""); status != 200 {
		t.Errorf("with the bearer: %d %s", status, text)
	}
	next := h.api.Link()
	if again := get[httpapi.LocalSession](h, "POST", "/api/local/exchange", httpapi.LinkExchange{Token: next}); again.AccessToken == session.AccessToken {
		t.Error("two tabs share a bearer")
	}
}

func TestOtherSitesAndNamesAreRefused(t *testing.T) {
	t.Parallel()
	h := browser(t)
	own := strings.TrimPrefix(h.url, "http://")
	for name, tt := range map[string]struct {
		method string
		header []string
		status int
	}{
		"own page":             {"GET", []string{"Origin", h.url, "Sec-Fetch-Site", "same-origin"}, 200},
		"no browser":           {"GET", nil, 200},
		"rebound name":         {"GET", []string{"Host", "evil.test"}, 403},
		"another port":         {"GET", []string{"Host", "127.0.0.1:1"}, 403},
		"another origin":       {"GET", []string{"Origin", "http://evil.test"}, 403},
		"null origin":          {"POST", []string{"Origin", "null"}, 403},
		"https of our name":    {"GET", []string{"Origin", "https://" + own}, 403},
		"another local port":   {"GET", []string{"Origin", "http://127.0.0.1:1"}, 403},
		"cross-site":           {"GET", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"same machine, other":  {"GET", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"navigated to the API": {"GET", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate"}, 403},
		"preflight":            {"OPTIONS", []string{"Origin", "http://evil.test", "Access-Control-Request-Method", "GET"}, 403},
	} {
		status, _, head := h.do(tt.method, "/api/local/status", "", tt.header...)
		if status != tt.status {
			t.Errorf("%s: %d, want %d", name, status, tt.status)
		}
		for key := range head {
			if strings.HasPrefix(key, "Access-Control-") {
				t.Errorf("%s: %s is sent", name, key)
			}
		}
	}
}

func TestPagesAreServedUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	h := start(t, true)
	h.bearer = ""
	for _, path := range []string{"/", "/chat/" + id(), "/index.html", "/../../etc/passwd", "/console"} {
		status, text, head := h.do("GET", path, "")
		if status != 200 || !strings.Contains(text, `content="`+windowSecret+`"`) || head.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", path, status, text)
		}
		for _, rule := range []string{"default-src 'self'", "frame-src 'none'", "form-action 'none'", "base-uri 'none'", "img-src 'self' data: blob:", "script-src 'self'"} {
			if !strings.Contains(head.Get("Content-Security-Policy"), rule) {
				t.Errorf("%s lacks %s", path, rule)
			}
		}
	}
	if status, _, head := h.do("GET", "/assets/a.js", ""); status != 200 || !strings.Contains(head.Get("Cache-Control"), "immutable") {
		t.Errorf("asset: %d %v", status, head)
	}
	for _, path := range []string{"/assets/none.js", "/console.html", "/.env"} {
		if status, text, _ := h.do("GET", path, ""); status != 404 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if status, text, _ := h.do("GET", "/api/nothing", ""); status != 404 || !strings.Contains(text, "not_found") {
		t.Errorf("an unknown address: %d %s", status, text)
	}
	h.bearer = windowSecret
	if status, _, _ := h.do("GET", "/api/conversations", ""); status != 200 {
		t.Errorf("the window's own secret: %d", status)
	}
	h.bearer = ""
	if status, _, _ := h.do("GET", "/api/conversations", "", "X-Nexus-Secret", windowSecret); status != 200 {
		t.Errorf("the secret as a header of its own: %d", status)
	}
	if status, _, _ := h.do("POST", "/api/local/exchange", `{"token":"`+windowSecret+`"}`); status != 401 {
		t.Errorf("the window's secret as a link: %d", status)
	}
	browserPage := start(t, false)
	if _, text, _ := browserPage.do("GET", "/", ""); !strings.Contains(text, `content=""`) {
		t.Errorf("browser mode's page holds a secret: %s", text)
	}
}

func TestRemotePicturesAndLinks(t *testing.T) {
	t.Parallel()
	h := browser(t)
	for _, url := range []string{"http://127.0.0.1:1/a.png", h.url + "/x.png", "http://169.254.169.254/latest", "http://[::1]/", "http://10.0.0.1/", "file:///etc/passwd", "javascript:1", "http://localhost/a.png", ""} {
		if status, text, _ := h.do("GET", "/api/local/image?url="+url, ""); status/100 == 2 || strings.Contains(text, "internal") {
			t.Errorf("picture %s: %d %s", url, status, text)
		}
	}
	for link, fine := range map[string]bool{
		"https://example.com/a?b=c": true, "mailto:ana@acme.test": true, "file:///etc/passwd": false, "javascript:alert(1)": false,
		"vscode://x": false, "https://": false, "-flag": false, "//example.com": false,
	} {
		status, _, _ := h.do("POST", "/api/local/open", `{"url":"`+link+`"}`)
		if (status/100 == 2) != fine {
			t.Errorf("link %s: %d", link, status)
		}
	}
	if len(h.opened) != 2 {
		t.Errorf("opened %v", h.opened)
	}
}
