package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postmaster finds the private database's process.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "pg", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestLifeOfAServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, dir)
	for _, want := range []struct {
		path   string
		status int
		body   string
	}{
		{"/healthz", 200, "ok"}, {"/readyz", 200, "ready"},
		{"/openapi.json", 200, `"openapi":"3.1`}, {"/docs", 200, "API reference"}, {"/console", 200, "<!doctype html>"},
		{"/api/auth/me", 401, "auth.required"}, {"/v1/models", 401, "invalid_api_key"}, {"/api/events", 401, "auth.required"},
		{"/api/sync/pull", 401, ""}, {"/nothing", 404, ""},
		{"/metrics", 200, "nexus_http_request_seconds"}, // last: it counts the requests before it
	} {
		if status, body := p.get(want.path); status != want.status || !strings.Contains(body, want.body) {
			t.Errorf("%s: %d %.200s", want.path, status, body)
		}
	}

	// Nobody else may have the folder.
	second := nexusd(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	out, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another nexusd runs on") {
		t.Errorf("a second server: %v %s", err, out)
	}
	// A taken port is a sentence.
	third := nexusd(t, "serve", "--data", folder(t), "--listen", strings.TrimPrefix(p.url, "http://"))
	if out, err := third.CombinedOutput(); err == nil || !strings.Contains(string(out), "--listen") {
		t.Errorf("a taken port: %v %s", err, out)
	}

	// The database dies: readiness falls, requests fail clearly, both recover.
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	fell := p.until("/readyz", http.StatusServiceUnavailable, time.Minute)
	if status, _ := p.get("/healthz"); status != 200 {
		t.Errorf("health %d while the database is away", status)
	}
	back := p.until("/readyz", 200, time.Minute)
	t.Logf("readiness fell after %s and was back %s later", fell.Round(time.Millisecond), back.Round(time.Millisecond))

	// The server is killed and starts again on what it left.
	p.signal(syscall.SIGKILL)
	p.ended(10 * time.Second)
	p = start(t, dir)
	p.until("/readyz", 200, time.Minute)
	p.signal(syscall.SIGTERM)
	if code := p.ended(20 * time.Second); code != 0 {
		t.Errorf("exit status %d\n%s", code, p.log)
	}
	if strings.Contains(p.log.String(), `"level":"ERROR"`) {
		t.Errorf("log %s", p.log)
	}
	if _, err := os.Stat(filepath.Join(dir, "pg", "data", "postmaster.pid")); !os.IsNotExist(err) {
		t.Error("the database was left running")
	}
}

func TestBadSettingsAreSentences(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no command":      {nil, "nexusd serve"},
		"unknown command": {[]string{"dance"}, `no command "dance"`},
		"unknown flag":    {[]string{"serve", "--nope"}, "flag provided but not defined"},
		"a word too many": {[]string{"serve", "x"}, `"x" is not expected`},
		"no duration":     {[]string{"serve", "--idle-after", "soon"}, "idle_after (flag --idle-after) is a duration"},
		"no network":      {[]string{"serve", "--allow-net", "example.com"}, "allow_net (flag --allow-net)"},
		"no address":      {[]string{"serve", "--data", folder(t), "--listen", "nowhere"}, "listen on nowhere"},
	} {
		out, err := nexusd(t, tt.args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), tt.want) || strings.Contains(string(out), "panic") {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
}
