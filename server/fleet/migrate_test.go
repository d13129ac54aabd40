package fleet_test

import (
	"log/slog"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/llm"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// TestWhatWasThereBeforePoolsStays brings a database with a provider, its key,
// own prices and an alias to today's schema.
func TestWhatWasThereBeforePoolsStays(t *testing.T) {
	t.Parallel()
	app, owner := storetest.Older(t, 41)
	w := &world{t: t, log: &shared{}, tenant: uuid.NewString()}
	var err error
	w.keys, err = secret.Load(secret.Config{Dir: t.TempDir()})
	w.must(err)
	vendor := uuid.NewString()
	sealed, err := w.keys.Seal([]byte("sk-old"), secret.Where{Tenant: w.tenant, Row: vendor, Column: "provider.key_sealed"})
	w.must(err)
	w.db, err = store.Open(t.Context(), store.Config{URL: app, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	t.Cleanup(w.db.Close)
	w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(`insert into tenant (id, slug, name) values ($1, 'old', 'Old')`, w.tenant)
		batch.Queue(`insert into provider (tenant_id, id, name, kind, source, base_url, key_sealed) values ($1, $2, 'Old', 'openai', 'console', 'https://api.example.com/v1', $3)`, w.tenant, vendor, sealed)
		batch.Queue(`insert into provider_model (tenant_id, provider_id, id, upstream, kind, input_nano_usd, output_nano_usd, position)
			values ($1, $2, 'a', 'up', 'chat', 7, 11, 0), ($1, $2, 'b', 'up', 'chat', 5, null, 1), ($1, $2, 'c', 'c', 'chat', null, null, 2)`, w.tenant, vendor)
		batch.Queue(`insert into model_alias (tenant_id, alias, model) values ($1, 'best', 'a')`, w.tenant)
		return tx.SendBatch(t.Context(), &batch).Close()
	}))
	w.must(store.Migrate(t.Context(), owner, slog.New(slog.DiscardHandler)))
	f := w.process(nil)
	route, err := f.Candidates(w.as(w.tenant), broker.Query{Model: "best", Need: broker.CanChat})
	if err != nil || len(route.Deployments) != 1 || route.Deployments[0].Key != vendor || route.Deployments[0].Model != "up" {
		t.Fatalf("route %+v %v", route, err)
	}
	usage := llm.Usage{Input: 1000, Output: 1000}
	_, price := f.Settle(t.Context(), w.tenant, "a", broker.Attempt{Provider: vendor, Model: "up", Usage: usage, Started: f.Now()})
	if !price.Known || price.Cost(usage) != 18 {
		t.Errorf("price %+v", price)
	}
	list, err := f.List(t.Context(), w.tenant, nil)
	w.must(err)
	if p := list[len(list)-1]; len(p.Keys) != 1 || p.Keys[0].Name != "default" || p.Keys[0].State != "ready" || len(p.Models) != 3 {
		t.Errorf("provider %+v", p)
	}
}
