package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/llm"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

// call records one call of Acme at a provider, as nexusd does.
func (x *tool) call(provider, request string, estimated bool) {
	x.t.Helper()
	db := x.store()
	team, err := tenant.BySlug(x.t.Context(), db, "acme")
	x.must(err)
	book, err := calllog.Open(calllog.Config{DB: db, Dir: x.t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	x.must(err)
	price := ledger.Price{Known: true, Version: "test", Price: catalog.Price{InputNano: 1e9, OutputNano: 1e9}}
	o := book.Begin(calllog.Call{TenantID: team.ID, Surface: "v1", Operation: "chat", Model: "m", UserID: uuid.NewString()})
	x.must(o.Try(calllog.Attempt{N: 1, Provider: provider, Started: time.Now(), Price: price, Reserved: 1e9, MaxInput: 1000, MaxOutput: 1000}))
	a := broker.Attempt{N: 1, Provider: provider, Model: "up", RequestID: request, Usage: llm.Usage{Input: 10, Estimated: estimated}}
	o.Tried(1, a, "D", price)
	o.End(calllog.OutcomeOf(broker.Report{Attempts: []broker.Attempt{a}}, nil, func(broker.Attempt) (string, ledger.Price) { return "D", price }))
	ctx, cancel := context.WithCancel(x.t.Context())
	cancel()
	x.must(book.Run(ctx))
}

func (x *tool) store() *store.DB {
	x.t.Helper()
	db, err := store.Open(x.t.Context(), store.Config{URL: x.app, Log: slog.New(slog.DiscardHandler), MaxConns: 2})
	x.must(err)
	x.t.Cleanup(db.Close)
	return db
}

func (x *tool) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func TestTheLedgerIsVerifiedAndReconciled(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	x.run("", "ledger", "verify").want(done).says("acme", "true", "$0.000000000")
	provider := uuid.NewString()
	db := x.store()
	team, err := tenant.BySlug(t.Context(), db, "acme")
	x.must(err)
	x.must(db.Tenant(t.Context(), team.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into provider (tenant_id, id, name, kind, source, base_url) values ($1, $2, 'Scripted', 'openai', 'file', 'http://127.0.0.1')`, team.ID, provider)
		return err
	}))
	x.call(provider, "r-counted", false)
	x.call(provider, "r-guessed", true)
	x.run("", "ledger", "verify", "--tenant", "acme").want(done).says("true", "$0.000020000")

	invoice := filepath.Join(t.TempDir(), "invoice.csv")
	x.must(os.WriteFile(invoice, []byte("request_id,amount_usd\nr-counted,0.00001\nr-guessed,0.00003\nr-unheard,7\n"), 0o600))
	x.run("", "ledger", "reconcile").want(misused).says("--provider")
	x.run("", "ledger", "reconcile", invoice, "--provider", "Nobody").want(failed).says(`no provider "Nobody"`)
	x.run("", "ledger", "reconcile", invoice, "--provider", "Scripted").want(done).says("r-guessed", "the amount", "--apply corrects it", "r-unheard", "$7.000000000", "the ledger has no such request",
		"2 differences: 1 in the amount, 1 only on the invoice, 0 only in the ledger")
	x.run("", "ledger", "reconcile", "--provider", "Scripted", invoice, "--apply").want(done).says("r-guessed", "corrected")
	x.run("request_id,amount_usd\nr-guessed,0.00003\n", "ledger", "reconcile", "--provider", "Scripted", "-").want(done).says("0 differences")
	byDay := "date,model,amount_usd\n" + time.Now().UTC().Format(time.DateOnly) + ",up,0.00005\n"
	x.run(byDay, "ledger", "reconcile", "--provider", "Scripted", "-").want(done).says("$0.000040000", "a part of it (calls: 1) we only estimated")
	x.run(byDay, "ledger", "reconcile", "--provider", "Scripted", "--apply", "-").want(done).says("corrected")
	x.run(byDay, "ledger", "reconcile", "--provider", "Scripted", "-").want(done).says("0 differences")
	x.run("", "ledger", "verify").want(done).says("true")
	x.run("", "audit", "verify").want(done).says("intact")

	conn, err := pgx.Connect(t.Context(), storetest.SuperURL(t, x.app))
	x.must(err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `update ledger_entry set amount_nano_usd = amount_nano_usd - 1, holder_nano_usd = holder_nano_usd + 1 where kind = 'settle'`)
	x.must(err)
	out := x.run("", "ledger", "verify").want(notIntact).says("FALSE in", "its usage costs")
	if strings.Contains(out.stdout, "true") {
		t.Errorf("%s", out.stdout)
	}
}

func TestAnOperatorDecidesAboutADeadProcess(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	db := x.store()
	team, err := tenant.BySlug(t.Context(), db, "acme")
	x.must(err)
	dead, err := budget.New(budget.Config{DB: db, Log: slog.New(slog.DiscardHandler), Life: uuid.NewString()})
	x.must(err)
	x.run("", "budget", "list").want(done).says("HOLDER")
	x.run("", "budget", "create", "--usd", "plenty").want(misused)
	x.run("", "budget", "create", "--usd", "1.00", "--period", "week").want(failed)
	x.run("", "budget", "create", "--usd", "1.00", "--period", "total").want(done)
	_, err = dead.Reserve(t.Context(), budget.Who{TenantID: team.ID}, 1e9, 1e9)
	x.must(err)
	x.run("", "budget", "list").want(done).says("$1.000000000")
	x.run("", "budget", "release", "--process", dead.Life).want(failed).says("not seen for five minutes")
	x.must(db.Tenant(t.Context(), team.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `update budget_lease set seen_at = now() - interval '1 hour'`)
		return err
	}))
	x.run("", "budget", "leases").want(done).says(dead.Life)
	x.run("", "budget", "release", "--process", dead.Life, "--spent").want(done, "1 slices over $1.000000000 taken for spent\n")
	x.run("", "audit", "verify").want(done).says("intact")
}

func TestATeamHasATimeZone(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	x.run("", "tenant", "set").want(misused)
	x.run("", "tenant", "set", "--time-zone", "Mars/Olympus").want(failed).says("time zone")
	x.run("", "tenant", "set", "--unpriced", "perhaps").want(failed)
	x.run("", "tenant", "set", "--time-zone", "America/Sao_Paulo").want(done)
	x.run("", "tenant", "set", "--unpriced", "allow").want(done)
	db := x.store()
	team, err := tenant.BySlug(t.Context(), db, "acme")
	x.must(err)
	x.must(db.TenantRead(t.Context(), team.ID, func(tx pgx.Tx) error {
		s, err := tenant.ReadSettings(t.Context(), tx)
		if s.Zone().String() != "America/Sao_Paulo" || s.Unpriced != tenant.AllowUnpriced {
			t.Errorf("settings %+v", s)
		}
		return err
	}))
}
