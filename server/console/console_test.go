package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"nexusai/server/console"
)

var pages = fstest.MapFS{
	"console.html":         {Data: []byte("<!doctype html>console")},
	"index.html":           {Data: []byte("<!doctype html>desktop")},
	"assets/app-abc123.js": {Data: []byte("export {}")},
	"favicon.svg":          {Data: []byte("<svg/>")},
	".gitkeep":             {},
}

func TestPages(t *testing.T) {
	t.Parallel()
	c, err := console.New(pages)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Mount(mux)
	for _, tt := range []struct {
		path, kind, cache, body string
		status                  int
	}{
		{"/", "", "", "/console", 302},
		{"/console", "text/html; charset=utf-8", "no-cache", "console", 200},
		{"/console/logs", "text/html; charset=utf-8", "no-cache", "console", 200},
		{"/console/users/1/edit", "text/html; charset=utf-8", "no-cache", "console", 200},
		{"/assets/app-abc123.js", "text/javascript; charset=utf-8", "immutable", "export", 200},
		{"/assets/missing.js", "", "", "no such file", 404},
		{"/assets/..%2fconsole.html", "", "", "no such file", 404},
		{"/favicon.svg", "image/svg+xml", "no-cache", "<svg", 200},
		{"/index.html", "", "", "", 404},
		{"/.gitkeep", "", "", "", 404},
		{"/docs", "text/html; charset=utf-8", "no-cache", "API reference", 200},
		{"/docs/docs.js", "text/javascript; charset=utf-8", "no-cache", "openapi.json", 200},
		{"/docs/docs.css", "text/css; charset=utf-8", "no-cache", "font", 200},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, tt.path, nil))
		h := w.Header()
		if w.Code != tt.status || (tt.kind != "" && h.Get("Content-Type") != tt.kind) || !strings.Contains(h.Get("Cache-Control"), tt.cache) || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s: %d %v %.60q", tt.path, w.Code, h, w.Body)
		}
		if tt.status != 404 && (!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "") {
			t.Errorf("%s is not guarded: %v", tt.path, h)
		}
	}
}

func TestNothingComesFromElsewhereOrRunsInline(t *testing.T) {
	t.Parallel()
	c, err := console.New(pages)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Mount(mux)
	for _, path := range []string{"/docs", "/docs/docs.js", "/docs/docs.css"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		for _, bad := range []string{"http://", "https://", "<style", "onclick=", "innerHTML"} {
			if strings.Contains(w.Body.String(), bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, "script-src 'self' '") || strings.Contains(policy, "*") {
			t.Errorf("policy %q", policy)
		}
	}
}

func TestUnbuiltPagesSaySo(t *testing.T) {
	t.Parallel()
	if _, err := console.New(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v", err)
	}
}
