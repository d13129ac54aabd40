package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

func TestWhoSeesTheFigures(t *testing.T) {
	t.Parallel()
	const token = "sixteen-letters-or-more"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		settings   settings
		peer, host string
		header     []string
		want       int
	}{
		"this machine":                   {peer: "127.0.0.1:50000", host: "127.0.0.1:8080", want: 200},
		"this machine by name":           {peer: "127.0.0.1:50000", host: "localhost:8080", want: 200},
		"this machine by IPv6":           {peer: "[::1]:50000", host: "[::1]:8080", want: 200},
		"this machine without a port":    {peer: "[::1]:50000", host: "[::1]", want: 200},
		"IPv4 in IPv6":                   {peer: "[::ffff:127.0.0.1]:50000", host: "127.0.0.1:8080", want: 200},
		"another machine":                {peer: "10.0.0.7:50000", host: "10.0.0.1:8080", want: 401},
		"another machine with this name": {peer: "10.0.0.7:50000", host: "localhost:8080", want: 401},
		"through a proxy":                {peer: "127.0.0.1:50000", host: "127.0.0.1:8080", header: []string{"X-Forwarded-For", "127.0.0.1"}, want: 401},
		"through a standard proxy":       {peer: "127.0.0.1:50000", host: "127.0.0.1:8080", header: []string{"Forwarded", "for=127.0.0.1"}, want: 401},
		"a page with a rebound name":     {peer: "127.0.0.1:50000", host: "evil.example.com:8080", want: 401},
		"no peer":                        {peer: "@", host: "localhost", want: 401},
		"behind a silent proxy":          {settings: settings{"public_url": {text: "https://ai.example.com"}}, peer: "127.0.0.1:50000", host: "127.0.0.1:8080", want: 401},
		"the token":                      {settings: settings{"metrics_token_file": {text: file}}, peer: "10.0.0.7:50000", host: "ai.example.com", header: []string{"Authorization", "Bearer " + token}, want: 200},
		"another token":                  {settings: settings{"metrics_token_file": {text: file}}, peer: "10.0.0.7:50000", host: "ai.example.com", header: []string{"Authorization", "Bearer " + token + "x"}, want: 401},
		"the token as a password":        {settings: settings{"metrics_token_file": {text: file}}, peer: "10.0.0.7:50000", host: "ai.example.com", header: []string{"Authorization", "Basic " + token}, want: 401},
		"no token from here":             {settings: settings{"metrics_token_file": {text: file}}, peer: "127.0.0.1:50000", host: "127.0.0.1:8080", want: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &server{settings: tt.settings, metrics: prometheus.NewRegistry()}
			srv.metrics.MustRegister(collectors.NewGoCollector())
			handler, err := srv.metricsHandler()
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.RemoteAddr, r.Host = tt.peer, tt.host
			for i := 0; i+1 < len(tt.header); i += 2 {
				r.Header.Set(tt.header[i], tt.header[i+1])
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if shown := strings.Contains(w.Body.String(), "go_goroutines"); w.Code != tt.want || shown != (tt.want == 200) {
				t.Errorf("%d %.200s", w.Code, w.Body)
			}
		})
	}
}

func TestABadMetricsToken(t *testing.T) {
	t.Parallel()
	short := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(short, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{short: "at least 16 characters", short + ".none": "read the token for /metrics"} {
		srv := &server{settings: settings{"metrics_token_file": {text: file}}, metrics: prometheus.NewRegistry()}
		if _, err := srv.metricsHandler(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
