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
// the current row, so an update wins over it. A create puts a row only if it is
// absent: one that is there stays as it is, unless its entity says Upsert. A
// repeated OpID returns its first result.
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
	op.BaseVer = s.head.Seq
	if r, err = s.put(ctx, e, op); err != nil {
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

// put applies an operation of the server; a create of a row that is there is an
// update or nothing.
func (s *session) put(ctx context.Context, e entity.Entity, op wire.Op) (wire.Result, error) {
	if op.Kind != wire.Create || e.Node {
		return s.apply(ctx, op)
	}
	row, _, err := s.tx.Row(ctx, op.Entity, op.ID)
	if err != nil {
		return wire.Result{}, fmt.Errorf("read row: %w", err)
	}
	switch {
	case row.Exists() && !e.Upsert:
		return wire.Result{OpID: op.OpID, Mid: op.Mid, Status: wire.Applied, Seq: row.Ver}, nil
	case row.Exists():
		op.Kind = wire.Update
	}
	return s.apply(ctx, op)
}
