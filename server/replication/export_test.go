package replication

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/sync/hub"
)

// ScopeStore is one scope of a Hub for the conformance suite.
type ScopeStore struct {
	Hub           *Hub
	Tenant, Scope string
}

func (s ScopeStore) Update(ctx context.Context, fn func(hub.Tx) error) error {
	return s.Hub.cfg.DB.Tenant(ctx, s.Tenant, func(tx pgx.Tx) error {
		t := newTx(tx, s.Tenant, s.Scope, time.Now())
		if err := fn(t); err != nil {
			return err
		}
		return t.flush(ctx)
	})
}

func (s ScopeStore) View(ctx context.Context, fn func(hub.Reader) error) error {
	return s.Hub.cfg.DB.TenantRead(ctx, s.Tenant, func(tx pgx.Tx) error {
		return fn(newTx(tx, s.Tenant, s.Scope, time.Now()))
	})
}

// DatabaseOf is the database of a hub, to make the hub of a second node on it.
func DatabaseOf(h *Hub) database { return h.cfg.DB }
