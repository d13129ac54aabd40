package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the checkout.
const root = "../.."

// Ceilings of style.md: past them a file or function has a noun waiting to get
// out.
const (
	fileCeiling     = 700
	functionCeiling = 100
	fileMedian      = 200
)

var bannedPackages = []string{
	"util", "utils", "common", "helpers", "helper", "manager", "types", "models", "base", "misc",
	"sync", "errors", "context", "log", "http",
}

var snake = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*\.go$`)

type source struct {
	path  string
	lines int
	file  *ast.File
	set   *token.FileSet
}

// sources parses every Go file of ours.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{"node_modules", ".git", ".data", "bin", "testdata", "tools"}, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{path, strings.Count(string(text), "\n"), file, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		name := strings.TrimSuffix(s.file.Name.Name, "_test")
		if slices.Contains(bannedPackages, name) {
			t.Errorf("%s: package %s says nothing, or clashes with the standard library", s.path, name)
		}
		if !snake.MatchString(filepath.Base(s.path)) {
			t.Errorf("%s: file names are lower snake case", s.path)
		}
	}
}

func TestEveryPackageHasOneDoc(t *testing.T) {
	t.Parallel()
	docs := map[string][]string{}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.file.Name.Name, "_test") {
			continue
		}
		folder := filepath.Dir(s.path)
		if strings.HasSuffix(s.path, "_test.go") && s.file.Doc == nil {
			continue
		}
		seen[folder] = true
		if s.file.Doc != nil && strings.TrimSpace(s.file.Doc.Text()) != "" {
			docs[folder] = append(docs[folder], s.path)
		}
	}
	for folder := range seen {
		if n := len(docs[folder]); n != 1 {
			t.Errorf("%s: %d package docs, want one: %v", folder, n, docs[folder])
		}
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	t.Parallel()
	var sizes []int
	for _, s := range sources(t) {
		sizes = append(sizes, s.lines)
		if s.lines > fileCeiling {
			t.Errorf("%s: %d lines, over %d", s.path, s.lines, fileCeiling)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line; n > functionCeiling {
				t.Errorf("%s: %s has %d lines, over %d", s.path, f.Name.Name, n, functionCeiling)
			}
		}
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > fileMedian {
		t.Errorf("the median file has %d lines, over %d", median, fileMedian)
	}
}
