package identity

import (
	"crypto/rand"
	"hash/crc32"
	"strings"
)

// An API key is nxs_<env>_<43 random characters><6 of checksum>, all base62: 256
// bits, and a typing error is found without asking the database.
const (
	keyPrefix   = "nxs_"
	keyRandom   = 43
	keyChecksum = 6
	keyShown    = 6 // random characters kept in the clear, to recognise a key by
	lowercase   = "0123456789abcdefghijklmnopqrstuvwxyz"
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// isKeyEnv says whether a text may stand between prefix and secret.
func isKeyEnv(env string) bool {
	return env != "" && len(env) <= 16 && strings.Trim(env, lowercase) == ""
}

func newAPIKey(env string) string {
	text := keyPrefix + env + "_" + randomBase62(keyRandom)
	return text + checksum(text)
}

// isAPIKey checks the form and the checksum, not whether such a key exists.
func isAPIKey(key string) bool {
	env, rest, found := strings.Cut(strings.TrimPrefix(key, keyPrefix), "_")
	if !strings.HasPrefix(key, keyPrefix) || !found || !isKeyEnv(env) || len(rest) != keyRandom+keyChecksum {
		return false
	}
	end := len(key) - keyChecksum
	return strings.Trim(rest, base62) == "" && checksum(key[:end]) == key[end:]
}

// shownPrefix is what may be kept and listed of a key.
func shownPrefix(key string) string {
	return key[:strings.LastIndexByte(key, '_')+1+keyShown]
}

func checksum(text string) string {
	n := crc32.ChecksumIEEE([]byte(text))
	out := make([]byte, keyChecksum) // 62^6 > 2^32
	for i := keyChecksum - 1; i >= 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return string(out)
}

// randomBase62 throws away what would make some characters likelier.
func randomBase62(n int) string {
	out := make([]byte, 0, n)
	pool := make([]byte, 64)
	for len(out) < n {
		rand.Read(pool) //nolint:errcheck // it never returns an error (crypto/rand, Go 1.24)
		for _, b := range pool {
			if b < 62*4 && len(out) < n {
				out = append(out, base62[b%62])
			}
		}
	}
	return string(out)
}
