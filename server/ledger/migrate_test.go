package ledger_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

const insertOld = `
insert into ledger_entry (tenant_id, id, call_id, kind, at, user_id, key_id, model, deployment,
    input_tokens, cached_tokens, output_tokens, amount_nano_usd, price_version, unpriced, estimated)
values ($1, gen_random_uuid(), gen_random_uuid(), 'settle', now() - interval '3 days', $2, $3, 'm', 'D', $4, $5, $6, $7, $8, $9, $10)`

// TestWhatWasBookedBeforeReservationsStaysTrue brings lines of the single-entry
// ledger into double entry: they balance, count against budgets that are made
// later, and verify beside new ones.
func TestWhatWasBookedBeforeReservationsStaysTrue(t *testing.T) {
	t.Parallel()
	app, owner := storetest.Older(t, 42)
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Config{URL: app, Log: log, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	s := &shop{T: t, db: db, url: app, tenant: storetest.Tenant(t, db)}
	other, user, key := storetest.Tenant(t, db), uuid.NewString(), uuid.NewString()
	for _, line := range []struct {
		tenant              string
		user, key           *string
		in, cached, out     int
		amount              int64
		price               string
		unpriced, estimated bool
	}{
		{s.tenant, &user, nil, 100, 40, 10, 1_000_001, "catalogue 2026-08", false, false},
		{s.tenant, &user, nil, 7, 0, 3, 20, "override x", false, true},
		{s.tenant, nil, &key, 5, 0, 5, 0, "", true, false},
		{s.tenant, nil, &key, 5, 0, 5, 0, "local", false, false},
		{other, &user, nil, 1, 0, 1, 9, "catalogue 2026-08", false, false},
	} {
		s.must(db.Tenant(t.Context(), line.tenant, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), insertOld, line.tenant, line.user, line.key, line.in, line.cached, line.out, line.amount, line.price, line.unpriced, line.estimated)
			return err
		}))
	}
	s.must(store.Migrate(t.Context(), owner, log))

	if v := s.verify(); !v.OK() || v.Entries != 4 || v.Settled != 1_000_021 || v.Priced != v.Settled || v.Unproved != 3 {
		t.Errorf("verdict %+v", v)
	}
	var unbalanced, usage, subjects int
	s.must(db.TenantRead(t.Context(), s.tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) filter (where holder_nano_usd + reserved_nano_usd + amount_nano_usd <> 0 or reserved_nano_usd <> 0),
			count(*) filter (where usage::jsonb = '{"input": 100, "cached": 40, "output": 10}'),
			count(*) filter (where subjects = array[tenant_id, coalesce(user_id, key_id)]) from ledger_entry`).Scan(&unbalanced, &usage, &subjects)
	}))
	if unbalanced != 0 || usage != 1 || subjects != 4 {
		t.Errorf("%d lines do not balance, %d have the usage of the first, %d the subjects of their payer", unbalanced, usage, subjects)
	}
	s.must(db.TenantRead(t.Context(), s.tenant, func(tx pgx.Tx) error {
		spent, _, err := ledger.Spend(t.Context(), tx, s.tenant, user, "", time.Now().AddDate(0, 0, -7))
		if spent != 1_000_021 {
			t.Errorf("the user spent %d", spent)
		}
		return err
	}))
	s.goesOn(log, user)
}

// goesOn books a call beside the old lines, under a budget that counts both.
func (s *shop) goesOn(log *slog.Logger, user string) {
	s.Helper()
	book, err := calllog.Open(calllog.Config{DB: s.db, Dir: s.TempDir(), Log: log, Spent: func(ctx context.Context, tx pgx.Tx, tenant string, fresh []ledger.Entry) error {
		return s.budgets.Spent(ctx, tx, tenant, fresh)
	}})
	s.must(err)
	s.budgets, err = budget.New(budget.Config{DB: s.db, Log: log, Life: book.Life()})
	s.must(err)
	_, err = s.budgets.Create(s.Context(), s.tenant, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: 1e12})
	s.must(err)
	_, err = s.budgets.Reserve(s.Context(), budget.Who{TenantID: s.tenant}, 1, 1)
	s.must(err)
	s.call(book, user, "req-new", 100, false)
	ctx, cancel := context.WithCancel(s.Context())
	cancel() // stores what there is, and ends
	s.must(book.Run(ctx))
	v := s.verify()
	if !v.OK() || v.Entries != 6 || v.Attempts != 1 || v.Settled <= 1_000_021 {
		s.Errorf("with a new call: %+v", v)
	}
	all, err := s.budgets.Standings(s.Context(), s.tenant)
	if err != nil || len(all) != 1 || all[0].Used != v.Settled {
		s.Errorf("the budget counted %+v %v, the ledger %d", all, err, v.Settled)
	}
}
