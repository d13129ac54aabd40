// Package api answers the operations of the contract that only a server has.
package api

import (
	"context"

	"nexusai/backend/httpapi"
	"nexusai/server/identity"
)

// Accounts answers sign-in and the caller's own sessions.
type Accounts struct{ Identity *identity.Service }

var _ httpapi.Accounts = Accounts{}

// Register answers an invite, set-up or reset link.
func (a Accounts) Register(ctx context.Context, r httpapi.Registration) (httpapi.Session, error) {
	return a.Identity.Register(ctx, r)
}

// Login signs in with a password.
func (a Accounts) Login(ctx context.Context, c httpapi.Credentials) (httpapi.Session, error) {
	return a.Identity.Login(ctx, c)
}

// Exchange trades a one-time link for a session.
func (a Accounts) Exchange(ctx context.Context, e httpapi.Exchange) (httpapi.Session, error) {
	return a.Identity.Exchange(ctx, e)
}

// Refresh gives the next tokens.
func (a Accounts) Refresh(ctx context.Context, r httpapi.Refresh) (httpapi.Session, error) {
	return a.Identity.Refresh(ctx, r)
}

// Logout ends the caller's session.
func (a Accounts) Logout(ctx context.Context) error {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return a.Identity.EndSession(ctx, c, c.SessionID)
}

// Me is the caller.
func (a Accounts) Me(ctx context.Context) (httpapi.Me, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Me{}, err
	}
	return a.Identity.Me(ctx, c)
}

// Sessions are the caller's own.
func (a Accounts) Sessions(ctx context.Context) ([]httpapi.SessionInfo, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	return a.Identity.Sessions(ctx, c)
}

// RevokeSession ends one of the caller's own sessions.
func (a Accounts) RevokeSession(ctx context.Context, id string) error {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return a.Identity.EndSession(ctx, c, id)
}

// RevokeSessions signs the caller out everywhere, or everywhere else.
func (a Accounts) RevokeSessions(ctx context.Context, others bool) error {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return a.Identity.EndOwnSessions(ctx, c, others)
}

// Ticket opens one WebSocket.
func (a Accounts) Ticket(ctx context.Context) (httpapi.Ticket, error) {
	c, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Ticket{}, err
	}
	return a.Identity.Ticket(ctx, c)
}
