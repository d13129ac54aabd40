package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"nexusai/backend/fault"
)

// PasswordCost is what one argon2id hash costs. Hashes made at another cost
// stay valid and are made anew when their user next signs in.
type PasswordCost struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// defaultCost is above OWASP's floor for argon2id (Password Storage Cheat Sheet,
// 2026: 19 MiB and 2 passes); about 70 ms on one core of 2024.
var defaultCost = PasswordCost{MemoryKiB: 64 << 10, Passes: 2, Threads: 1}

const (
	saltSize = 16
	hashSize = 32
	// No stored hash may cost more than this, whatever its row says.
	maxMemoryKiB = 1 << 20
	maxPasses    = 16
	maxThreads   = 16
	// A login flood waits here instead of eating memory: each running hash
	// holds MemoryKiB, and whoever finds the queue full is sent away.
	maxWaiting = 64
)

// passwords hashes and verifies, a few at a time. Safe for concurrent use.
type passwords struct {
	cost    PasswordCost
	slots   chan struct{} // one for each hash that runs
	waiting atomic.Int64
	decoy   string // verified when there is no user, so that both take the same time
}

func newPasswords(cost PasswordCost) *passwords {
	p := &passwords{cost: cost, slots: make(chan struct{}, min(runtime.NumCPU(), 4))}
	p.decoy = p.encode(make([]byte, saltSize), make([]byte, hashSize))
	return p
}

// hash returns the PHC string of a password that checkPassword accepted.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltSize)
	rand.Read(salt) //nolint:errcheck // it never returns an error (crypto/rand, Go 1.24)
	return p.encode(salt, derive(p.cost, salt, password, hashSize)), nil
}

// verify compares. An empty phc (no such user, or no password yet) costs the
// same and is never right. stale means that the hash should be made anew.
func (p *passwords) verify(ctx context.Context, phc, password string) (ok, stale bool, err error) {
	known := phc != ""
	if !known {
		phc = p.decoy
	}
	cost, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	leave, err := p.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	got := derive(cost, salt, password, uint32(len(want)))
	ok = subtle.ConstantTimeCompare(got, want) == 1 && known
	return ok, ok && cost != p.cost, nil
}

func (p *passwords) enter(ctx context.Context) (leave func(), err error) {
	if p.waiting.Add(1) > maxWaiting {
		p.waiting.Add(-1)
		busy := fault.New(fault.RateLimited, "Too many people are signing in at the moment.", nil)
		busy.RetryAfter = 2 * time.Second
		return nil, busy
	}
	defer p.waiting.Add(-1)
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Canceled, "The request was cancelled.", ctx.Err())
	}
}

// derive hashes the NFC form: keyboards differ in how they compose an accent
// (RFC 8265 §4.2).
func derive(c PasswordCost, salt []byte, password string, size uint32) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.Passes, c.MemoryKiB, c.Threads, size)
}

func (p *passwords) encode(salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.MemoryKiB, p.cost.Passes, p.cost.Threads, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

var errPHC = errors.New("the stored password hash cannot be read")

// parsePHC reads $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func parsePHC(phc string) (c PasswordCost, salt, hash []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Threads); err != nil {
		return c, nil, nil, errPHC
	}
	if c.MemoryKiB < 8 || c.MemoryKiB > maxMemoryKiB || c.Passes < 1 || c.Passes > maxPasses || c.Threads < 1 || c.Threads > maxThreads {
		return c, nil, nil, errPHC
	}
	salt, errSalt := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	hash, errHash := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errSalt != nil || errHash != nil || len(salt) < 8 || len(salt) > 64 || len(hash) < 16 || len(hash) > 64 {
		return c, nil, nil, errPHC
	}
	return c, salt, hash, nil
}
