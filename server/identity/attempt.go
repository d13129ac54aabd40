package identity

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
)

// Lock-out: an address may be tried a few times from one network, then each
// further try costs twice the wait of the one before. Other networks are not
// locked out with it, so nobody can keep a member away by guessing. One network
// that tries many addresses is slowed down as a whole.
const (
	freeTries        = 5
	freeNetworkTries = 50
	firstBlock       = 30 * time.Second
	longestBlock     = 15 * time.Minute
	forgetTries      = 24 * time.Hour
)

// block is how long to wait after so many failures in a row.
func block(failures, free int) time.Duration {
	if failures < free {
		return 0
	}
	wait := firstBlock
	for range min(failures-free, 10) {
		wait = min(2*wait, longestBlock)
	}
	return wait
}

// attempt is one try to sign in, counted as a failure until it succeeds: a
// thousand tries at once are counted like a thousand in a row.
type attempt struct {
	subject []byte // keyed hash of the address
	network string // keyed hash of the client's network
	locked  bool   // this try, if it fails, locks the address
}

const startAttempt = `
insert into sign_in_attempt (subject, network, failures, last_at, blocked_until) values ($1, $2, 0, $3, $3)
on conflict do nothing`

const readAttempt = `
select failures, last_at, blocked_until from sign_in_attempt where subject = $1 and network = $2 for update`

const countAttempt = `
update sign_in_attempt set failures = $3, last_at = $4, blocked_until = $5 where subject = $1 and network = $2`

// tryFrom counts a try and refuses it while the address or the network is
// blocked (fault.RateLimited with the time to wait), known or not.
func (s *Service) tryFrom(ctx context.Context, email, ip string) (attempt, error) {
	try := attempt{
		subject: s.macs.attempt.Sum("address " + email),
		network: hex.EncodeToString(s.macs.attempt.Sum("network " + network(ip)))[:32],
	}
	var wait time.Duration
	err := s.db.System(ctx, func(tx pgx.Tx) error {
		var whole, one count
		var err error
		if whole, err = s.readTries(ctx, tx, nil, try.network); err != nil {
			return err
		}
		if one, err = s.readTries(ctx, tx, try.subject, try.network); err != nil {
			return err
		}
		if wait = max(whole.wait, one.wait); wait > 0 {
			return nil // a try that is not looked at does not count
		}
		try.locked = block(one.failures+1, freeTries) > 0
		if err := s.writeTries(ctx, tx, nil, try.network, whole.failures+1, freeNetworkTries); err != nil {
			return err
		}
		return s.writeTries(ctx, tx, try.subject, try.network, one.failures+1, freeTries)
	})
	if err != nil {
		return try, fmt.Errorf("count a try to sign in: %w", err)
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "Too many tries. Wait a little before the next one.", nil)
		f.RetryAfter = wait
		return try, f
	}
	return try, nil
}

// count is what was tried so far.
type count struct {
	failures int
	wait     time.Duration
}

func (s *Service) readTries(ctx context.Context, tx pgx.Tx, subject []byte, network string) (c count, err error) {
	if subject == nil {
		subject = []byte{} // all addresses of the network
	}
	now := s.now()
	if _, err := tx.Exec(ctx, startAttempt, subject, network, now); err != nil {
		return c, err
	}
	var last, until time.Time
	if err := tx.QueryRow(ctx, readAttempt, subject, network).Scan(&c.failures, &last, &until); err != nil {
		return c, err
	}
	c.wait = until.Sub(now)
	if now.Sub(last) > forgetTries {
		c.failures = 0
	}
	return c, nil
}

func (s *Service) writeTries(ctx context.Context, tx pgx.Tx, subject []byte, network string, failures, free int) error {
	if subject == nil {
		subject = []byte{}
	}
	now := s.now()
	_, err := tx.Exec(ctx, countAttempt, subject, network, failures, now, now.Add(block(failures, free)))
	return err
}

const forgetAddress = `delete from sign_in_attempt where subject = $1 and network = $2`

const forgiveNetwork = `
update sign_in_attempt set failures = greatest(failures - 1, 0), blocked_until = last_at where subject = '' and network = $1`

// forgive takes back what tryFrom counted, after a success.
func (s *Service) forgive(ctx context.Context, try attempt) error {
	err := s.db.System(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, forgiveNetwork, try.network); err != nil { // the same order as tryFrom
			return err
		}
		_, err := tx.Exec(ctx, forgetAddress, try.subject, try.network)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget the tries to sign in: %w", err)
	}
	return nil
}
