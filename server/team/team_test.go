package team_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/team"
)

const usd = int64(1_000_000_000)

// world is a tenant with two people, beside another tenant.
type world struct {
	*testing.T
	db            *store.DB
	tenant, other string
	ana, rui      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.Open(t)
	w := &world{T: t, db: db, tenant: storetest.Tenant(t, db), other: storetest.Tenant(t, db)}
	w.ana, w.rui = w.person("ana"), w.person("rui")
	return w
}

func (w *world) person(name string) string {
	w.Helper()
	id := uuid.NewString()
	w.must(w.within(func(tx pgx.Tx) error {
		_, err := tx.Exec(w.Context(), `insert into app_user (tenant_id, id, email, name, role, created_at) values ($1, $2, $3, $4, 'member', now())`,
			w.tenant, id, name+"@acme.test", name)
		return err
	}))
	return id
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(fault.Cause(err))
	}
}

func (w *world) within(fn func(tx pgx.Tx) error) error {
	return w.db.Tenant(w.Context(), w.tenant, fn)
}

func (w *world) put(name string) httpapi.Team {
	w.Helper()
	var made httpapi.Team
	w.must(w.within(func(tx pgx.Tx) (err error) {
		made, err = team.Put(w.Context(), tx, w.tenant, audit.Operator, name, team.FromConsole)
		return err
	}))
	return made
}

func (w *world) join(id, user string) error {
	return w.within(func(tx pgx.Tx) error { return team.Join(w.Context(), tx, w.tenant, audit.Operator, id, user) })
}

func (w *world) list(user string) (names []string) {
	w.Helper()
	w.must(w.within(func(tx pgx.Tx) error {
		all, err := team.List(w.Context(), tx, w.tenant, user)
		for _, one := range all {
			names = append(names, one.Name)
		}
		return err
	}))
	return names
}

