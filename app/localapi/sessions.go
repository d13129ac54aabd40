package localapi

import (
	"context"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// askWithin bounds a question that a page waits for.
const askWithin = 15 * time.Second

// Sessions implements httpapi.Sessions: the server knows them.
func (a *API) Sessions(ctx context.Context) ([]httpapi.SessionInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	all, err := a.cfg.Team.Sessions(ctx)
	return all, notOurs(err)
}

// RevokeSession implements httpapi.Sessions.
func (a *API) RevokeSession(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return notOurs(a.cfg.Team.EndSession(ctx, id))
}

// RevokeSessions implements httpapi.Sessions.
func (a *API) RevokeSessions(ctx context.Context, others bool) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	if err := a.cfg.Team.EndSessions(ctx, others); err != nil {
		return notOurs(err)
	}
	_, err := a.changed(ctx)
	return err
}

// notOurs keeps the server's "sign in first" from looking like the end of the
// page's own session on this device.
func notOurs(err error) error {
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.TokenExpired:
		return fault.New("route.signed_out", "The server ended this session.", err).WithHint("Sign in again in the settings.")
	}
	return err
}
