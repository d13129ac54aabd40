package keychain_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/zalando/go-keyring"

	"nexusai/app/keychain"
)

func open(t *testing.T, dir string, fileOnly bool) *keychain.Keychain {
	t.Helper()
	k, err := keychain.Open(t.Context(), keychain.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), FileOnly: fileOnly})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// exercise is what every kind of keychain promises.
func exercise(t *testing.T, dir string, fileOnly bool) {
	t.Helper()
	k := open(t, dir, fileOnly)
	if _, err := k.Get(t.Context(), "token"); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("an unknown secret: %v", err)
	}
	for _, value := range []string{"first", "second-s3cret"} {
		if err := k.Set(t.Context(), "token", value); err != nil {
			t.Fatal(err)
		}
		if got, err := open(t, dir, fileOnly).Get(t.Context(), "token"); err != nil || got != value {
			t.Errorf("after a restart %q, %v; want %q", got, err, value)
		}
	}
	for range 2 {
		if err := k.Delete(t.Context(), "token"); err != nil {
			t.Error(err)
		}
	}
	if _, err := k.Get(t.Context(), "token"); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("a deleted secret: %v", err)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	exercise(t, dir, true)
	k := open(t, dir, true)
	if err := k.Set(t.Context(), "token", "second-s3cret"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || bytes.Contains(content, []byte("s3cret")) {
			t.Errorf("%s holds the secret in the clear, %v", e.Name(), err)
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestDamagedFileIsAnErrorAndCanBeReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := open(t, dir, true)
	if err := k.Set(t.Context(), "token", "x"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets.sealed"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), "token"); err == nil || errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("a damaged file reads as %v", err)
	}
	if err := k.Set(t.Context(), "token", "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(t.Context(), "token"); err != nil || got != "new" {
		t.Errorf("%q, %v", got, err)
	}
}

// Not parallel: the library's stand-in and the environment are process-wide.
func TestSystem(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	keyring.MockInit()
	dir := t.TempDir()
	exercise(t, dir, false)
	if kind := open(t, dir, false).Kind(); kind != "system" {
		t.Errorf("kind %q", kind)
	}
	keyring.MockInitWithError(errors.New("locked"))
	if kind := open(t, t.TempDir(), false).Kind(); kind != "file" {
		t.Errorf("with a keychain that refuses, kind %q", kind)
	}
}