// actions are the trail's, oldest first.
func (w *world) actions() (out []string) {
	w.Helper()
	w.must(w.within(func(tx pgx.Tx) error {
		rows, err := tx.Query(w.Context(), `select action from audit_entry order by seq`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	return out
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.Helper()
	w.must(w.within(func(tx pgx.Tx) error { return tx.QueryRow(w.Context(), sql, args...).Scan(&n) }))
	return n
}

func TestATeamIsMadeFilledAndEndsWithItsBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	research, ops := w.put("Research"), w.put("operations")
	for _, user := range []string{w.ana, w.ana, w.rui} { // once more is fine
		w.must(w.join(research.ID, user))
	}
	w.must(w.join(ops.ID, w.ana))
	if got := w.list(""); !slices.Equal(got, []string{"operations", "Research"}) {
		t.Errorf("listed %q", got)
	}
	if got := w.list(w.rui); !slices.Equal(got, []string{"Research"}) {
		t.Errorf("of Rui %q", got)
	}
	w.must(w.within(func(tx pgx.Tx) error {
		if err := team.Leave(t.Context(), tx, w.tenant, audit.Operator, research.ID, w.rui); err != nil {
			return err
		}
		if err := team.Leave(t.Context(), tx, w.tenant, audit.Operator, research.ID, w.rui); err != nil {
			return err
		}
		return team.Rename(t.Context(), tx, w.tenant, audit.Operator, research.ID, "  Research and tools ")
	}))
	w.must(w.within(func(tx pgx.Tx) error {
		in, err := team.Members(t.Context(), tx, w.tenant, research.ID)
		if len(in) != 1 || in[0].Email != "ana@acme.test" || in[0].State != "invited" || in[0].AddedAt.IsZero() {
			t.Errorf("members %+v", in)
		}
		return err
	}))
	w.must(w.within(func(tx pgx.Tx) error {
		for _, b := range []budget.Budget{
			{Holder: budget.OfTeam, HolderID: research.ID, Period: budget.Daily, Limit: usd},
			{Holder: budget.OfTeam, HolderID: research.ID, Period: budget.Total, Limit: usd},
			{Holder: budget.OfTeam, HolderID: ops.ID, Period: budget.Daily, Limit: usd},
			{Holder: budget.OfTeam, Period: budget.Monthly, Limit: usd}, // each team's
		} {
			if _, err := budget.Put(t.Context(), tx, w.tenant, audit.Operator, b); err != nil {
				return err
			}
		}
		n, err := team.Remove(t.Context(), tx, w.tenant, audit.Operator, research.ID)
		if n != 2 {
			t.Errorf("%d budgets went with the team", n)
		}
		return err
	}))
	if n := w.number(`select count(*) from budget`); n != 2 {
		t.Errorf("%d budgets are left, want the other team's and each team's", n)
	}
	if n := w.number(`select count(*) from team_member`); n != 1 {
		t.Errorf("%d memberships are left", n)
	}
	want := []string{
		"team.created", "team.created", "team.member_added", "team.member_added", "team.member_added", "team.member_removed", "team.renamed",
		"budget.created", "budget.created", "budget.created", "budget.created", "budget.removed", "budget.removed", "team.deleted",
	}
	if got := w.actions(); !slices.Equal(got, want) {
		t.Errorf("trail %q", got)
	}
}

func TestWhatCannotBeATeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.put("Research")
	for name, tt := range map[string]struct {
		name string
		want fault.Code
	}{
		"empty":              {"  ", fault.BadRequest},
		"too long":           {strings.Repeat("é", 121), fault.BadRequest},
		"bad bytes":          {"a\xff", fault.BadRequest},
		"NUL":                {"a\x00b", fault.BadRequest},
		"marks that reorder": {"a\u202eb", fault.BadRequest},
		"taken":              {"RESEARCH", fault.Conflict},
	} {
		err := w.within(func(tx pgx.Tx) error {
			_, err := team.Put(t.Context(), tx, w.tenant, audit.Operator, tt.name, team.FromConsole)
			return err
		})
		if fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	w.put(strings.Repeat("é", 120))
	if err := w.join(made.ID, uuid.NewString()); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("nobody joins: %v", err)
	}
	if err := w.join("x'--", w.ana); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("no team: %v", err)
	}
	err := w.within(func(tx pgx.Tx) error {
		_, err := team.Remove(t.Context(), tx, w.tenant, audit.Operator, uuid.NewString())
		return err
	})
	if fault.CodeOf(err) != fault.NotFound {
		t.Errorf("nothing is deleted: %v", err)
	}
}

func TestAnotherTenantReachesNoTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.put("Research")
	w.must(w.join(made.ID, w.ana))
	for name, do := range map[string]func(tx pgx.Tx) error{
		"members": func(tx pgx.Tx) error { _, err := team.Members(t.Context(), tx, w.other, made.ID); return err },
		"rename":  func(tx pgx.Tx) error { return team.Rename(t.Context(), tx, w.other, audit.Operator, made.ID, "Theirs") },
		"remove": func(tx pgx.Tx) error {
			_, err := team.Remove(t.Context(), tx, w.other, audit.Operator, made.ID)
			return err
		},
		"join":  func(tx pgx.Tx) error { return team.Join(t.Context(), tx, w.other, audit.Operator, made.ID, w.rui) },
		"leave": func(tx pgx.Tx) error { return team.Leave(t.Context(), tx, w.other, audit.Operator, made.ID, w.ana) },
		"budget": func(tx pgx.Tx) error {
			_, err := budget.Put(t.Context(), tx, w.other, audit.Operator, budget.Budget{Holder: budget.OfTeam, HolderID: made.ID, Period: budget.Total, Limit: usd})
			return err
		},
	} {
		if err := w.db.Tenant(t.Context(), w.other, do); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s: %v, want %s", name, err, fault.NotFound)
		}
	}
	w.must(w.db.Tenant(t.Context(), w.other, func(tx pgx.Tx) error {
		all, err := team.List(t.Context(), tx, w.other, "")
		if len(all) != 0 {
			t.Errorf("another tenant sees %+v", all)
		}
		return err
	}))
}

