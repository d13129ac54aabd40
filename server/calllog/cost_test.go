package calllog_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/ledger"
	"nexusai/server/store/storetest"
)

// TestCostsAreThoseOfTheLedger corrects a call as an invoice does: reports by
// whatever say what the ledger adds up to, and no call more.
func TestCostsAreThoseOfTheLedger(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant, other, user := storetest.Tenant(t, db), storetest.Tenant(t, db), uuid.NewString()
	book, _ := open(t, db, t.TempDir())
	c := call(tenant, "m")
	c.UserID = user
	o := book.Begin(c)
	o.End(priced) // 20
	book.Begin(call(other, "m")).End(priced)
	stored(t, db, tenant, "ledger_entry", 1)
	err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
		_, err := ledger.Book(t.Context(), tx, tenant, []ledger.Entry{{
			CallID: o.ID(), Attempt: 1, Kind: ledger.Correct, N: 1, At: time.Now(), UserID: user, Model: "m", Deployment: priced.Deployment, Holder: -5, Amount: 5,
		}})
		return err
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	for _, by := range []string{"model", "deployment", "user", "key", "day"} {
		got, err := book.Costs(t.Context(), tenant, httpapi.CostQuery{By: by, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		last := got.Rows[len(got.Rows)-1]
		if got.Total.CostNanoUSD != 25 || got.Total.Calls != 1 || got.Total.InputTokens != 10 || (by != "day" && len(got.Rows) != 1) || last.CostNanoUSD != 25 || last.Calls != 1 {
			t.Errorf("by %s: %+v", by, got)
		}
	}
	d, err := book.Dashboard(t.Context(), tenant, "1h")
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	var points int64
	for _, p := range d.Points {
		points += p.CostNanoUSD
	}
	if d.CostNanoUSD != 25 || points != 25 || d.Calls != 1 || len(d.Models) != 1 || d.Models[0].CostNanoUSD != 25 {
		t.Errorf("the dashboard: %d, its points %d, its models %+v", d.CostNanoUSD, points, d.Models)
	}
}
