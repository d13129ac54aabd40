package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
)

const (
	pollWithin  = 2 * time.Second
	checkAtOnce = 500       // watches looked at in one round
	checkAgain  = time.Hour // a watch whose session has no end
)

// follow is the loop that hears of revocations, of other processes too, and
// acts on them. It ends with ctx.
func (a *Authenticator) follow(ctx context.Context) error {
	tick := time.NewTicker(a.poll)
	defer tick.Stop()
	var since string // transaction id from which on nothing was seen
	wasDown := false
	for {
		next, err := a.hear(ctx, since)
		if err == nil {
			since = next
			a.checkWatches(ctx)
		}
		if down := err != nil && ctx.Err() == nil; down != wasDown {
			a.logFollowing(ctx, down, err)
			wasDown = down
		}
		select {
		case <-tick.C:
		case <-a.watches.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *Authenticator) logFollowing(ctx context.Context, down bool, err error) {
	if down {
		a.log.WarnContext(ctx, "revocations cannot be followed; every request asks the database", "err", fault.Cause(err))
		return
	}
	a.log.InfoContext(ctx, "revocations are followed")
}

// The horizon is read before the rows: a transaction that is still running now
// has this id or a later one, so the next look will find its row.
const readHorizon = `select pg_snapshot_xmin(pg_current_snapshot())::text`

const readRevocations = `select kind, subject_id::text from nexus.revocations_since($1::text::xid8)`

// hear looks once for what was revoked since the last look, and returns where
// to begin the next one.
func (a *Authenticator) hear(ctx context.Context, since string) (next string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollWithin)
	defer cancel()
	began := time.Since(a.start)
	var refs []ref
	err = a.db.System(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, readHorizon).Scan(&next); err != nil {
			return fmt.Errorf("read the revocations' horizon: %w", err)
		}
		if since == "" {
			return nil // nothing was cached before the first look
		}
		rows, err := tx.Query(ctx, readRevocations, since)
		if err != nil {
			return fmt.Errorf("read revocations: %w", err)
		}
		refs, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ref, err error) {
			err = row.Scan(&r.kind, &r.id)
			return r, err
		})
		return err
	})
	if err != nil {
		return since, err
	}
	a.revoked(refs)
	a.followed.Store(int64(began))
	return next, nil
}

// revoked forgets what refs touch and has open sockets looked at.
func (a *Authenticator) revoked(refs []ref) {
	if len(refs) == 0 {
		return
	}
	a.cache.drop(refs)
	a.watches.suspect(refs)
}

// announce is revoked for what this process has just committed.
func (a *Authenticator) announce(refs ...ref) {
	a.revoked(refs)
	a.watches.nudge()
}

// checkWatches asks the database about every watch that is new, suspect or at
// its session's end.
func (a *Authenticator) checkWatches(ctx context.Context) {
	due := a.watches.due(a.now(), checkAtOnce)
	for _, w := range due {
		of := ref{kindSession, w.caller.SessionID}
		if w.caller.KeyID != "" {
			of = ref{kindKey, w.caller.KeyID}
		}
		s, err := a.load(ctx, w.caller.TenantID, of)
		if err != nil && !errors.Is(err, errRefused) {
			return // the database is away: look again in the next round
		}
		next := s.until
		if next.IsZero() {
			next = a.now().Add(checkAgain)
		}
		a.watches.settle(w, err != nil || !s.same(w.caller), next)
	}
	if len(due) == checkAtOnce {
		a.watches.nudge() // there may be more
	}
}
