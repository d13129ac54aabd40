package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script runs a set-up script with stubs of other programs before the real
// ones; a stub is a line of shell.
func script(t *testing.T, stubs map[string]string, cache, name string, args ...string) (output string, ok bool) {
	t.Helper()
	dir := t.TempDir()
	for name, body := range stubs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/bash\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", "setup", name), args...)
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "NEXUS_CACHE="+cache)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func TestSetupSentences(t *testing.T) {
	t.Parallel()
	const nothingInstalled = "exit 1"
	for name, c := range map[string]struct {
		stubs  map[string]string
		script string
		args   []string
		want   string
	}{
		"old Node": {map[string]string{"node": "echo v12.22.9"}, "tools.sh", nil,
			"Node 12.22.9 is too old: install Node 20.19, 22.12 or newer"},
		"Node of the right year": {map[string]string{"node": "echo v20.18.3"}, "tools.sh", nil,
			"Node 20.18.3 is too old: install Node 20.19"},
		"Node between the years": {map[string]string{"node": "echo v21.7.0"}, "tools.sh", nil,
			"Node 21.7.0 is too old: install Node 20.19"},
		"broken Node": {map[string]string{"node": "exit 127"}, "tools.sh", nil,
			"install Node 20.19"},
		"old Go": {map[string]string{"go": "echo go1.22.1"}, "tools.sh", nil,
			"Go 1.22.1 is too old: install Go 1.26 or newer"},
		"old Go that cannot fetch a newer one": {map[string]string{"go": `[ "$GOTOOLCHAIN" = local ] && echo go1.22.1`}, "starter.sh", nil,
			"Go 1.22.1 is too old: install Go 1.26 or newer"},
		"no network for Go": {map[string]string{"go": `[ "$1" = env ] && echo go1.26.0 || { echo "dial tcp: lookup example.test: no such host"; exit 1; }`}, "starter.sh", nil,
			"Go modules could not be fetched: check the network connection"},
		"no network for npm": {nil, "online.sh", []string{"npm packages", "sh", "-c", "echo npm error code EAI_AGAIN; exit 1"},
			"npm packages could not be fetched: check the network connection"},
		"disk full": {nil, "online.sh", []string{"npm packages", "sh", "-c", "echo npm error code ENOSPC; exit 1"},
			"the disk is full: free some"},
		"anything else is shown as it is": {nil, "online.sh", []string{"npm packages", "sh", "-c", "echo syntax error; exit 3"},
			"syntax error"},
		"not root": {map[string]string{"dpkg-query": nothingInstalled, "id": "echo 1000", "apt-get": "exit 99"}, "packages.sh", []string{"build"},
			"sudo apt-get update && sudo apt-get install -y --no-install-recommends build-essential pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev"},
		"no network for packages": {map[string]string{"dpkg-query": nothingInstalled, "id": "echo 0", "apt-get": "[ $1 = update ] || { echo E: Failed to fetch; exit 100; }"}, "packages.sh", []string{"build"},
			"check the network connection"},
		"no network for the engine": {map[string]string{"python3": `case $* in *version*) exit 0 ;; *) exit 1 ;; esac`, "cmake": "exit 0", "ninja": "exit 0", "g++": "exit 0"}, "engine.sh", nil,
			"check the network connection"},
		"low disk": {map[string]string{"df": "echo h; echo x x x 100 x x"}, "engine.sh", nil,
			"1500 MB of free disk are needed"},
		"a group that is not there": {nil, "packages.sh", []string{"nonsense"}, "there is no group nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, ok := script(t, c.stubs, t.TempDir(), c.script, c.args...)
			if ok || !strings.Contains(out, c.want) {
				t.Errorf("ok %v, said %q, want %q in it", ok, out, c.want)
			}
		})
	}
}

func TestPackagesSayWhyAndAskOnlyForWhatIsMissing(t *testing.T) {
	t.Parallel()
	calls := filepath.Join(t.TempDir(), "calls")
	stubs := map[string]string{
		"id":         "echo 0",
		"apt-get":    fmt.Sprintf("echo \"$*\" >>'%s'", calls),
		"dpkg-query": `[ "${@: -1}" = pkg-config ] || echo -n installed`,
	}
	out, ok := script(t, stubs, t.TempDir(), "packages.sh", "build")
	asked, _ := os.ReadFile(calls)
	if !ok || !strings.Contains(out, "needed to compile the desktop window: pkg-config\n") || !strings.Contains(string(asked), "install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 pkg-config\n") {
		t.Errorf("said %q, asked apt for %q", out, asked)
	}
}

// engineStubs stand for a compiler: two steps, then a binary.
func engineStubs() map[string]string {
	return map[string]string{
		"sha256sum": "cat >/dev/null; echo 0123456789abcdef", // the archive is not the real one
		"python3":   "exit 0",
		"cmake":     "exit 0",
		"g++":       "exit 0",
		"ninja":     `while [ $1 != -C ]; do shift; done; mkdir -p $2/bin; echo "[1/2] a"; echo "[2/2] Linking llama-server"; echo real >$2/bin/llama-server; chmod +x $2/bin/llama-server`,
		"strip":     `cp "$3" "$2"; chmod +x "$2"`,
	}
}

// engineArchive puts something like the pinned source where the script keeps it.
func engineArchive(t *testing.T, cache string) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "llama_cpp_python-0.3.36", "vendor", "llama.cpp")
	for _, dir := range []string{source, filepath.Join(cache, "dl")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(source, "CMakeLists.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	top := filepath.Dir(filepath.Dir(filepath.Dir(source)))
	out, err := exec.CommandContext(t.Context(), "tar", "-czf", filepath.Join(cache, "dl", "llama_cpp_python-0.3.36.tar.gz"), "-C", top, "llama_cpp_python-0.3.36").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestEngineIsBuiltOnceWithProgress(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	engineArchive(t, cache)
	out, ok := script(t, engineStubs(), cache, "engine.sh")
	if !ok || !strings.Contains(out, "progress engine 0 206\n") || !strings.Contains(out, "progress engine 2 2\n") {
		t.Fatalf("ok %v, said %q", ok, out)
	}
	if _, err := os.Stat(filepath.Join(cache, "engine.progress")); err == nil {
		t.Error("progress is still shown although the engine is built")
	}
	stubs := engineStubs()
	stubs["ninja"] = "exit 1"
	if out, ok = script(t, stubs, cache, "engine.sh"); !ok || strings.Contains(out, "progress") {
		t.Errorf("the second time: ok %v, said %q", ok, out)
	}
}

func TestEngineThatDoesNotCompileLeavesAReason(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	engineArchive(t, cache)
	stubs := engineStubs()
	stubs["ninja"] = `echo "[1/2] a"; echo "error: no such header"; exit 1`
	out, ok := script(t, stubs, cache, "engine.sh")
	if ok || !strings.Contains(out, "no such header") {
		t.Errorf("ok %v, said %q", ok, out)
	}
	reason, err := os.ReadFile(filepath.Join(cache, "engine.progress"))
	if err != nil || !strings.HasPrefix(string(reason), "failed ") || !strings.Contains(string(reason), "did not compile") {
		t.Errorf("left %q, %v", reason, err)
	}
	if _, err := os.Stat(filepath.Join(cache, "bin", "llama-server")); err == nil {
		t.Error("a binary was installed")
	}
	if out, ok = script(t, engineStubs(), cache, "engine.sh"); !ok {
		t.Errorf("the next try: %q", out)
	}
}
