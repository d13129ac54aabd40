package secret

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// A sealed value is version (1 byte), key id (4), nonce (24), ciphertext with tag.
const (
	sealVersion = 1
	headSize    = 1 + len(KeyID{})
	nonceSize   = chacha20poly1305.NonceSizeX // random nonces of this size do not collide
)

var (
	// ErrKey means that the value was sealed with a key that is not in the keyring.
	ErrKey = errors.New("sealed with a master key that is not in the key file")
	// ErrSealed means that the value was changed, cut, or belongs elsewhere.
	ErrSealed = errors.New("sealed value is damaged or belongs to another row")
)

// Where binds a sealed value to its place: moved to another tenant, row or
// column it does not open.
type Where struct {
	Tenant string // tenant id; empty for the installation's own values
	Row    string // primary key, without the tenant
	Column string // table.column
}

// bytes is unambiguous: each part is preceded by its length.
func (w Where) bytes() []byte {
	var out []byte
	for _, part := range []string{w.Tenant, w.Row, w.Column} {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// Seal encrypts plain for one place with the newest key (XChaCha20-Poly1305).
func (k *Keyring) Seal(plain []byte, where Where) ([]byte, error) {
	key := k.keys[0]
	aead, err := chacha20poly1305.NewX(key.seal)
	if err != nil {
		return nil, fmt.Errorf("prepare the cipher: %w", err)
	}
	out := make([]byte, headSize+nonceSize, headSize+nonceSize+len(plain)+aead.Overhead())
	out[0] = sealVersion
	copy(out[1:], key.id[:])
	nonce := out[headSize:]
	rand.Read(nonce) //nolint:errcheck // it never returns an error (crypto/rand, Go 1.24)
	return aead.Seal(out, nonce, plain, where.bytes()), nil
}

// Open decrypts what Seal made for the same place. Returns ErrKey or ErrSealed.
func (k *Keyring) Open(sealed []byte, where Where) ([]byte, error) {
	if len(sealed) < headSize+nonceSize || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	key, ok := k.find(KeyID(sealed[1:headSize]))
	if !ok {
		return nil, ErrKey
	}
	aead, err := chacha20poly1305.NewX(key.seal)
	if err != nil {
		return nil, fmt.Errorf("prepare the cipher: %w", err)
	}
	plain, err := aead.Open(nil, sealed[headSize:headSize+nonceSize], sealed[headSize+nonceSize:], where.bytes())
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Stale reports whether a sealed value should be sealed anew, because a newer
// key is in force.
func (k *Keyring) Stale(sealed []byte) bool {
	return len(sealed) < headSize || KeyID(sealed[1:headSize]) != k.keys[0].id
}

func (k *Keyring) find(id KeyID) (masterKey, bool) {
	for _, key := range k.keys {
		if key.id == id {
			return key, true
		}
	}
	return masterKey{}, false
}
