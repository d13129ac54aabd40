package replica

import (
	"context"
	"fmt"

	"nexusai/sync/entity"
	"nexusai/sync/journal"
	"nexusai/sync/wire"
)

// CodeInvalid parks an operation that the server would not even read.
const CodeInvalid = "invalid"

// flushAll sends what waits, except in lanes that back off.
func (r *Replica) flushAll(ctx context.Context) ([]Effect, error) {
	var effects []Effect
	for _, name := range entity.Lanes() {
		if r.lanes[name].attempt > 0 {
			continue
		}
		more, err := r.flush(ctx, name)
		effects = append(effects, more...)
		if err != nil {
			return effects, err
		}
	}
	return effects, nil
}

// flush cuts and sends the next batch of a lane unless one is under way.
func (r *Replica) flush(ctx context.Context, name string) ([]Effect, error) {
	l := r.lanes[name]
	if !r.ready() || l.inflight != 0 {
		return nil, nil
	}
	req := wire.PushRequest{Lane: name, SchemaV: entity.SchemaVersion}
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		m, err := tx.Meta(ctx)
		if err != nil {
			return err
		}
		req.ClientID, req.Scope = m.ClientID, m.Scope
		req.Ops, err = journal.Cut(ctx, tx, name, m.ClientID, m.Scope, l.limit)
		return err
	})
	if err != nil {
		return r.pushLater(name, Failure{}), fmt.Errorf("cut a batch: %w", err)
	}
	if len(req.Ops) == 0 {
		l.attempt = 0
		return nil, nil
	}
	r.n++
	l.inflight, l.sent = r.n, len(req.Ops)
	return []Effect{SendPush{N: r.n, Req: req}}, nil
}

func (r *Replica) pushLater(name string, f Failure) []Effect {
	l := r.lanes[name]
	l.attempt++
	return []Effect{SetTimer{Key: pushTimer + name, After: r.backOff(l.attempt, f.After)}, Changed{Status: true}}
}

func (r *Replica) pushed(ctx context.Context, ev Pushed) ([]Effect, error) {
	name := r.laneOf(ev.N)
	if name == "" {
		return nil, nil // the request of an earlier life, or answered already
	}
	l := r.lanes[name]
	l.inflight = 0
	if ev.Failed != nil {
		return r.pushFailed(ctx, name, *ev.Failed)
	}
	if ev.Resp.Forked {
		return r.fork(ctx, name)
	}
	rows, err := r.settle(ctx, ev.Resp.Results)
	if err != nil {
		return r.pushLater(name, Failure{}), fmt.Errorf("store push results: %w", err)
	}
	l.attempt, l.limit = 0, wire.MaxOps
	effects, err := r.flush(ctx, name)
	if err != nil {
		return effects, err
	}
	if ev.Resp.Head > r.cursor {
		more, err := r.pull(ctx)
		if err != nil {
			return append(effects, more...), err
		}
		effects = append(effects, more...)
	}
	return append(effects, Changed{Rows: rows, Status: true}), nil
}

func (r *Replica) laneOf(n int) string {
	for name, l := range r.lanes {
		if l.inflight == n && n != 0 {
			return name
		}
	}
	return ""
}

// settle stores what the server answered. An effect that was pulled before its
// answer came is confirmed at once.
func (r *Replica) settle(ctx context.Context, results []wire.Result) (rows []journal.RowID, err error) {
	err = r.cfg.Store.Update(ctx, func(tx Tx) error {
		rows = nil
		for _, res := range results {
			parked, err := journal.Settle(ctx, tx, res)
			if err != nil {
				return err
			}
			rows = append(rows, parked...)
		}
		m, err := tx.Meta(ctx)
		if err != nil {
			return err
		}
		confirmed, err := journal.Confirm(ctx, tx, m.Cursor)
		if err != nil {
			return err
		}
		rows = append(rows, confirmed...)
		return refresh(ctx, tx, m.Scope, rows)
	})
	return rows, err
}

func (r *Replica) pushFailed(ctx context.Context, name string, f Failure) ([]Effect, error) {
	l := r.lanes[name]
	switch f.Kind {
	case Unauthorized:
		r.paused = true
		return []Effect{Changed{Status: true}}, nil
	case Gap:
		err := r.cfg.Store.Update(ctx, func(tx Tx) error { return journal.Renumber(ctx, tx, name, f.Want) })
		if err != nil || l.attempt > 0 {
			return r.pushLater(name, f), err
		}
		l.attempt++ // a second gap in a row waits
		return r.flush(ctx, name)
	case Invalid:
		return r.refused(ctx, name)
	}
	return r.pushLater(name, f), nil
}

// refused narrows a batch that the server would not read down to the one bad
// operation and parks it, so that nothing else waits for it.
func (r *Replica) refused(ctx context.Context, name string) ([]Effect, error) {
	l := r.lanes[name]
	if l.sent > 1 {
		l.limit = l.sent / 2
		return r.flush(ctx, name)
	}
	var rows []journal.RowID
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		first, err := tx.Waiting(ctx, name, 0, 1)
		if err != nil || len(first) == 0 {
			return err
		}
		if rows, err = journal.Park(ctx, tx, first[0].Op.OpID, CodeInvalid); err != nil {
			return err
		}
		return refresh(ctx, tx, r.scope, rows)
	})
	if err != nil {
		return r.pushLater(name, Failure{}), fmt.Errorf("park a refused operation: %w", err)
	}
	l.limit = wire.MaxOps
	effects, err := r.flush(ctx, name)
	return append(effects, Changed{Rows: rows, Status: true}), err
}

// fork takes a new client id: this database is a copy of another one that has
// pushed under the same id. Operations keep their op_ids.
func (r *Replica) fork(ctx context.Context, name string) ([]Effect, error) {
	err := r.cfg.Store.Update(ctx, func(tx Tx) error {
		m, err := tx.Meta(ctx)
		if err != nil {
			return err
		}
		m.ClientID = r.cfg.NewID()
		if err := journal.Fork(ctx, tx); err != nil {
			return err
		}
		return tx.PutMeta(ctx, m)
	})
	if err != nil {
		return r.pushLater(name, Failure{}), fmt.Errorf("take a new client id: %w", err)
	}
	r.lanes[name].attempt = 0 // the server answered, so no timer is set
	return r.flushAll(ctx)
}
