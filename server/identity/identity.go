// Package identity knows who somebody is: people, their passwords, sessions and
// one-time links, and API keys.
package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"nexusai/backend/httpapi"
	"nexusai/server/policy"
	"nexusai/server/secret"
	"nexusai/server/store"
)

// Hints tells a tenant's clients what to fetch again. Notify must not block.
type Hints interface {
	Notify(tenantID, topic, id string)
}

// Config is what the server brings.
type Config struct {
	DB      *store.DB       // required
	Secrets *secret.Keyring // required
	Log     *slog.Logger    // required
	Hints   Hints           // default: nobody listens

	// PublicURL is where people reach the server, as https://ai.acme.test; links
	// begin with it and its origin may use cookies. Empty: links are paths, and
	// only the request's own host counts.
	PublicURL string
	// Proxies may name the client in X-Forwarded-For. Default: none.
	Proxies []netip.Prefix
	// KeyEnv stands in API keys: nxs_<env>_…; default "live".
	KeyEnv string

	Cost  PasswordCost     // default 64 MiB, 2 passes, 1 thread
	Now   func() time.Time // default time.Now
	Floor time.Duration    // a refused sign-in takes at least this long; default 400ms
	// Poll is how often other processes' revocations are looked for; default
	// 300ms. It bounds, with the query's time, how long a disabled user lives on.
	Poll time.Duration
}

// Service does what people and administrators ask. Safe for concurrent use.
type Service struct {
	cfg       Config
	db        *store.DB
	now       func() time.Time
	passwords *passwords
	macs      macs
	gate      *Authenticator
}

// macs are the keyed hashes, one for each purpose.
type macs struct{ access, refresh, key, attempt *secret.MAC }

// New checks cfg and fills in defaults; it asks the database nothing.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil || cfg.Secrets == nil || cfg.Log == nil {
		return nil, errors.New("identity.Config needs DB, Secrets and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.KeyEnv == "" {
		cfg.KeyEnv = "live"
	}
	if !isKeyEnv(cfg.KeyEnv) {
		return nil, errors.New("identity.Config.KeyEnv is 1 to 16 lower-case letters or digits")
	}
	if cfg.Cost == (PasswordCost{}) {
		cfg.Cost = defaultCost
	}
	if cfg.Floor == 0 {
		cfg.Floor = 400 * time.Millisecond
	}
	if cfg.Poll == 0 {
		cfg.Poll = 300 * time.Millisecond
	}
	if cfg.Hints == nil {
		cfg.Hints = silent{}
	}
	m, err := newMACs(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	gate, err := newAuthenticator(cfg, m)
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, db: cfg.DB, now: cfg.Now, passwords: newPasswords(cfg.Cost), macs: m, gate: gate}, nil
}

func newMACs(ring *secret.Keyring) (m macs, err error) {
	for purpose, mac := range map[string]**secret.MAC{
		"access token": &m.access, "refresh token": &m.refresh, "api key": &m.key, "sign-in attempt": &m.attempt,
	} {
		if *mac, err = ring.MAC(purpose); err != nil {
			return m, fmt.Errorf("derive the %s key: %w", purpose, err)
		}
	}
	return m, nil
}

// Authenticator finds out who asks; it shares this service's caches, so use
// this one and no other beside it.
func (s *Service) Authenticator() *Authenticator { return s.gate }

// Run keeps the caches fresh, ends what was revoked elsewhere and writes down
// when sessions and keys were last used, until ctx ends. Without it everything
// still works, with a look at the database for every request.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.gate.follow(ctx) })
	g.Go(func() error { return s.gate.seen.run(ctx) })
	return g.Wait()
}

// Operator is the caller for whoever runs nexusctl on the server's machine.
func Operator(tenantID string) httpapi.Caller {
	return httpapi.Caller{TenantID: tenantID, Role: policy.Operator}
}

type silent struct{}

func (silent) Notify(string, string, string) {}
