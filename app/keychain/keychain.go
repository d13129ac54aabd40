// Package keychain keeps secrets: in the system's keychain where there is one,
// otherwise in an encrypted file.
package keychain

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/zalando/go-keyring"
)

// ErrNotFound is returned by Get for a secret that was never set.
var ErrNotFound = errors.New("no such secret")

// patience bounds one call to the system's keychain, which may ask the person
// to unlock it.
const patience = 3 * time.Second

// Config says where secrets go.
type Config struct {
	Dir string       // required; holds the install's name and, where it is used, the encrypted file
	Log *slog.Logger // required
	// FileOnly does not ask the system's keychain at all.
	FileOnly bool
}

// Keychain is a set of named secrets of one data folder. Its methods may be
// called concurrently.
type Keychain struct {
	file    *file
	service string // empty: the file is used
}

// Open finds out which kind of keychain works here; it may take a few seconds
// where the system has one that does not answer.
func Open(ctx context.Context, cfg Config) (*Keychain, error) {
	if cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("keychain: Dir and Log are required")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the keychain's folder: %w", err)
	}
	k := &Keychain{file: &file{dir: cfg.Dir}}
	if cfg.FileOnly || !hasSystemKeychain() {
		return k, nil
	}
	install, err := installName(filepath.Join(cfg.Dir, "install"))
	if err != nil {
		return nil, err
	}
	service := "nexusai-" + install
	probe := func() error {
		if err := keyring.Set(service, "probe", install); err != nil {
			return err
		}
		return keyring.Delete(service, "probe")
	}
	if err := within(ctx, probe); err != nil {
		cfg.Log.InfoContext(ctx, "system keychain not used", "err", err)
		return k, nil
	}
	k.service = service
	return k, nil
}

// Kind is "system" or "file", for the diagnostics.
func (k *Keychain) Kind() string {
	if k.service != "" {
		return "system"
	}
	return "file"
}

// Get returns a secret, or ErrNotFound. A secret written while the system's
// keychain was away is found in the file.
func (k *Keychain) Get(ctx context.Context, name string) (string, error) {
	if k.service != "" {
		var value string
		err := within(ctx, func() (err error) {
			value, err = keyring.Get(k.service, name)
			return err
		})
		if err == nil {
			return value, nil
		}
		if !errors.Is(err, keyring.ErrNotFound) {
			return "", fmt.Errorf("ask the system's keychain: %w", err)
		}
	}
	return k.file.get(name)
}

// Set stores a secret; when it returns nil the secret survives a crash.
func (k *Keychain) Set(ctx context.Context, name, value string) error {
	if k.service == "" {
		return k.file.set(name, value)
	}
	if err := within(ctx, func() error { return keyring.Set(k.service, name, value) }); err != nil {
		return fmt.Errorf("write to the system's keychain: %w", err)
	}
	return k.file.remove(name)
}

// Delete forgets a secret; one that is not there is fine.
func (k *Keychain) Delete(ctx context.Context, name string) error {
	err := k.file.remove(name)
	if k.service == "" {
		return err
	}
	gone := within(ctx, func() error { return keyring.Delete(k.service, name) })
	if errors.Is(gone, keyring.ErrNotFound) {
		gone = nil
	}
	return errors.Join(err, gone)
}

// within gives up on fn after a while; the keychain's own call has no deadline,
// so its goroutine ends whenever that does.
func within(ctx context.Context, fn func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the keychain does not answer: %w", ctx.Err())
	}
}

// installName keeps two data folders of one person apart.
func installName(path string) (string, error) {
	if name, err := os.ReadFile(path); err == nil && len(name) == 16 {
		return string(name), nil
	}
	raw := make([]byte, 8)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make an install name: %w", err)
	}
	name := hex.EncodeToString(raw)
	return name, writeWhole(path, []byte(name))
}
