// Package secret keeps secrets out of the database's reach: it seals stored
// values and derives the keys that tokens are hashed with, from a master key in
// a file that no backup contains.
package secret

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const keySize = 32 // bytes of every key, master and derived

// KeyID names a master key in a sealed value without revealing it.
type KeyID [4]byte

// Keyring is the master keys in force: the first seals, all of them open.
// It never changes after Load and is safe for concurrent use.
type Keyring struct{ keys []masterKey }

type masterKey struct {
	id   KeyID
	seal []byte // derived, for Seal and Open
	root []byte // the master key itself, for MAC
}

// Config says where the master keys are.
type Config struct {
	File string // NEXUS_MASTER_KEY_FILE; it must exist. Empty: Dir/secret/master.key, made when absent
	Dir  string // the server's data folder; required when File is empty
}

// Load reads the keyring: one base64 key of 32 bytes a line, the newest first;
// empty lines and lines that begin with # are skipped. It refuses a file that
// others may read.
func Load(cfg Config) (*Keyring, error) {
	if cfg.File != "" {
		return read(cfg.File)
	}
	if cfg.Dir == "" {
		return nil, errors.New("secret.Config needs File or Dir")
	}
	path := filepath.Join(cfg.Dir, "secret", "master.key")
	k, err := read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the master key: %w", err)
	}
	return read(path) // another process may have been first: then its key counts
}

func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	text := "# NexusAI master key. Keep it apart from backups: without it sealed values are lost.\n" + newLine()
	return writeOnce(path, text)
}

func newLine() string {
	key := make([]byte, keySize)
	rand.Read(key) //nolint:errcheck // it never returns an error (crypto/rand, Go 1.24)
	return base64.StdEncoding.EncodeToString(key) + "\n"
}

// writeOnce makes path with text whole or not at all, and never replaces it.
func writeOnce(path, text string) error {
	tmp := path + "." + rand.Text()
	defer os.Remove(tmp)
	if err := writeSynced(tmp, text); err != nil {
		return err
	}
	return os.Link(tmp, path)
}

func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// Rotate puts a new key on top of the file: from the next Load on it seals, and
// the old keys only open. Values are sealed anew when they are next written.
func Rotate(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the master key: %w", err)
	}
	if _, err := parse(old); err != nil {
		return err
	}
	tmp := path + "." + rand.Text()
	defer os.Remove(tmp)
	if err := writeSynced(tmp, newLine()+string(old)); err != nil {
		return fmt.Errorf("write the new master key: %w", err)
	}
	return os.Rename(tmp, path)
}

func read(path string) (*Keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("find the master key: %w", err)
	}
	if loose := info.Mode().Perm() & 0o077; loose != 0 {
		return nil, fmt.Errorf("the master key %s can be read by others (mode %04o): run `chmod 600 %s`", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	k, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

func parse(text []byte) (*Keyring, error) {
	var ring Keyring
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("line %d of the master key is not base64 of %d bytes", n, keySize)
		}
		key, err := newMasterKey(raw)
		if err != nil {
			return nil, err
		}
		ring.keys = append(ring.keys, key)
	}
	if len(ring.keys) == 0 {
		return nil, errors.New("the master key file holds no key")
	}
	return &ring, lines.Err()
}

func newMasterKey(root []byte) (masterKey, error) {
	seal, err := derive(root, "seal")
	if err != nil {
		return masterKey{}, err
	}
	named, err := derive(root, "key id")
	if err != nil {
		return masterKey{}, err
	}
	sum := sha256.Sum256(named)
	return masterKey{id: KeyID(sum[:4]), seal: seal, root: root}, nil
}

// derive makes an independent key for one purpose (RFC 5869).
func derive(root []byte, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, root, nil, "nexusai/"+purpose, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive the %s key: %w", purpose, err)
	}
	return key, nil
}