// TestABudgetIsNotLeftBehindByItsTeam makes a budget for a team while the team
// is being deleted: either both are gone or neither.
func TestABudgetIsNotLeftBehindByItsTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.put("Research")
	removed := make(chan error, 1)
	w.must(w.within(func(tx pgx.Tx) error {
		_, err := budget.Put(t.Context(), tx, w.tenant, audit.Operator, budget.Budget{Holder: budget.OfTeam, HolderID: made.ID, Period: budget.Total, Limit: usd})
		go func() {
			removed <- w.within(func(tx pgx.Tx) error {
				_, err := team.Remove(context.WithoutCancel(t.Context()), tx, w.tenant, audit.Operator, made.ID)
				return err
			})
		}()
		w.waits()
		return err
	}))
	w.must(<-removed)
	if n := w.number(`select count(*) from budget`); n != 0 {
		t.Error("a budget is for a team that is gone")
	}
}

// waits returns once somebody waits for a lock.
func (w *world) waits() {
	w.Helper()
	for w.Context().Err() == nil {
		var n int
		w.must(w.db.System(w.Context(), func(tx pgx.Tx) error {
			return tx.QueryRow(w.Context(), `select count(*) from pg_locks where not granted`).Scan(&n)
		}))
		if n > 0 {
			return
		}
	}
	w.Fatal("nobody waited")
}

// TestInSeveralTeamsEachBudgetBinds is what belonging to a team costs: every
// one's budget holds back the call, a refusal names the one that is empty, and
// who left is not bound.
func TestInSeveralTeamsEachBudgetBinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	research, tools := w.put("Research"), w.put("Tools")
	w.must(w.join(research.ID, w.ana))
	w.must(w.join(tools.ID, w.ana))
	b, err := budget.New(budget.Config{DB: w.db, Log: slog.New(slog.DiscardHandler), Life: uuid.NewString()})
	w.must(err)
	for id, limit := range map[string]int64{research.ID: usd, tools.ID: 2 * usd} {
		_, err := b.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfTeam, HolderID: id, Period: budget.Total, Limit: limit})
		w.must(err)
	}
	ana, rui := budget.Who{TenantID: w.tenant, UserID: w.ana}, budget.Who{TenantID: w.tenant, UserID: w.rui}
	h, err := b.Reserve(t.Context(), ana, 1, 3*usd)
	w.must(err)
	if h.Amount != usd || len(h.Claims) != 2 || !slices.Contains(h.Subjects, research.ID) || !slices.Contains(h.Subjects, tools.ID) {
		t.Errorf("held %+v", h)
	}
	h.Settle(usd)
	_, err = b.Reserve(t.Context(), ana, usd/2, usd/2)
	if f := fault.From(err); f == nil || f.Code != fault.QuotaSpent || !strings.Contains(f.Safe, `your team "Research" ($1.00)`) {
		t.Errorf("over one of two: %+v", f)
	}
	if h, err := b.Reserve(t.Context(), rui, usd, usd); err != nil || h.Bound {
		t.Errorf("somebody who is in no team: %+v %v", h, err)
	}
	// A process that only hears of it, within its tick.
	w.must(w.within(func(tx pgx.Tx) error {
		return team.Leave(t.Context(), tx, w.tenant, audit.Operator, research.ID, w.ana)
	}))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	defer func() { stop(); <-done }()
	for {
		h, err := b.Reserve(t.Context(), ana, usd/2, usd/2)
		if err == nil {
			if len(h.Claims) != 1 || h.Claims[0].Subject != tools.ID {
				t.Errorf("who left one team is held to %+v", h.Claims)
			}
			return
		}
		if fault.CodeOf(err) != fault.QuotaSpent || t.Context().Err() != nil {
			t.Fatal(fault.Cause(err))
		}
	}
}
