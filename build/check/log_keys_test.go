package check

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var keyShape = regexp.MustCompile(`^[a-z_]+$`)

var logCall = regexp.MustCompile(`^(Debug|Info|Warn|Error)(Context)?$`)

// TestLogKeysAreListed holds the keys of every log call against the list in
// the README, so that one fact has one name in every log.
func TestLogKeysAreListed(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "### Log keys")
	if !found {
		t.Fatal("README.md has no section \"Log keys\"")
	}
	listed := strings.Fields(strings.Split(section, "`")[1])
	seen := 0
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for _, key := range logKeys(call) {
				seen++
				if !slices.Contains(listed, key) {
					t.Errorf("%s: log key %q is not in the README's list", s.set.Position(call.Pos()), key)
				}
			}
			return true
		})
	}
	if seen < 50 {
		t.Errorf("only %d log keys were found: this test looks at the wrong thing", seen)
	}
}

// logKeys are the literal keys of a call to a slog.Logger, nil for other calls.
func logKeys(call *ast.CallExpr) []string {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !logCall.MatchString(method.Sel.Name) {
		return nil
	}
	first := 1 // after the message
	if strings.HasSuffix(method.Sel.Name, "Context") {
		first = 2
	}
	var keys []string
	for i := first; i+1 < len(call.Args); i += 2 {
		literal, ok := call.Args[i].(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return keys // slog.Attr or a spread: not pairs
		}
		key, err := strconv.Unquote(literal.Value)
		if err != nil || !keyShape.MatchString(key) {
			return keys // another kind of Error function
		}
		keys = append(keys, key)
	}
	return keys
}
