package doctor

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"nexusai/backend/llamacpp"
)

// Machine describes what MachineChecks looks at.
type Machine struct {
	Dir   string          // where data is kept, for free disk space
	Store *llamacpp.Store // engine and models
	Ports []int           // that somebody wants to listen on
}

// The least that building and running needs.
const (
	wantDisk   = 6 << 30 // bytes: engine build, models, packages of both languages
	wantMemory = 4 << 30 // bytes: compiling, then the larger starter model
)

// MachineChecks looks at tools, web view, display, disk, memory, ports, engine
// and models.
func MachineChecks(m Machine) []Check {
	checks := []Check{
		tool("git", "--version", 2, "Install Git with your system's package manager."),
		tool("go", "version", 1.26, "Install Go 1.26 or newer from https://go.dev/dl."),
		tool("node", "--version", 20.19, "Install Node 20.19 or newer from https://nodejs.org."),
		tool("npm", "--version", 10, "npm comes with Node 20 from https://nodejs.org."),
		{"web view", webView}, {"display", display}, {"user", whoRuns},
		{"disk", func(context.Context) Finding { return disk(m.Dir) }},
		{"memory", memory},
	}
	for _, port := range m.Ports {
		checks = append(checks, Check{"port " + strconv.Itoa(port), func(ctx context.Context) Finding { return freePort(ctx, port) }})
	}
	if m.Store == nil {
		return checks
	}
	checks = append(checks, Check{"engine", func(context.Context) Finding { return engine(m.Store) }})
	for _, model := range llamacpp.Catalogue() {
		checks = append(checks, Check{model.Title, func(context.Context) Finding { return modelFile(m.Store, model) }})
	}
	return checks
}

var versionNumber = regexp.MustCompile(`(\d+)\.(\d+)(?:\.\d+)?`)

// tool asks a program for its version and compares major.minor with want,
// whose two decimals are the minor version.
func tool(name, flag string, want float64, next string) Check {
	return Check{name, func(ctx context.Context) Finding {
		out, err := exec.CommandContext(ctx, name, flag).Output()
		if err != nil {
			return Finding{Finding: "not found", Next: next}
		}
		v := versionNumber.FindStringSubmatch(string(out))
		if v == nil {
			return Finding{Finding: "says no version", Next: next}
		}
		if !atLeast(v[1], v[2], want) {
			return Finding{Finding: v[0] + " is too old", Next: next}
		}
		return Finding{Finding: v[0], OK: true}
	}}
}

func atLeast(major, minor string, want float64) bool {
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	wantMajor := int(want)
	wantMinor := int(want*100+0.5) - 100*wantMajor
	return err1 == nil && err2 == nil && (a > wantMajor || a == wantMajor && b >= wantMinor)
}

// webView asks for the library that the window is linked with.
func webView(ctx context.Context) Finding {
	if runtime.GOOS != "linux" {
		return Finding{Finding: "part of the system", OK: true}
	}
	out, err := exec.CommandContext(ctx, "pkg-config", "--modversion", "webkit2gtk-4.1").Output()
	if err != nil {
		return Finding{Finding: "WebKitGTK 4.1 for building is missing", Next: "make setup installs libwebkit2gtk-4.1-dev and libgtk-3-dev."}
	}
	return Finding{Finding: "WebKitGTK " + strings.TrimSpace(string(out)), OK: true}
}

func display(context.Context) Finding {
	if runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return Finding{Finding: "there is one", OK: true}
	}
	return Finding{Finding: "none: the pages open in a browser instead of a window", OK: true}
}

func whoRuns(context.Context) Finding {
	if os.Geteuid() == 0 {
		return Finding{Finding: "root: the database runs as a system user instead", OK: true}
	}
	return Finding{Finding: "an ordinary user", OK: true}
}

func disk(dir string) Finding {
	free, err := llamacpp.FreeBytes(dir)
	if err != nil {
		return Finding{Finding: "free space unknown", OK: true}
	}
	if free < wantDisk {
		return Finding{Finding: fmt.Sprintf("%.1f GB free", gb(free)),
			Next: fmt.Sprintf("Free some: a first run needs %.0f GB, later ones 1 GB.", gb(wantDisk))}
	}
	return Finding{Finding: fmt.Sprintf("%.0f GB free", gb(free)), OK: true}
}

func memory(context.Context) Finding {
	have, known := llamacpp.AvailableMemory()
	switch {
	case !known:
		return Finding{Finding: "unknown on this system", OK: true}
	case have < wantMemory:
		return Finding{Finding: fmt.Sprintf("%.1f GB available", gb(have)),
			Next: fmt.Sprintf("Close other programs: %.0f GB are wanted; with less, the smaller model is used.", gb(wantMemory))}
	}
	return Finding{Finding: fmt.Sprintf("%.0f GB available", gb(have)), OK: true}
}

func freePort(ctx context.Context, port int) Finding {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return Finding{Finding: "taken, the next free one will be used", OK: true}
	}
	l.Close()
	return Finding{Finding: "free", OK: true}
}

func engine(s *llamacpp.Store) Finding {
	if s.Installed() {
		return Finding{Finding: "llama.cpp server is built", OK: true}
	}
	b, building := s.Building()
	switch {
	case building:
		return Finding{Finding: fmt.Sprintf("being built, %d of %d", b.Done, b.Total), OK: true}
	case b.Failed != "":
		return Finding{Finding: "the build failed: " + b.Failed, Next: "build/setup/engine.sh shows why."}
	}
	return Finding{Finding: "not built", Next: "make setup builds it, in 5 to 10 minutes."}
}

// modelFile is never a fault: one chat model is enough, and a missing one is fetched.
func modelFile(s *llamacpp.Store, m llamacpp.Model) Finding {
	if s.Have(m.ID) {
		return Finding{Finding: "here and verified", OK: true}
	}
	return Finding{Finding: fmt.Sprintf("not here; %.1f GB are fetched when it is first needed", gb(m.Size())), OK: true}
}

func gb(bytes int64) float64 { return float64(bytes) / (1 << 30) }
