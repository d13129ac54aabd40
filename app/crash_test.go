package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/httpapi"
)

// program builds the real application once, without a window.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "nexus-app-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "nexusai")
	out, err := exec.Command("go", "build", "-o", path, "nexusai").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the application: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// device is one data folder, with the application running on it or not.
type device struct {
	t      *testing.T
	data   string
	server *teamServer
	cmd    *exec.Cmd
	url    string
	bearer string
}

func newDevice(t *testing.T, s *teamServer) *device {
	t.Helper()
	return newDeviceIn(t, s, t.TempDir())
}

func newDeviceIn(t *testing.T, s *teamServer, folder string) *device {
	t.Helper()
	d := &device{t: t, data: folder, server: s}
	text := fmt.Sprintf(`{"email":%q,"password":%q}`, email, secret)
	if err := os.WriteFile(d.login(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.start()
	t.Cleanup(func() { d.end(syscall.SIGTERM) })
	return d
}

func (d *device) login() string { return filepath.Join(d.data, "login.json") }

func (d *device) start() {
	d.t.Helper()
	path, err := program()
	if err != nil {
		d.t.Fatal(err)
	}
	d.cmd = exec.Command(path, "--browser", "--data", d.data, "--server", d.server.url(), "--login-file", d.login())
	d.cmd.Env = append(os.Environ(), "NEXUS_KEYCHAIN=file", "NEXUS_CACHE="+d.data)
	d.cmd.Stderr = os.Stderr
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"listening on ", "open "} {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), want) {
			d.t.Fatalf("printed %q, want %s…", lines.Text(), want)
		}
		if want == "listening on " {
			d.url = strings.TrimPrefix(lines.Text(), want)
		}
	}
	_, token, _ := strings.Cut(lines.Text(), "#token=")
	d.bearer = ""
	d.bearer = call[httpapi.LocalSession](d, "POST", "/api/local/exchange", httpapi.LinkExchange{Token: token}).AccessToken
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

// end sends a signal and waits; after SIGTERM the application must say it is
// fine.
func (d *device) end(signal syscall.Signal) {
	d.t.Helper()
	if d.cmd == nil {
		return
	}
	if err := d.cmd.Process.Signal(signal); err != nil {
		d.t.Error(err)
	}
	err := d.cmd.Wait()
	if signal == syscall.SIGTERM && err != nil {
		d.t.Errorf("after SIGTERM: %v", err)
	}
	d.cmd = nil
}

func (d *device) crash() {
	d.t.Helper()
	d.end(syscall.SIGKILL)
	d.start()
}

func call[T any](d *device, method, path string, in any) (out T) {
	d.t.Helper()
	status, text := d.ask(method, path, in)
	if status/100 != 2 {
		d.t.Fatalf("%s %s answers %d %s", method, path, status, text)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			d.t.Fatal(err)
		}
	}
	return out
}

func (d *device) ask(method, path string, in any) (status int, answer []byte) {
	d.t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			d.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+d.bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, text
}

func (d *device) thread(id string) httpapi.Thread {
	d.t.Helper()
	return call[httpapi.Thread](d, "GET", "/api/conversations/"+id, nil)
}

func (d *device) status() httpapi.Status {
	d.t.Helper()
	return call[httpapi.Status](d, "GET", "/api/local/status", nil)
}

