// Package check holds the tests about the tree itself: who may import whom,
// what may be called what, and that generated files are fresh.
//
// Run it with -count=1: the test cache does not see what `go list` reads.
package check

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which other top folders a top folder may import. build is not part
// of the product and may use anything.
var may = map[string][]string{
	"": {"app"}, "app": {"backend", "sync", "frontend"}, "server": {"backend", "sync", "frontend"},
}

// top splits "nexusai/sync/wire" into "sync", true.
func top(path string) (folder string, ours bool) {
	rest, ours := strings.CutPrefix(path, "nexusai")
	if !ours || rest != "" && rest[0] != '/' {
		return "", false
	}
	folder, _, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	return folder, true
}

// goList prints one line a package: its path, then what it imports, tests
// included.
func goList(t *testing.T, goos, tags string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-tags", tags, "-f",
		`{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} {{.}}{{end}}{{range .XTestImports}} {{.}}{{end}}`, "nexusai/...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v", goos, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestImportDirection(t *testing.T) {
	t.Parallel()
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, tags := range []string{"", "integration", "desktop,production,webkit2_41", "window"} {
			for _, line := range goList(t, goos, tags) {
				checkImports(t, goos, strings.Fields(line))
			}
		}
	}
}

func checkImports(t *testing.T, goos string, pkg []string) {
	t.Helper()
	from, _ := top(pkg[0])
	if from == "build" {
		return
	}
	for _, dep := range pkg[1:] {
		if to, ours := top(dep); ours && from != to && !slices.Contains(may[from], to) {
			t.Errorf("%s: %s must not import %s", goos, pkg[0], dep)
		}
	}
}

func TestEntityImportsNothingOfOurs(t *testing.T) {
	t.Parallel()
	found := false
	for _, line := range goList(t, "linux", "") {
		pkg := strings.Fields(line)
		if pkg[0] != "nexusai/sync/entity" {
			continue
		}
		found = true
		for _, dep := range pkg[1:] {
			if _, ours := top(dep); ours && dep != pkg[0] {
				t.Errorf("sync/entity must not import %s", dep)
			}
		}
	}
	if !found {
		t.Error("sync/entity is gone: this test checks nothing")
	}
}
