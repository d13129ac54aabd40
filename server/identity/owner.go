package identity

import (
	"context"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/policy"
)

// FirstOwner is who a new tenant begins with.
type FirstOwner struct {
	Email    string
	Name     string // may be empty
	Password string // empty: a set-up link is made instead
}

// Prepare checks o and hashes its password; slow, so it comes before the
// transaction.
func (s *Service) Prepare(ctx context.Context, o FirstOwner) (FirstOwner, PasswordHash, error) {
	var err error
	if o.Email, err = cleanEmail("email", o.Email); err != nil {
		return o, "", err
	}
	if o.Name, err = cleanText("name", o.Name, 0, maxName); err != nil {
		return o, "", err
	}
	if o.Password == "" {
		return o, "", nil
	}
	if err := checkPassword("password", o.Password, o.Email); err != nil {
		return o, "", err
	}
	phc, err := s.passwords.hash(ctx, o.Password)
	return o, PasswordHash(phc), err
}

// PasswordHash is a PHC string that Prepare made.
type PasswordHash string

// AddOwner adds the first owner in the transaction that makes the tenant. The
// link is empty when there is a password. fault.Conflict when the tenant has
// an owner.
func (s *Service) AddOwner(ctx context.Context, tx pgx.Tx, tenantID string, o FirstOwner, phc PasswordHash) (link httpapi.Link, err error) {
	var there int
	if err := tx.QueryRow(ctx, `select count(*) from app_user where role = 'owner'`).Scan(&there); err != nil {
		return link, err
	}
	if there > 0 {
		return link, fault.New(fault.Conflict, "This tenant has an owner already.", nil)
	}
	user, err := s.insert(ctx, tx, o.Email, o.Name, policy.Owner, string(phc))
	if err != nil {
		return link, err
	}
	if phc == "" {
		if link, err = s.newLink(ctx, tx, tenantID, user.ID, SetupLink); err != nil {
			return link, err
		}
	}
	link.User = user
	return link, audit.Append(ctx, tx, audit.Entry{
		Actor: audit.Operator, Action: "user.created", TargetID: user.ID, Target: nameOf(user), Facts: map[string]string{"role": policy.Owner},
	})
}
