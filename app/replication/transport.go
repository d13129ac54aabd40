package replication

import (
	"context"
	"errors"
	"fmt"

	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// Transport reaches the server. Its errors are *Refusal where the server
// answered; anything else counts as transient.
type Transport interface {
	Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error)
	Pull(ctx context.Context, req wire.PullRequest) (wire.Page, error)
	// Live blocks while the connection lasts. It calls up once it stands and
	// hint for each hint, one call at a time.
	Live(ctx context.Context, scope string, up func(), hint func(wire.Hint)) error
}

// TokenSource gives the access token of the signed-in user.
type TokenSource interface {
	// Token returns ErrSignedOut when there is none. stale is the token that
	// was refused, so that a fresh one can be fetched; empty otherwise.
	Token(ctx context.Context, stale string) (string, error)
}

// ErrSignedOut pauses sync; nothing is dropped.
var ErrSignedOut = errors.New("nobody is signed in")

// Refusal is an answer of the server that is not the one asked for.
type Refusal struct {
	Status  int
	Code    string // of the problem, when there was one
	Failure replica.Failure
}

// Error is for the log.
func (r *Refusal) Error() string { return fmt.Sprintf("the server answered %d %s", r.Status, r.Code) }
