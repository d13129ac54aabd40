package api

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/limit"
)

// Limits answers for rates of requests and tokens, and for calls at a time.
type Limits struct {
	DB      limit.Database
	Book    *limit.Book
	Limiter *limit.Limiter
	Sharing string // how several servers share them: process, redis or postgres
}

var _ httpapi.Limits = Limits{}

const perMinute = 60 // seconds: the usual window

// ListLimits lists the oldest first.
func (l Limits) ListLimits(ctx context.Context) ([]httpapi.Limit, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	var all []limit.Named
	err = l.DB.TenantRead(ctx, caller.TenantID, func(tx pgx.Tx) (err error) {
		all, err = limit.List(ctx, tx, caller.TenantID)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]httpapi.Limit, 0, len(all))
	for _, one := range all {
		shown := l.show(one.Kept, one.Name)
		if used, reset, ok := l.Limiter.Used(ctx, caller.TenantID, one.Rule); ok {
			shown.Used = &used
			if reset > 0 {
				at := time.Now().Add(reset).UTC()
				shown.ResetsAt = &at
			}
		}
		out = append(out, shown)
	}
	return out, nil
}

func (l Limits) show(k limit.Kept, name string) httpapi.Limit {
	out := httpapi.Limit{
		ID: k.ID, HolderKind: string(k.Holder), HolderID: k.Holds, Holder: name, Measure: string(k.Measure), Amount: k.Amount,
		WindowSeconds: int(k.Window / time.Second), OnFailure: "closed", Sharing: l.Sharing, Source: k.Source, CreatedAt: k.Created,
	}
	if k.FailOpen {
		out.OnFailure = "open"
	}
	return out
}

// CreateLimit sets a limit; it holds here at once and in other processes within
// a second.
func (l Limits) CreateLimit(ctx context.Context, n httpapi.NewLimit) (httpapi.Limit, error) {
	window := time.Duration(n.WindowSeconds) * time.Second
	if window == 0 && limit.Measure(n.Measure) != limit.Concurrent {
		window = perMinute * time.Second
	}
	wanted := limit.Kept{Rule: limit.Rule{
		Holder: limit.Holder(n.HolderKind), Holds: n.HolderID, Measure: limit.Measure(n.Measure), Amount: n.Amount, Window: window, FailOpen: n.OnFailure == "open",
	}}
	return l.change(ctx, func(tx pgx.Tx, caller httpapi.Caller) (limit.Kept, error) {
		return limit.Put(ctx, tx, caller.TenantID, audit.By(caller), wanted)
	})
}

// PatchLimit changes what is present.
func (l Limits) PatchLimit(ctx context.Context, id string, p httpapi.LimitPatch) (httpapi.Limit, error) {
	return l.change(ctx, func(tx pgx.Tx, caller httpapi.Caller) (limit.Kept, error) {
		return limit.Change(ctx, tx, caller.TenantID, audit.By(caller), id, func(k *limit.Kept) {
			if p.Amount != nil {
				k.Amount = *p.Amount
			}
			if p.WindowSeconds != nil {
				k.Window = time.Duration(*p.WindowSeconds) * time.Second
			}
			if p.OnFailure != nil {
				k.FailOpen = *p.OnFailure == "open"
			}
		})
	})
}

// DeleteLimit removes a limit.
func (l Limits) DeleteLimit(ctx context.Context, id string) error {
	_, err := l.change(ctx, func(tx pgx.Tx, caller httpapi.Caller) (limit.Kept, error) {
		return limit.Kept{}, limit.Remove(ctx, tx, caller.TenantID, audit.By(caller), id)
	})
	return err
}

func (l Limits) change(ctx context.Context, fn func(pgx.Tx, httpapi.Caller) (limit.Kept, error)) (httpapi.Limit, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Limit{}, err
	}
	var kept limit.Kept
	if err := l.DB.Tenant(ctx, caller.TenantID, func(tx pgx.Tx) (err error) {
		kept, err = fn(tx, caller)
		return err
	}); err != nil {
		return httpapi.Limit{}, err
	}
	if err := l.Book.Changed(ctx, caller.TenantID); err != nil {
		return httpapi.Limit{}, err
	}
	return l.show(kept, kept.Holds), nil
}
