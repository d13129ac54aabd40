package app

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startOfProcess is when the system started this process, which is before Go
// ran; fallback where it does not tell. Resolution is 10 ms.
func startOfProcess(fallback time.Time) time.Time {
	stat, err := os.ReadFile("/proc/self/stat")
	uptime, err2 := os.ReadFile("/proc/uptime")
	at := bytes.LastIndexByte(stat, ')')
	if err != nil || err2 != nil || at < 0 {
		return fallback
	}
	fields := strings.Fields(string(stat[at+1:])) // field 3 on, see proc(5)
	up, _, _ := strings.Cut(string(uptime), " ")
	if len(fields) < 20 {
		return fallback
	}
	ticks, err := strconv.ParseFloat(fields[19], 64)
	total, err2 := strconv.ParseFloat(up, 64)
	if err != nil || err2 != nil {
		return fallback
	}
	begun := time.Now().Add(-time.Duration((total - ticks/100) * float64(time.Second)))
	if begun.After(fallback) || fallback.Sub(begun) > 5*time.Second {
		return fallback
	}
	return begun
}

// memory is the proportional size of this process and of the web view's, which
// are its children, in MiB. The engine's processes are not the window's.
func memory() (mb float64, ok bool) {
	self := os.Getpid()
	total := pss(self)
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", self)) // no such file: only this process
	for _, task := range tasks {
		children, err := os.ReadFile(task)
		if err != nil {
			continue
		}
		for _, pid := range strings.Fields(string(children)) {
			name, _ := os.ReadFile("/proc/" + pid + "/comm")
			if n, err := strconv.Atoi(pid); err == nil && strings.HasPrefix(string(name), "WebKit") {
				total += pss(n)
			}
		}
	}
	return total / 1024, total > 0
}

// pss is in KiB; 0 where it is not told.
func pss(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err == nil {
				return kb
			}
		}
	}
	return 0
}
