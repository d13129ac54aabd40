package hub

import (
	"context"
	"fmt"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// Write applies operations whose author is the server. They need OpID, Entity,
// ID, Kind and Fields; an author that decides inside the transaction has seen
// the current row, so they win over it. A repeated OpID returns its first
// result.
func Write(ctx context.Context, tx Tx, scope string, ops []wire.Op, now time.Time) ([]wire.Result, error) {
	s, err := begin(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	var out []wire.Result
	for _, op := range ops {
		r, err := s.author(ctx, scope, op)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, s.end(ctx)
}

func (s *session) author(ctx context.Context, scope string, op wire.Op) (wire.Result, error) {
	r, seen, err := s.tx.ResultOf(ctx, op.OpID)
	if err != nil || seen {
		return r, err
	}
	e, ok := entity.Find(op.Entity)
	if !ok {
		return reject(op, wire.CodeEntity), nil
	}
	op.ClientID, op.Scope, op.Lane, op.SchemaV = ServerClient, scope, e.Lane, entity.SchemaVersion
	last, err := s.tx.LastMid(ctx, ServerClient, op.Lane)
	if err != nil {
		return r, fmt.Errorf("read last mid: %w", err)
	}
	op.Mid = last + 1
	op.HLC = merge.At(s.now)
	if op.Kind != wire.Create {
		op.BaseVer = s.head.Seq
	}
	if r, err = s.apply(ctx, op); err != nil {
		return r, err
	}
	if err := s.tx.PutLastMid(ctx, ServerClient, op.Lane, op.Mid); err != nil {
		return r, fmt.Errorf("move last mid to %d: %w", op.Mid, err)
	}
	if err := s.tx.PutResult(ctx, ServerClient, op.Lane, r); err != nil {
		return r, fmt.Errorf("store result: %w", err)
	}
	return r, nil
}
