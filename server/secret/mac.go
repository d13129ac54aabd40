package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
)

// MAC hashes tokens of one purpose ("api key", "refresh token") with keys that
// the database does not hold: a stolen table does not reveal which token fits.
// Safe for concurrent use.
type MAC struct{ keys [][]byte }

// MAC derives the hash of one purpose; different purposes never agree.
func (k *Keyring) MAC(purpose string) (*MAC, error) {
	if purpose == "" {
		return nil, errors.New("a MAC needs a purpose")
	}
	var m MAC
	for _, key := range k.keys {
		sub, err := derive(key.root, "mac/"+purpose)
		if err != nil {
			return nil, err
		}
		m.keys = append(m.keys, sub)
	}
	return &m, nil
}

// Sum is the HMAC-SHA-256 to store for a token, under the newest key; 32 bytes.
func (m *MAC) Sum(token string) []byte { return sum(m.keys[0], token) }

// Candidates are the sums that may be stored for a token, newest key first:
// look up any of them (`where hash = any($1)`), so that a rotation does not
// sign everybody out.
func (m *MAC) Candidates(token string) [][]byte {
	all := make([][]byte, len(m.keys))
	for i, key := range m.keys {
		all[i] = sum(key, token)
	}
	return all
}

func sum(key []byte, token string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(token))
	return h.Sum(nil)
}
