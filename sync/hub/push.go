package hub

import (
	"context"
	"fmt"
	"time"

	"nexusai/sync/wire"
)

// Push applies a checked request (wire.PushRequest.Check) in order and in tx.
// The same request again returns the same results and changes nothing.
//
// Returns *GapError when mids are missing. After it, and after a response with
// Forked, tx must be rolled back.
func Push(ctx context.Context, tx Tx, req wire.PushRequest, now time.Time) (wire.PushResponse, error) {
	s, err := begin(ctx, tx, now)
	if err != nil {
		return wire.PushResponse{}, err
	}
	last, err := tx.LastMid(ctx, req.ClientID, req.Lane)
	if err != nil {
		return wire.PushResponse{}, fmt.Errorf("read last mid: %w", err)
	}
	resp := wire.PushResponse{}
	before := last
	for _, op := range req.Ops {
		if op.Mid > last+1 {
			return wire.PushResponse{}, &GapError{Want: last + 1}
		}
		r, forked, err := s.one(ctx, op, last)
		if err != nil {
			return wire.PushResponse{}, err
		}
		if forked {
			return wire.PushResponse{Forked: true, Head: s.head.Seq}, nil
		}
		resp.Results = append(resp.Results, r)
		last = max(last, op.Mid)
	}
	resp.Head = s.head.Seq
	if last == before {
		return resp, nil
	}
	if err := tx.PutLastMid(ctx, req.ClientID, req.Lane, last); err != nil {
		return wire.PushResponse{}, fmt.Errorf("move last mid to %d: %w", last, err)
	}
	return resp, s.end(ctx)
}

// one answers an operation: from memory if it was seen, else by applying it.
func (s *session) one(ctx context.Context, op wire.Op, last int64) (r wire.Result, forked bool, err error) {
	if op.Mid <= last {
		r, ok, err := s.tx.Result(ctx, op.ClientID, op.Lane, op.Mid)
		if err != nil {
			return r, false, fmt.Errorf("read result of mid %d: %w", op.Mid, err)
		}
		return r, !ok || r.OpID != op.OpID, nil
	}
	r, seen, err := s.tx.ResultOf(ctx, op.OpID)
	if err != nil {
		return r, false, fmt.Errorf("read result of operation: %w", err)
	}
	if !seen {
		if r, err = s.apply(ctx, op); err != nil {
			return r, false, err
		}
	}
	r.Mid = op.Mid
	if err := s.tx.PutResult(ctx, op.ClientID, op.Lane, r); err != nil {
		return r, false, fmt.Errorf("store result of mid %d: %w", op.Mid, err)
	}
	return r, false, nil
}
