package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// window measures the real window under a virtual display, from the start of
// the process and beside an empty Wails window: the page's second animation
// frame, which shows the window's shape, the second one after the first view is
// in it, and the memory of its processes.
func window(ctx context.Context) ([]Row, error) {
	dir, err := os.MkdirTemp("", "nexus-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	empty := filepath.Join(dir, "emptywindow")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "desktop,production,webkit2_41", "-ldflags", "-s -w", "-o", empty, "./build/bench/emptywindow")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	display, err := screen(ctx)
	if err != nil {
		return nil, err
	}
	defer display.stop()
	var frames, views, floors, memory, leanest []float64
	for i := range 10 {
		floor, _, lean, err := show(ctx, display, filepath.Join(dir, fmt.Sprintf("empty%d.log", i)), empty)
		if err != nil {
			return nil, err
		}
		log := filepath.Join(dir, fmt.Sprintf("app%d.log", i))
		// The data folder stays, as it does for a person.
		frame, view, pss, err := show(ctx, display, log, "bin/nexusai", "--data", filepath.Join(dir, "data"))
		if err != nil {
			return nil, err
		}
		floors, frames, views = append(floors, floor), append(frames, frame), append(views, view)
		leanest, memory = append(leanest, lean), append(memory, pss)
	}
	return []Row{
		judged(Row{Name: "app.first_frame_ms", Value: median(frames), Unit: "ms", Floor: median(floors), Bound: median(floors) + 150, Samples: frames, Floors: floors}),
		judged(Row{Name: "app.first_view_ms", Value: median(views), Unit: "ms", Floor: median(floors), Samples: views, Floors: floors}),
		judged(Row{Name: "app.pss_mb", Value: median(memory), Unit: "MB", Floor: median(leanest), Bound: 350, Samples: memory, Floors: leanest}),
	}, nil
}

// virtual is an X server of our own.
type virtual struct {
	cmd  *exec.Cmd
	name string
}

func screen(ctx context.Context) (*virtual, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Xvfb (make setup?): %w", err)
	}
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("read the display of Xvfb: %w", err)
	}
	return &virtual{cmd, ":" + strings.TrimSpace(number)}, nil
}

func (v *virtual) stop() {
	_ = v.cmd.Process.Kill() // it may have ended with the context
	_ = v.cmd.Wait()
}

// show runs a window until its page has reported its first frame and its first
// view, and two seconds more; it returns their times since the process began
// (ms) and the proportional memory of the process and its children (MB). The
// empty window has no view.
func show(ctx context.Context, display *virtual, log, binary string, args ...string) (frame, view, pss float64, err error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+display.name, "WAYLAND_DISPLAY=", "NEXUS_DIAG_FILE="+log)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, err
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // the window's helpers end with it
		_ = cmd.Wait()                                      // its status says nothing about the figure
	}()
	// Timed from here for both, so that loading the web view's libraries counts.
	if frame, err = reported(log, "first_frame", began); err == nil && len(args) > 0 {
		view, err = reported(log, "first_view", began)
	}
	if err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w", binary, err)
	}
	time.Sleep(2 * time.Second)
	for _, pid := range append(descendants(cmd.Process.Pid), cmd.Process.Pid) {
		pss += proportional(pid)
	}
	return frame, view, pss, nil
}

// reported waits until NEXUS_DIAG_FILE tells of an event (ms).
func reported(path, event string, began time.Time) (float64, error) {
	for time.Since(began) < 30*time.Second {
		text, err := os.ReadFile(path) // it is not there at first
		if err == nil && bytes.Contains(text, []byte(`"event":"`+event+`"`)) {
			return ms(time.Since(began)), nil
		}
		time.Sleep(time.Millisecond)
	}
	return 0, fmt.Errorf("no %s within 30 s", event)
}

// proportional is a process's share of memory (proc(5), smaps_rollup), MB.
func proportional(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // it has ended
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Pss:"); found {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64) // proc(5) writes a number
			return kb / 1000
		}
	}
	return 0
}
