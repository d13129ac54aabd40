package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"nexusai/server/secret"
)

// Every token says what it is by its first characters, so that a scanner finds
// one that leaked and none is taken for another.
const (
	accessPrefix  = "nxa_"
	refreshPrefix = "nxr_"
	linkPrefix    = "nxl_"
	ticketPrefix  = "nxt_"
)

var (
	errToken = errors.New("the token is not one of ours")
	b64      = base64.RawURLEncoding.Strict() // one spelling for each token
)

// access is what an access token says. It is signed, not stored; whether its
// session still exists is asked each time (subjects).
type access struct {
	tenant, session uuid.UUID
	cookie          bool // a bearer cannot be planted as a cookie, nor the reverse
	expires         time.Time
}

const accessSize = 16 + 16 + 1 + 8

func (a access) seal(m *secret.MAC) string {
	b := make([]byte, 0, accessSize)
	b = append(append(b, a.tenant[:]...), a.session[:]...)
	b = append(b, 0)
	if a.cookie {
		b[len(b)-1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(a.expires.Unix()))
	text := accessPrefix + b64.EncodeToString(b)
	return text + "." + b64.EncodeToString(m.Sum(text))
}

// openAccess verifies the signature; whether the time has come is the caller's
// to say.
func openAccess(m *secret.MAC, token string) (a access, err error) {
	b, err := openSigned(token, accessPrefix, accessSize, func(text string) [][]byte { return m.Candidates(text) })
	if err != nil {
		return a, err
	}
	a.tenant, a.session = uuid.UUID(b[:16]), uuid.UUID(b[16:32])
	a.cookie = b[32] == 1
	a.expires = time.Unix(int64(binary.BigEndian.Uint64(b[33:])), 0)
	return a, nil
}

// refresh is what a refresh token says. It follows from the session's seed and
// the master key, so the successor of one can be told again without being kept.
type refresh struct {
	tenant, session uuid.UUID
	generation      uint32
}

const refreshSize = 16 + 16 + 4

func (r refresh) seal(m *secret.MAC, seed []byte) string {
	b := make([]byte, 0, refreshSize)
	b = append(append(b, r.tenant[:]...), r.session[:]...)
	b = binary.BigEndian.AppendUint32(b, r.generation)
	text := refreshPrefix + b64.EncodeToString(b)
	return text + "." + b64.EncodeToString(m.Sum(text+"."+hex.EncodeToString(seed)))
}

// readRefresh says which session to look at; verify then needs its seed.
func readRefresh(token string) (r refresh, err error) {
	b, err := openSigned(token, refreshPrefix, refreshSize, nil)
	if err != nil {
		return r, err
	}
	return refresh{uuid.UUID(b[:16]), uuid.UUID(b[16:32]), binary.BigEndian.Uint32(b[32:])}, nil
}

func verifyRefresh(m *secret.MAC, token string, seed []byte) bool {
	_, err := openSigned(token, refreshPrefix, refreshSize, func(text string) [][]byte {
		return m.Candidates(text + "." + hex.EncodeToString(seed))
	})
	return err == nil
}

// openSigned cuts "prefix" + payload + "." + MAC apart and checks the MAC
// against any of sums; with nil sums it is not checked.
func openSigned(token, prefix string, size int, sums func(text string) [][]byte) ([]byte, error) {
	text, mac, found := strings.Cut(token, ".")
	encoded, ours := strings.CutPrefix(text, prefix)
	if !found || !ours || len(encoded) != b64.EncodedLen(size) {
		return nil, errToken
	}
	payload, err := b64.DecodeString(encoded)
	if err != nil {
		return nil, errToken
	}
	got, err := b64.DecodeString(mac)
	if err != nil || len(got) != sha256.Size {
		return nil, errToken
	}
	if sums == nil {
		return payload, nil
	}
	for _, want := range sums(text) {
		if hmac.Equal(got, want) {
			return payload, nil
		}
	}
	return nil, errToken
}

const chanceSize = 32

// newChance is a random token that names its tenant, so that its hash can be
// looked for behind row-level security.
func newChance(prefix, tenantID string) (token string, hash []byte, err error) {
	tenant, err := uuid.Parse(tenantID)
	if err != nil {
		return "", nil, errToken
	}
	b := make([]byte, 16+chanceSize)
	copy(b, tenant[:])
	rand.Read(b[16:]) //nolint:errcheck // it never returns an error (crypto/rand, Go 1.24)
	token = prefix + b64.EncodeToString(b)
	return token, chanceHash(token), nil
}

// readChance returns the tenant and the hash to look for.
func readChance(prefix, token string) (tenantID string, hash []byte, err error) {
	encoded, ours := strings.CutPrefix(token, prefix)
	if !ours || len(encoded) != b64.EncodedLen(16+chanceSize) {
		return "", nil, errToken
	}
	b, err := b64.DecodeString(encoded)
	if err != nil {
		return "", nil, errToken
	}
	return uuid.UUID(b[:16]).String(), chanceHash(token), nil
}

// chanceHash needs no key: 256 random bits cannot be guessed from their hash.
func chanceHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
