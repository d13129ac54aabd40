//go:build window

package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Run with the engine and the small model in the cache (make setup), Xvfb,
// xdotool and ImageMagick:
//
//	go test -tags window -run Window ./app

// screen starts a virtual display of its own.
func screen(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Xvfb (package xvfb): %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = w.Close() // Xvfb has its own
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	return ":" + strings.TrimSpace(line)
}

// windowed is the real window on a display.
type windowed struct {
	t             *testing.T
	display, diag string
	cmd           *exec.Cmd
}

func (w *windowed) open(path, data string) {
	w.t.Helper()
	w.cmd = exec.Command(path, "--data", data)
	w.cmd.Env = append(os.Environ(), "DISPLAY="+w.display, "NEXUS_DIAG_FILE="+w.diag, "NEXUS_CHAT_MODEL=qwen2.5-coder-0.5b", "NEXUS_KEYCHAIN=file")
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.cmd.Process.Kill(); _ = w.cmd.Wait() })
}

// event waits for a line of the diary.
func (w *windowed) event(name string, count int) map[string]any {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		text, _ := os.ReadFile(w.diag) // not there yet
		seen := 0
		for line := range strings.Lines(string(text)) {
			var e map[string]any
			if json.Unmarshal([]byte(line), &e) != nil || e["event"] != name {
				continue
			}
			if seen++; seen == count {
				return e
			}
		}
	}
	w.t.Fatalf("the window never reported %s", name)
	return nil
}

// input acts as a person does, or looks; it returns what xdotool prints.
func (w *windowed) input(words ...string) string {
	w.t.Helper()
	cmd := exec.Command("xdotool", words...)
	cmd.Env = append(os.Environ(), "DISPLAY="+w.display)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("xdotool: %v %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// find is the window's id.
func (w *windowed) find() string {
	w.t.Helper()
	return strings.Fields(w.input("search", "--sync", "--onlyvisible", "--name", "^NexusAI$"))[0]
}

// place is where the window is, as "X Y WIDTH HEIGHT".
func (w *windowed) place(id string) string {
	w.t.Helper()
	got := map[string]string{}
	for line := range strings.Lines(w.input("getwindowgeometry", "--shell", id)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		got[name] = value
	}
	return fmt.Sprintf("%s %s %s %s", got["X"], got["Y"], got["WIDTH"], got["HEIGHT"])
}

// end asks the application to end and wants it to say that all is fine.
func (w *windowed) end() {
	w.t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		w.t.Errorf("after SIGTERM: %v", err)
	}
}

// colours counts the different colours on the screen.
func (w *windowed) colours(file string) int {
	w.t.Helper()
	if out, err := exec.Command("import", "-display", w.display, "-window", "root", file).CombinedOutput(); err != nil {
		w.t.Fatalf("import (package imagemagick): %v %s", err, out)
	}
	out, err := exec.Command("identify", "-format", "%k", file).Output()
	var n int
	if _, scan := fmt.Sscan(string(out), &n); err != nil || scan != nil {
		w.t.Fatalf("identify: %v %s", err, out)
	}
	return n
}

// secondStartComesToIt starts the application again while another program has
// the keyboard: the first one's window gets it.
func (w *windowed) secondStartComesToIt(path, data string) {
	w.t.Helper()
	other := exec.Command("xev", "-name", "another program", "-event", "focus")
	other.Env = append(os.Environ(), "DISPLAY="+w.display)
	if err := other.Start(); err != nil {
		w.t.Fatalf("xev (package x11-utils): %v", err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	w.input("search", "--sync", "--onlyvisible", "--name", "^another program$", "windowraise", "windowfocus", "--sync")
	second := exec.Command(path, "--data", data)
	second.Env = append(os.Environ(), "DISPLAY="+w.display)
	if out, err := second.CombinedOutput(); err != nil {
		w.t.Errorf("a second start: %v %s", err, out)
	}
	until(w.t, "the first window has the keyboard", func() bool { return w.input("getwindowfocus", "getwindowname") == "NexusAI" })
}

func TestWindowAnswersRealInput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "nexusai")
	if out, err := exec.Command("go", "build", "-tags", "desktop,production,webkit2_41", "-o", path, "nexusai").CombinedOutput(); err != nil {
		t.Fatalf("build the window: %v\n%s", err, out)
	}
	w := &windowed{t: t, display: screen(t), diag: filepath.Join(dir, "diag.jsonl")}
	w.open(path, filepath.Join(dir, "data"))
	first := w.event("first_view", 1)
	t.Logf("first view after %.0f ms", first["ms"])
	w.input("mousemove", "800", "740", "click", "1")
	w.input("type", "--delay", "20", "Say hello in one word.")
	w.input("key", "Return")
	started, finished := w.event("stream_started", 1), w.event("stream_finished", 1)
	if finished["state"] != "done" || finished["chars"] == nil || finished["seq"].(float64) < 3 {
		t.Errorf("the answer ended as %v", finished)
	}
	t.Logf("streamed from %.0f to %.0f ms in %.0f events", started["ms"], finished["ms"], finished["seq"])
	if n := w.colours(filepath.Join(dir, "shot.png")); n < 50 {
		t.Errorf("the screen shows %d colours: nothing was drawn", n)
	}

	w.secondStartComesToIt(path, filepath.Join(dir, "data"))
	id := w.find()
	const elsewhere = "90 40 1000 720"
	w.input("windowsize", id, "1000", "720", "windowmove", id, "90", "40")
	until(t, "the window moves", func() bool { return w.place(id) == elsewhere })
	w.end()
	w.open(path, filepath.Join(dir, "data"))
	w.event("window_shown", 2)
	id = w.find()
	until(t, "it opens where it was closed", func() bool { return w.place(id) == elsewhere })
	w.end()
	log, err := os.Open(filepath.Join(dir, "data", "log", "app.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if text, err := io.ReadAll(log); err != nil || strings.Contains(string(text), "hello in one word") || strings.Contains(string(text), "panicked") {
		t.Errorf("the log holds a text or a panic: %s, %v", text, err)
	}
}
