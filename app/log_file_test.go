package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogTurnsOverAndKeepsTheLastFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log", "app.log")
	l, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(strings.Repeat("x", 1<<20-1) + "\n")
	for range 30 {
		if n, err := l.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != logKept+1 {
		t.Errorf("files %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Size() > logSize || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v bytes, %v, %v", f, info.Size(), info.Mode(), err)
		}
	}
}

func TestLoginFileMustBePrivate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		mode os.FileMode
		fine bool
	}{
		"private":      {`{"email":"ana@acme.test","password":"x"}`, 0o600, true},
		"readable":     {`{"email":"ana@acme.test","password":"x"}`, 0o644, isWindows},
		"not json":     {`email=ana`, 0o600, false},
		"half of it":   {`{"email":"ana@acme.test"}`, 0o600, false},
		"wrong types":  {`{"email":1,"password":2}`, 0o600, false},
		"empty object": {`{}`, 0o600, false},
	} {
		path := filepath.Join(t.TempDir(), "login.json")
		if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := readLogin(path); (err == nil) != tt.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
