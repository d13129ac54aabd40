package keychain

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// file keeps secrets encrypted under a key that lies beside them with mode
// 0600. That protects a copy of one file alone and a glance over the shoulder,
// not against somebody who can read the whole folder: they have the key too.
type file struct {
	dir string
	mu  sync.Mutex // one reader or writer of the file at a time
}

const (
	keyName    = "key"
	sealedName = "secrets.sealed"
)

// associated binds the ciphertext to its purpose.
var associated = []byte("nexusai keychain 1")

func (f *file) get(name string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, err := f.read()
	if err != nil {
		return "", err
	}
	value, ok := all[name]
	if !ok {
		return "", ErrNotFound
	}
	return value, nil
}

func (f *file) set(name, value string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, err := f.read()
	if err != nil {
		// A file that no key opens holds nothing any more; signing in again is
		// the only way on, and it must not be barred.
		all = map[string]string{}
	}
	all[name] = value
	return f.write(all)
}

func (f *file) remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, err := f.read()
	if err != nil || all[name] == "" {
		return nil //nolint:nilerr // nothing can be read, so nothing is there to remove
	}
	delete(all, name)
	return f.write(all)
}

// read returns an empty set where there is no file.
func (f *file) read() (map[string]string, error) {
	sealed, err := os.ReadFile(filepath.Join(f.dir, sealedName))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	key, err := os.ReadFile(filepath.Join(f.dir, keyName))
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	return unseal(key, sealed)
}

func unseal(key, sealed []byte) (map[string]string, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("use the key: %w", err)
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("the secrets are cut off")
	}
	text, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], associated)
	if err != nil {
		return nil, fmt.Errorf("open the secrets: %w", err)
	}
	all := map[string]string{}
	if err := json.Unmarshal(text, &all); err != nil || all == nil {
		return nil, errors.New("the secrets are not a set")
	}
	return all, nil
}

func (f *file) write(all map[string]string) error {
	key, err := f.key()
	if err != nil {
		return err
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return fmt.Errorf("use the key: %w", err)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode the secrets: %w", err)
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("make a nonce: %w", err)
	}
	return writeWhole(filepath.Join(f.dir, sealedName), aead.Seal(nonce, nonce, text, associated))
}

// key reads the key, or makes one.
func (f *file) key() ([]byte, error) {
	path := filepath.Join(f.dir, keyName)
	if key, err := os.ReadFile(path); err == nil && len(key) == chacha20poly1305.KeySize {
		return key, nil
	}
	key := make([]byte, chacha20poly1305.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return key, writeWhole(path, key)
}

// writeWhole leaves the old content or the new one after any crash.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(f.Name()) // gone already after the rename
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
