package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"nexusai/app/replication"
	"nexusai/app/team"
	"nexusai/backend/fault"
	"nexusai/sync/wire"
)

// teamLink is replication's way to whichever server the app is connected to.
type teamLink struct {
	team   *team.Client
	client *http.Client
}

var _ replication.Transport = (*teamLink)(nil)

// tokens gives team's tokens in replication's words.
type tokens struct{ team *team.Client }

func (t tokens) Token(ctx context.Context, stale string) (string, error) {
	token, err := t.team.Token(ctx, stale)
	if errors.Is(err, team.ErrSignedOut) {
		return "", replication.ErrSignedOut
	}
	return token, err
}

func (l *teamLink) http() (*replication.HTTP, error) {
	s := l.team.State()
	if s.URL == "" || s.Phase == "signed_out" {
		return nil, replication.ErrSignedOut
	}
	return replication.NewHTTP(replication.HTTPConfig{BaseURL: s.URL, Client: l.client, Tokens: tokens{l.team}})
}

// Push implements replication.Transport.
func (l *teamLink) Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error) {
	h, err := l.http()
	if err != nil {
		return wire.PushResponse{}, err
	}
	return h.Push(ctx, req)
}

// Pull implements replication.Transport.
func (l *teamLink) Pull(ctx context.Context, req wire.PullRequest) (wire.Page, error) {
	h, err := l.http()
	if err != nil {
		return wire.Page{}, err
	}
	return h.Pull(ctx, req)
}

// Live implements replication.Transport. When the connection ends, the server
// may be gone: the status bar should know before anybody asks.
func (l *teamLink) Live(ctx context.Context, scope string, up func(), hint func(wire.Hint)) error {
	h, err := l.http()
	if err != nil {
		return err
	}
	defer l.team.Kick()
	return h.Live(ctx, scope, func() { l.team.Kick(); up() }, hint)
}

// syncPort is what pages need of replication.
type syncPort struct{ *replication.Replica }

// Unsynced implements localapi.Sync.
func (s syncPort) Unsynced() (changes int, last time.Time) {
	status := s.Status()
	return status.Pending + status.Parked, status.LastSync
}

// Bind implements localapi.Sync.
func (s syncPort) Bind(ctx context.Context, userID string) error {
	err := s.Replica.Bind(ctx, userID)
	if errors.Is(err, replication.ErrOtherUser) {
		return fault.New("account.other_user", "This data folder belongs to another account.", err).
			WithHint("Start the application with another --data folder for this account.")
	}
	return err
}
