package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/disktest"
	up "nexusai/backend/provider/openai/openaitest"
)

// TestAFullDiskIsSaidAndLosesNothing fills the disk of the data folder under
// load, database, journal and all: what cannot be kept is refused, the server
// lives, goes on by itself when there is room again, and has all that it
// acknowledged.
func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 448<<20)
	dir := filepath.Join(disk, "data")
	upstream := up.Serve(t, up.Answer("Hel", "lo"))
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	s := besiege(p, acme, acme.login(p.url))
	s.reach(30, "v1 200")
	s.reach(10, "chat 200")
	empty := disktest.Fill(t, disk, 0)
	s.reach(20, "chat 503", "chat 507", "chat 429") // answers that cannot be stored keep their places
	s.reach(20, "v1 503", "v1 507")
	bearers := acme.tryToSignIn(p.url)
	if status, _ := p.get("/healthz"); status != 200 {
		t.Errorf("health %d on a full disk", status)
	}
	empty()
	back := p.until("/readyz", 200, time.Minute)
	s.reach(30, "v1 200")
	s.reach(10, "chat 200")
	s.end("v1 503", "v1 504", "v1 507", "chat 503", "chat 504", "chat 507", "chat 429")
	if s.answers.count("v1 507")+s.answers.count("chat 507") == 0 {
		t.Error("nobody was told that the disk is full")
	}
	p.signal(syscall.SIGKILL)
	p.ended(10 * time.Second)
	p = start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme.remembers(s.answers)
	for _, bearer := range bearers {
		if status := me(t, p.url, bearer); status != 200 {
			t.Errorf("a session that was acknowledged on the full disk: %d", status)
		}
	}
	t.Logf("ready %s after there was room; answers by status %v", back.Round(time.Millisecond), s.answers.seen)
}

// tryToSignIn makes sessions until the full disk refuses one, and returns the
// tokens of those that it took: the page that is begun may have room for some.
func (m *team) tryToSignIn(url string) (bearers []string) {
	m.t.Helper()
	for range 100 {
		status, session, body := m.signIn(url)
		switch status {
		case 200:
			bearers = append(bearers, session.AccessToken)
		case http.StatusServiceUnavailable, http.StatusInsufficientStorage:
			if !bytes.Contains(body, []byte(`"code":"`)) {
				m.t.Errorf("refused without a code: %s", body)
			}
			return bearers
		case 429: // signing in has a rate of its own
			return bearers
		default:
			m.t.Errorf("signing in on a full disk: %d %s", status, body)
			return bearers
		}
	}
	return bearers
}

func me(t *testing.T, url, bearer string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/auth/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestAStartOnAFullDiskIsASentence(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 320<<20)
	dir := filepath.Join(disk, "data")
	refused := func(what string) {
		t.Helper()
		out, err := nexusd(t, "serve", "--data", dir, "--listen", "127.0.0.1:0").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "free some") {
			t.Errorf("%s: %v %s", what, err, out)
		}
	}
	empty := disktest.Fill(t, disk, 100<<20)
	refused("no room to make the database")
	empty()
	p := start(t, dir)
	p.signal(syscall.SIGTERM)
	p.ended(20 * time.Second)
	empty = disktest.Fill(t, disk, 0)
	refused("no room at all")
	empty()
	start(t, dir)
}
