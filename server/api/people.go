package api

import (
	"context"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/identity"
)

// People answers members, API keys and the audit trail.
type People struct {
	identity *identity.Service
	trail    *audit.Trail
	checks   chan struct{} // holds one: a check reads a whole trail
}

var _ httpapi.People = (*People)(nil)

// NewPeople answers from both.
func NewPeople(s *identity.Service, t *audit.Trail) *People {
	return &People{identity: s, trail: t, checks: make(chan struct{}, 1)}
}

// ListUsers lists the members.
func (p *People) ListUsers(ctx context.Context) ([]httpapi.User, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	return p.identity.Users(ctx, c)
}

// InviteUser adds a member who joins by a link.
func (p *People) InviteUser(ctx context.Context, i httpapi.Invite) (httpapi.Link, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Link{}, err
	}
	return p.identity.Invite(ctx, c, i)
}

// PatchUser changes role, name or state.
func (p *People) PatchUser(ctx context.Context, id string, patch httpapi.UserPatch) (httpapi.User, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.User{}, err
	}
	return p.identity.PatchUser(ctx, c, id, patch)
}

// ResetLink makes a link to a new password, or a fresh invite.
func (p *People) ResetLink(ctx context.Context, userID string) (httpapi.Link, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Link{}, err
	}
	return p.identity.ResetLink(ctx, c, userID)
}

// SignOutUser ends every session and device of a member.
func (p *People) SignOutUser(ctx context.Context, userID string) error {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return p.identity.EndAllSessions(ctx, c, userID)
}

// ListKeys lists the API keys.
func (p *People) ListKeys(ctx context.Context) ([]httpapi.Key, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	return p.identity.Keys(ctx, c)
}

// CreateKey makes a key and shows its secret once.
func (p *People) CreateKey(ctx context.Context, n httpapi.NewKey) (httpapi.CreatedKey, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.CreatedKey{}, err
	}
	return p.identity.CreateKey(ctx, c, n)
}

// PatchKey changes a key.
func (p *People) PatchKey(ctx context.Context, id string, patch httpapi.KeyPatch) (httpapi.Key, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Key{}, err
	}
	return p.identity.PatchKey(ctx, c, id, patch)
}

// RevokeKey ends a key.
func (p *People) RevokeKey(ctx context.Context, id string) error {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return p.identity.RevokeKey(ctx, c, id)
}

// ListAudit is a page of the trail, newest first.
func (p *People) ListAudit(ctx context.Context, q httpapi.AuditQuery) (httpapi.AuditPage, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.AuditPage{}, err
	}
	return p.trail.List(ctx, c.TenantID, q)
}

// VerifyAudit checks the whole trail; one check runs at a time.
func (p *People) VerifyAudit(ctx context.Context) (httpapi.AuditCheck, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.AuditCheck{}, err
	}
	select {
	case p.checks <- struct{}{}:
		defer func() { <-p.checks }()
	case <-ctx.Done():
		return httpapi.AuditCheck{}, fault.New(fault.Canceled, "The request was cancelled.", ctx.Err())
	}
	v, err := p.trail.Verify(ctx, c.TenantID)
	return v.AuditCheck, err
}
