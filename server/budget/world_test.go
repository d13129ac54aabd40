package budget_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

const usd = int64(1_000_000_000)

// world is a tenant with processes that spend its money.
type world struct {
	*testing.T
	db     *store.DB
	tenant string
	user   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.Open(t)
	w := &world{T: t, db: db, tenant: storetest.Tenant(t, db), user: uuid.NewString()}
	w.exec(`insert into app_user (tenant_id, id, email, role, created_at) values ($1, $2, $3, 'member', now())`, w.tenant, w.user, w.user+"@acme.test")
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(fault.Cause(err))
	}
}

func (w *world) exec(sql string, args ...any) {
	w.Helper()
	w.must(w.db.Tenant(context.Background(), w.tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	}))
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.Helper()
	w.must(w.db.TenantRead(w.Context(), w.tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(w.Context(), sql, args...).Scan(&n)
	}))
	return n
}

// process is a nexusd as budgets see one: what it settles is stored by store.
type process struct {
	*world
	*budget.Budgets
	life    string
	pending []ledger.Entry // its journal
	held    []*budget.Hold // and who did not come back
}

func (w *world) process() *process { return w.processAt(time.Now) }

func (w *world) processAt(now func() time.Time) *process {
	w.Helper()
	life := uuid.NewString()
	b, err := budget.New(budget.Config{DB: w.db, Log: slog.New(slog.DiscardHandler), Life: life, Now: now})
	w.must(err)
	return &process{world: w, Budgets: b, life: life}
}

func (w *world) who() budget.Who { return budget.Who{TenantID: w.tenant, UserID: w.user} }

func (w *world) budget(x budget.Budget) budget.Budget {
	w.Helper()
	var made budget.Budget
	w.must(w.db.Tenant(w.Context(), w.tenant, func(tx pgx.Tx) (err error) {
		made, err = budget.Put(w.Context(), tx, w.tenant, audit.Operator, x)
		return err
	}))
	return made
}

// entry is the settlement of a hold.
func (p *process) entry(h *budget.Hold, cost int64) ledger.Entry {
	lines := ledger.Settled(ledger.Entry{
		CallID: uuid.Must(uuid.NewV7()).String(), Attempt: 1, At: h.At, Subjects: h.Subjects, Life: p.life, Claims: h.Claims,
		Price: ledger.Price{Known: true, Version: "test"},
	}, h.Amount, cost)
	return lines[len(lines)-1]
}

func (p *process) settle(h *budget.Hold, cost int64) {
	h.Settle(cost)
	if cost > 0 {
		p.pending = append(p.pending, p.entry(h, cost))
	}
}

// store is what the call log does with a journal.
func (w *world) store(p *process) {
	w.Helper()
	w.must(w.db.Tenant(context.Background(), w.tenant, func(tx pgx.Tx) error {
		fresh, err := ledger.Book(context.Background(), tx, w.tenant, p.pending)
		if err != nil || len(fresh) == 0 {
			return err
		}
		return p.Spent(context.Background(), tx, w.tenant, fresh)
	}))
	p.pending = nil
}
