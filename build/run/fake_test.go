package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests run this test binary as nexusd, nexusctl and nexusai: wrappers in
// bin/ say which one it is.

const fakeVariable = "NEXUS_FAKE_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(fakeVariable) {
	case "nexusd":
		os.Exit(fakeServer())
	case "nexusctl":
		os.Exit(fakeCtl())
	case "nexusai":
		os.Exit(fakeApp())
	}
	os.Exit(m.Run())
}

func argument(name string) string {
	for i, a := range os.Args[:len(os.Args)-1] {
		if a == name {
			return os.Args[i+1]
		}
	}
	return ""
}

// until waits for TERM, as a well-behaved program does.
func until() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}

// fakeServer answers what the runner asks. A folder "broken" beside its data
// makes it end at once.
func fakeServer() int {
	data := argument("--data")
	if _, err := os.Stat(filepath.Join(filepath.Dir(data), "broken")); err == nil {
		fmt.Println("no PostgreSQL with pgvector was found")
		return 1
	}
	l, err := net.Listen("tcp", argument("--listen"))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	_ = os.MkdirAll(data, 0o700)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/auth/login", func(w http.ResponseWriter, r *http.Request) {
		var got, want owner
		_ = json.NewDecoder(r.Body).Decode(&got)
		if readJSON(filepath.Join(data, "tenant.json"), &want) != nil || got != want {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	fmt.Println("listening on http://" + l.Addr().String())
	go func() { _ = http.Serve(l, mux) }() //nolint:gosec // a test's own
	until()
	return 0
}

// fakeCtl keeps the one tenant in a file and prints links.
func fakeCtl() int {
	if argument("link") == "create" {
		fmt.Println("http://127.0.0.1:1/console/#token=abc")
		return 0
	}
	password, _ := io.ReadAll(os.Stdin)
	text, _ := json.Marshal(owner{Email: argument("--owner"), Password: strings.TrimSpace(string(password))})
	file := filepath.Join(argument("--data"), "tenant.json")
	if _, err := os.Stat(file); err == nil {
		fmt.Fprintln(os.Stderr, "there is such a team already")
		return 1
	}
	_ = os.WriteFile(file, text, 0o600)
	return 0
}

// fakeApp prints a link and serves it.
func fakeApp() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	go func() { _ = http.Serve(l, http.NotFoundHandler()) }() //nolint:gosec // a test's own
	fmt.Println("open http://" + l.Addr().String() + "/#token=abc")
	until()
	return 0
}

// checkout is a folder with fake programs, which the test works in.
func checkout(t *testing.T) *runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	t.Setenv("NEXUS_CACHE", t.TempDir())
	if err := os.MkdirAll("bin", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		script := fmt.Sprintf("#!/bin/sh\n%s=%s exec '%s' \"$@\"\n", fakeVariable, filepath.Base(p), self)
		if err := os.WriteFile(p, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r, err := newRunner(options{data: "data", port: freePort(t), browser: true}, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(r.data, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.family.stopAll(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// waitFor polls until something is so.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
