package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlagsOverEnvironmentOverFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nexusd.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:1\nlog_level: warn\npublic_url: https://file.example.com\nwarm: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"NEXUS_CONFIG=" + file, "NEXUS_LOG_LEVEL=debug", "NEXUS_PUBLIC_URL=https://env.example.com", "NEXUS_DATABASE_URL=postgres://nexus_app:hunter2@db.example.com:5432/nexus?sslmode=require", "NEXUS_S3_SECRET=hunter2"}
	s, err := readSettings([]string{"--log-level", "error"}, env, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]value{
		"log_level": {"error", "flag --log-level"}, "public_url": {"https://env.example.com", "environment NEXUS_PUBLIC_URL"},
		"listen": {"127.0.0.1:1", "file " + file}, "data": {".data/server", "usual"},
	} {
		if s[name] != want {
			t.Errorf("%s is %+v, want %+v", name, s[name], want)
		}
	}
	if !s.is("warm") || s.is("fetch_models") != true {
		t.Error("booleans are misread")
	}
	var shown strings.Builder
	if err := s.print(&shown); err != nil {
		t.Fatal(err)
	}
	if text := shown.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "db.example.com") || !strings.Contains(text, "environment NEXUS_DATABASE_URL") {
		t.Errorf("shown:\n%s", text)
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nope: 1\n":                     `line 1: no setting is called "nope"`,
		"listen: [a]\n":                 "line 1: listen is a single value",
		"warm: maybe\n":                 "warm (file ",
		"model_source: moon\n":          "model_source (file ",
		"log_level: loud\n":             "log_level (file ",
		"s3_endpoint: s3.example.com\n": "NEXUS_S3_BUCKET",
		"proxies: x\n":                  "proxies (file ",
		"listen: [\n":                   "yaml",
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readSettings([]string{"--config", file}, nil, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("listen: x\nwarm: true"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = readFile(file)
	})
}
