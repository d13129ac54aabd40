package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

// errCredentials is every refusal: unknown address, wrong password, wrong
// tenant, disabled, invited and not here yet.
var errCredentials = fault.New(fault.Unauthenticated, "This address and password do not fit together.", nil).
	WithHint("If the address belongs to several organisations, name the organisation as well.")

// Login signs in with a password.
func (s *Service) Login(ctx context.Context, c httpapi.Credentials) (httpapi.Session, error) {
	from := clientFrom(ctx)
	if c.Device.Cookie {
		if err := from.forbidForeign(); err != nil {
			return httpapi.Session{}, err
		}
	}
	device, err := cleanDevice(c.Device)
	if err != nil {
		return httpapi.Session{}, err
	}
	c.Device = device
	if c.Email, err = cleanEmail("body.email", c.Email); err != nil {
		return httpapi.Session{}, err
	}
	began := time.Now()
	try, err := s.tryFrom(ctx, c.Email, from.ip)
	if err != nil {
		return httpapi.Session{}, err
	}
	out, err := s.login(ctx, c, try)
	if errors.Is(err, errCredentials) {
		s.sleepUntil(ctx, began.Add(s.cfg.Floor))
	}
	return out, err
}

func (s *Service) login(ctx context.Context, c httpapi.Credentials, try attempt) (out httpapi.Session, err error) {
	all, err := s.candidates(ctx, c.Email, c.Tenant)
	if err != nil {
		return out, err
	}
	m, stale, err := s.matching(ctx, all, c.Password)
	if err != nil {
		return out, err
	}
	if m.ID == "" {
		return out, s.refuse(ctx, all, try)
	}
	fresh := ""
	if stale {
		if fresh, err = s.passwords.hash(ctx, c.Password); err != nil {
			return out, err
		}
	}
	var one session
	err = s.db.Tenant(ctx, m.TenantID, func(tx pgx.Tx) error {
		checked := m.PasswordHash
		if err := s.lockSignIn(ctx, tx, &m); err != nil {
			return err
		}
		if m.PasswordHash != checked || m.Disabled {
			return errCredentials // changed while we compared
		}
		if fresh != "" {
			if _, err := tx.Exec(ctx, setPassword, m.ID, fresh); err != nil {
				return fmt.Errorf("renew the password's hash: %w", err)
			}
		}
		one, err = s.begin(ctx, tx, m, c.Device, "password")
		return err
	})
	if err != nil {
		return out, err
	}
	s.gate.announce()
	if err := s.forgive(ctx, try); err != nil {
		return out, err
	}
	return s.issue(one, m)
}

const lockUser = `select 1 from app_user where id = $1 for no key update`

// lockSignIn reads m anew and keeps an administrator from disabling the user
// between this check and the session it allows.
func (s *Service) lockSignIn(ctx context.Context, tx pgx.Tx, m *member) error {
	if _, err := tx.Exec(ctx, lockUser, m.ID); err != nil {
		return fmt.Errorf("lock the user: %w", err)
	}
	now, err := s.member(ctx, tx, m.ID)
	if err != nil {
		return fmt.Errorf("read the user again: %w", err)
	}
	*m = now
	return nil
}

// candidates are the members whom address and slug may mean.
func (s *Service) candidates(ctx context.Context, email, slug string) (fit []member, err error) {
	all, err := s.gate.find(ctx, "email", email, nil)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		var m member
		err := s.db.TenantRead(ctx, one.TenantID, func(tx pgx.Tx) (err error) {
			m, err = s.member(ctx, tx, one.ID)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read a user: %w", err)
		}
		if slug == "" || strings.EqualFold(slug, m.TenantSlug) {
			fit = append(fit, m)
		}
	}
	return fit, nil
}

// comparedAtMost bounds the hashes that one sign-in may cost; who is in more
// teams than that has to name one.
const comparedAtMost = 4

// matching is the one of all whose password this is; a zero member when it is
// nobody's or several members'. Another team that has the same address, which
// its administrators choose, keeps nobody from signing in. Without anybody to
// compare with it compares with a decoy, which takes as long.
func (s *Service) matching(ctx context.Context, all []member, password string) (m member, stale bool, err error) {
	all = slices.DeleteFunc(slices.Clone(all), func(m member) bool { return m.Disabled || m.PasswordHash == "" })
	if len(all) == 0 || len(all) > comparedAtMost {
		all = []member{{}}
	}
	matches := 0
	for _, one := range all {
		ok, old, err := s.passwords.verify(ctx, one.PasswordHash, password)
		if err != nil {
			return member{}, false, err
		}
		if ok {
			m, stale = one, old
			matches++
		}
	}
	if matches != 1 {
		return member{}, false, nil
	}
	return m, stale, nil
}

// refuse writes the lock-out of a known address into its tenant's trail.
func (s *Service) refuse(ctx context.Context, all []member, try attempt) error {
	if len(all) != 1 || !try.locked {
		return errCredentials
	}
	m := all[0]
	ip := clientFrom(ctx).ip
	err := s.db.Tenant(ctx, m.TenantID, func(tx pgx.Tx) error {
		return audit.Append(ctx, tx, audit.Entry{
			Actor: audit.System, Action: "signin.locked", TargetID: m.ID, Target: orText(m.Name, m.Email), Facts: map[string]string{"ip": ip},
		})
	})
	if err != nil {
		return err
	}
	return errCredentials
}

// sleepUntil hides how far a refused sign-in came.
func (s *Service) sleepUntil(ctx context.Context, at time.Time) {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
