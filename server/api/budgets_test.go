package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/budget"
	"nexusai/server/ledger"
)

const (
	budgetsPath = "/api/admin/budgets"
	alertsPath  = "/api/admin/alerts"
)

func aBudget(kind, id string) map[string]any {
	return map[string]any{"holder_kind": kind, "holder_id": id, "period": "month", "amount_nano_usd": 1_000_000_000, "contact": "Ana"}
}

func TestBudgetsAreKeptAndTellOfTheirMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := decode[httpapi.Budget](w.call(w.acme.owner, "POST", budgetsPath, aBudget("user", w.acme.ownerID)).want(201))
	if made.Holder != "Owner Example" || made.LeftNanoUSD != 1e9 || made.Unpriced != "deny" || made.Source != "console" || made.ResetsAt == nil || !made.ResetsAt.After(time.Now()) {
		t.Errorf("made %+v", made)
	}
	w.call(w.acme.owner, "POST", budgetsPath, aBudget("user", w.acme.ownerID)).want(409)
	// The owner spends 0.85 of 1 dollar and holds a little more.
	who := budget.Who{TenantID: w.acme.id, UserID: w.acme.ownerID}
	h, err := w.budgets.Reserve(t.Context(), who, 850_000_000, 850_000_000)
	w.must(err)
	h.Settle(850_000_000)
	w.must(w.db.Tenant(t.Context(), w.acme.id, func(tx pgx.Tx) error {
		fresh, err := ledger.Book(t.Context(), tx, w.acme.id, ledger.Settled(ledger.Entry{
			CallID: uuid.NewString(), Attempt: 1, At: h.At, Subjects: h.Subjects, Claims: h.Claims, Life: w.budgets.Life, Price: ledger.Price{Known: true},
		}, h.Amount, 850_000_000))
		if err != nil {
			return err
		}
		return w.budgets.Spent(context.Background(), tx, w.acme.id, fresh)
	}))
	_, err = w.budgets.Reserve(t.Context(), who, 10_000_000, 10_000_000)
	w.must(err)
	changed := decode[httpapi.Budget](w.call(w.acme.owner, "PATCH", budgetsPath+"/"+made.ID, map[string]any{"amount_nano_usd": 2_000_000_000, "unpriced": "allow"}).want(200))
	if changed.AmountNanoUSD != 2e9 || changed.SpentNanoUSD != 850_000_000 || changed.ReservedNanoUSD < 10_000_000 || changed.Contact != "Ana" || changed.Unpriced != "allow" ||
		changed.LeftNanoUSD != 2e9-changed.SpentNanoUSD-changed.ReservedNanoUSD {
		t.Errorf("changed %+v", changed)
	}
	if all := decode[[]httpapi.Budget](w.call(w.acme.owner, "GET", budgetsPath, nil).want(200)); len(all) != 1 || all[0].SpentNanoUSD != 850_000_000 {
		t.Errorf("listed %+v", all)
	}
	alerts := decode[[]httpapi.BudgetAlert](w.call(w.acme.owner, "GET", alertsPath, nil).want(200))
	if len(alerts) != 2 || alerts[0].Percent != 80 || alerts[1].Percent != 50 || alerts[0].Holder != "Owner Example" || alerts[0].Kind != "spent" || alerts[0].BudgetID != made.ID {
		t.Errorf("alerts %+v", alerts)
	}
	w.call(w.acme.owner, "GET", "/api/admin/audit", nil).want(200, "budget.created", "budget.changed", "budget.reached")
	w.call(w.acme.owner, "DELETE", budgetsPath+"/"+made.ID, nil).want(204)
	w.call(w.acme.owner, "DELETE", budgetsPath+"/"+made.ID, nil).want(404)
}

func TestBudgetsOfAnotherTenantAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := decode[httpapi.Budget](w.call(w.acme.owner, "POST", budgetsPath, aBudget("tenant", "")).want(201))
	w.call(w.beta.owner, "POST", budgetsPath, aBudget("user", w.acme.ownerID)).want(404)
	w.call(w.beta.owner, "PATCH", budgetsPath+"/"+mine.ID, map[string]any{"amount_nano_usd": 1}).want(404)
	w.call(w.beta.owner, "DELETE", budgetsPath+"/"+mine.ID, nil).want(404)
	if all := decode[[]httpapi.Budget](w.call(w.beta.owner, "GET", budgetsPath, nil).want(200)); len(all) != 0 {
		t.Errorf("another tenant sees %+v", all)
	}
	if all := decode[[]httpapi.BudgetAlert](w.call(w.beta.owner, "GET", alertsPath, nil).want(200)); len(all) != 0 {
		t.Errorf("another tenant sees %+v", all)
	}
	for _, r := range []struct{ method, path string }{
		{"GET", budgetsPath}, {"POST", budgetsPath}, {"PATCH", budgetsPath + "/" + mine.ID}, {"DELETE", budgetsPath + "/" + mine.ID}, {"GET", alertsPath},
	} {
		w.call("", r.method, r.path, aBudget("tenant", "")).want(http.StatusUnauthorized)
	}
}

func TestWhatIsNoBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]map[string]any{
		"less than nothing": {"amount_nano_usd": -1},
		"unknown holder":    {"holder_kind": "planet"},
		"unknown period":    {"period": "week"},
		"no id":             {"holder_kind": "key", "holder_id": "x"},
		"id of the tenant":  {"holder_id": uuid.NewString()},
		"zero byte":         {"contact": "a\x00b"},
	} {
		body := aBudget("tenant", "")
		for k, v := range change {
			body[k] = v
		}
		if a := w.call(w.acme.owner, "POST", budgetsPath, body); a.Code != 400 && a.Code != 422 {
			t.Errorf("%s: %d %s", name, a.Code, a.Body)
		}
	}
}

// TestABudgetOfAConversationNeedsOne: a mistyped id would bind nothing and look
// as if it did.
func TestABudgetOfAConversationNeedsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := uuid.NewString()
	w.call(w.acme.owner, "POST", budgetsPath, aBudget("conversation", id)).want(404, "holder_id")
	w.must(w.db.Tenant(t.Context(), w.acme.id, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into conversation (tenant_id, scope, id, title, model, pinned, created_at, last_at, ver, field_ver)
			values (nexus.tenant_id(), 'u', $1, '', '', false, now(), now(), 1, '{}')`, id)
		return err
	}))
	w.call(w.beta.owner, "POST", budgetsPath, aBudget("conversation", id)).want(404)
	w.call(w.acme.owner, "POST", budgetsPath, aBudget("conversation", id)).want(201)
	w.call(w.acme.owner, "POST", budgetsPath, aBudget("conversation", "")).want(201) // each one for itself
}
