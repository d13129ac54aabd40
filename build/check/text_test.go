package check

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nexusai/backend/httpapi"
)

// leaks are things that must never be committed: private keys, provider keys,
// keys of ours and folders of somebody's machine.
var leaks = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY|sk-[A-Za-z0-9]{32,}|nxs_(live|test)_[A-Za-z0-9]{40,}|/home/[a-z]+/|C:\\Users\\`)

// tracked lists the files git knows.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}

func TestNothingPrivateIsTracked(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || bytes.IndexByte(text, 0) >= 0 || strings.HasSuffix(name, "text_test.go") {
			continue // removed in the working tree, or binary
		}
		if found := leaks.Find(text); found != nil {
			t.Errorf("%s holds %.20q…", name, found)
		}
	}
}

func TestNoLargeFileIsTracked(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if info, err := os.Stat(filepath.Join(root, name)); err == nil && info.Size() > 1_500_000 {
			t.Errorf("%s: %d bytes; data belongs where it can be fetched or generated", name, info.Size())
		}
	}
}

func TestOpenAPIDocumentIsFresh(t *testing.T) {
	t.Parallel()
	want, err := httpapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "frontend/src/api/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
		t.Error("frontend/src/api/openapi.json is stale: run `make gen` and commit")
	}
}