// until polls, and returns how long it took.
func until(t *testing.T, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("never: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
	return time.Since(began)
}

func ask(conversation, parent, text string) httpapi.ChatRequest {
	return httpapi.ChatRequest{ConversationID: conversation, MessageID: newID(), ParentID: parent, Text: text, Model: "big"}
}

// TestNothingIsLostAndNothingIsSentTwice is the journey over kill -9: offline
// writing, a crash, a crash in the middle of an answer, a second device.
func TestNothingIsLostAndNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	s := newTeamServer(t)
	a := newDevice(t, s)
	until(t, "signed in", func() bool { return a.status().Server.State == "connected" })

	s.down()
	t.Logf("the status bar knows after %v", until(t, "offline", func() bool { return a.status().Server.State == "offline" }))
	c := newID()
	first := ask(c, "", "What comes after zero?")
	if run := call[httpapi.Run](a, "POST", "/api/chat", first); run.State != httpapi.RunWaiting {
		t.Errorf("offline, the run is %+v", run)
	}
	call[struct{}](a, "PUT", "/api/conversations/"+c+"/draft", httpapi.DraftText{Text: "an unsent thought"})
	a.crash()
	thread := a.thread(c)
	queue := call[[]httpapi.QueueItem](a, "GET", "/api/local/queue", nil)
	if thread.Draft != "an unsent thought" || len(thread.Messages) != 1 || thread.Messages[0].Text != first.Text || len(queue) != 1 || queue[0].MessageID != first.MessageID {
		t.Fatalf("after kill -9: thread %+v, queue %+v", thread, queue)
	}

	s.up()
	for range 3 {
		s.pace <- struct{}{}
	}
	until(t, "the answer begins", func() bool {
		r := a.thread(c).Run
		return r != nil && len(r.Text) > 5
	})
	a.crash() // in the middle of the answer, which the server goes on writing
	close(s.pace)
	until(t, "the whole answer is there once", func() bool {
		m := a.thread(c).Messages
		return len(m) == 2 && m[1].Text == words+" " && m[1].ParentID == first.MessageID
	})
	s.mu.Lock()
	runs := len(s.runs)
	s.mu.Unlock()
	if runs != 1 {
		t.Errorf("the server made %d runs of one message", runs)
	}
	if queue := call[[]httpapi.QueueItem](a, "GET", "/api/local/queue", nil); len(queue) != 0 {
		t.Errorf("queue %+v", queue)
	}

	b := newDevice(t, s)
	until(t, "the second device is connected", func() bool { return b.status().Server.State == "connected" })
	until(t, "and has everything", func() bool {
		list := call[httpapi.ConversationPage](b, "GET", "/api/conversations", nil)
		return len(list.Items) == 1 && list.Items[0].ID == c && len(b.thread(c).Messages) == 2 && b.thread(c).Draft == "an unsent thought"
	})
	second := ask(c, thread.Messages[0].ID, "And then?")
	call[httpapi.Run](b, "POST", "/api/chat", second)
	took := until(t, "the first device sees it", func() bool {
		for _, m := range a.thread(c).Messages {
			if m.ID == second.MessageID {
				return true
			}
		}
		return false
	})
	if t.Logf("a message was on the other device after %v", took); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestSecondStartAndFlags(t *testing.T) {
	t.Parallel()
	s := newTeamServer(t)
	a := newDevice(t, s)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.Command(path, args...)
		cmd.Env = append(os.Environ(), "DISPLAY=", "WAYLAND_DISPLAY=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("--browser", "--data", a.data)
	if err != nil || !strings.HasPrefix(out, "open "+a.url+"/#token=") {
		t.Errorf("a second start printed %q, %v", out, err)
	}
	if out, err := run("--version"); err != nil || !strings.HasPrefix(out, "nexusai ") {
		t.Errorf("--version printed %q, %v", out, err)
	}
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"no display":     {[]string{"--data", t.TempDir()}, "--browser"},
		"unknown flag":   {[]string{"--frobnicate"}, "--help"},
		"not loopback":   {[]string{"--browser", "--data", t.TempDir(), "--listen", "0.0.0.0:0"}, "127.0.0.1:0"},
		"a taken port":   {[]string{"--browser", "--data", t.TempDir(), "--listen", strings.TrimPrefix(a.url, "http://")}, "free one"},
		"no data folder": {[]string{"--browser", "--data", path}, "--data"},
		"a stray word":   {[]string{"browser"}, "--help"},
	} {
		out, err := run(tt.args...)
		if err == nil || !strings.Contains(out, tt.says) || strings.Contains(out, "panic") {
			t.Errorf("%s: printed %q, %v", name, out, err)
		}
	}
}
