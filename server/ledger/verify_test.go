package ledger_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// shop is a tenant with calls in its log and its ledger.
type shop struct {
	*testing.T
	db      *store.DB
	url     string
	tenant  string
	budgets *budget.Budgets
}

func newShop(t *testing.T) *shop {
	t.Helper()
	url, _ := storetest.URLs(t)
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Config{URL: url, Log: log, MaxConns: 4})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	t.Cleanup(db.Close)
	s := &shop{T: t, db: db, url: url, tenant: storetest.Tenant(t, db)}
	book, err := calllog.Open(calllog.Config{DB: db, Dir: t.TempDir(), Log: log, Spent: func(ctx context.Context, tx pgx.Tx, tenant string, fresh []ledger.Entry) error {
		return s.budgets.Spent(ctx, tx, tenant, fresh)
	}})
	s.must(err)
	s.budgets, err = budget.New(budget.Config{DB: db, Log: log, Life: book.Life()})
	s.must(err)
	_, err = s.budgets.Create(t.Context(), s.tenant, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: 1e12})
	s.must(err)
	_, err = s.budgets.Reserve(t.Context(), budget.Who{TenantID: s.tenant}, 1, 1)
	s.must(err)
	for n := range 7 {
		s.call(book, uuid.NewString(), "req-"+string(rune('a'+n)), 100+n, n >= 5)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // stores what there is, and ends
	s.must(book.Run(ctx))
	return s
}

// call records one call, as the broker and its gate do.
func (s *shop) call(book *calllog.Book, user, request string, input int, estimated bool) {
	s.Helper()
	o := book.Begin(calllog.Call{TenantID: s.tenant, Surface: "v1", Operation: "chat", Model: "m", UserID: user})
	s.must(o.Try(calllog.Attempt{N: 1, Deployment: "d", Provider: "p", Started: time.Now(), Price: price, Reserved: 1e9, Likely: 100, MaxInput: 500, MaxOutput: 500}))
	a := broker.Attempt{N: 1, Deployment: "d", Provider: "p", Model: "up", RequestID: request, Usage: llm.Usage{Input: input, Cached: 50, Output: 10, Estimated: estimated}}
	o.Tried(1, a, "D", price)
	o.End(calllog.OutcomeOf(broker.Report{Attempts: []broker.Attempt{a}}, nil, func(broker.Attempt) (string, ledger.Price) { return "D", price }))
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(fault.Cause(err))
	}
}

// tamper changes the database behind everybody's back.
func (s *shop) tamper(sql string) {
	s.Helper()
	conn, err := pgx.Connect(s.Context(), storetest.SuperURL(s.T, s.url))
	s.must(err)
	defer conn.Close(s.Context())
	_, err = conn.Exec(s.Context(), sql)
	s.must(err)
}

func (s *shop) verify() ledger.Verdict {
	s.Helper()
	v, err := ledger.Verify(s.Context(), s.db, s.tenant)
	s.must(err)
	return v
}

func TestAnHonestLedgerVerifies(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if v := s.verify(); !v.OK() || v.Entries != 14 || v.Attempts != 7 || v.Settled == 0 || v.Settled != v.Priced {
		t.Errorf("verdict %+v", v)
	}
	if v, err := ledger.Verify(t.Context(), s.db, storetest.Tenant(t, s.db)); err != nil || !v.OK() || v.Entries != 0 {
		t.Errorf("another tenant: %+v %v", v, err)
	}
}

func TestWhatWasTamperedWithDoesNot(t *testing.T) {
	t.Parallel()
	const one = ` where ctid = (select ctid from ledger_entry where kind = 'settle' limit 1)`
	for name, tt := range map[string]struct{ sql, want string }{
		"an amount and its balance": {`update ledger_entry set amount_nano_usd = amount_nano_usd + 1, holder_nano_usd = holder_nano_usd - 1` + one, "its usage costs"},
		"one account":               {`alter table ledger_entry drop constraint ledger_balances; update ledger_entry set holder_nano_usd = 0` + one, "does not balance"},
		"usage in the ledger":       {`update ledger_entry set usage = '{"input": 1}'` + one, "its usage costs"},
		"usage in the log":          {`update inference_attempt set output_tokens = 11 where provider_request = 'req-a'`, "its usage costs"},
		"cost in the log":           {`update inference_attempt set cost_nano_usd = 0 where provider_request = 'req-a'`, "nothing in the log"},
		"a call's cost":             {`update inference_log set cost_nano_usd = 7 where ctid = (select ctid from inference_log limit 1)`, "its attempts cost"},
		"a price":                   {`update ledger_price set price = '{"InputNano": 1}'`, "not the one that was charged by"},
		"no price":                  {`delete from ledger_price`, "is not there"},
		"a settlement gone":         {`delete from ledger_entry` + one, "never settled"},
		"a reservation gone":        {`delete from ledger_entry where ctid = (select ctid from ledger_entry where kind = 'reserve' limit 1)`, "given back"},
		"an attempt gone":           {`delete from inference_attempt where provider_request = 'req-b'`, "nothing in the log"},
		"both lines gone":           {`delete from ledger_entry where call_id = (select call_id from inference_attempt where provider_request = 'req-b')`, "nothing in the ledger"},
		"a budget's counter":        {`update budget_period set spent_nano_usd = spent_nano_usd - 1`, "counted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.tamper(tt.sql)
			if v := s.verify(); v.OK() || !strings.Contains(strings.Join(v.Problems, "\n"), tt.want) {
				t.Errorf("verdict %+v, want %q", v, tt.want)
			}
		})
	}
}

func TestAnInvoiceCorrectsOnlyWhatWeEstimated(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	today := time.Now().UTC().Format(time.DateOnly)
	// a is right, b was counted by the provider and differs, f was estimated and
	// differs, z we never heard of, c to g are not on it, of which g was estimated.
	text := "date,request_id,amount_usd\n" + today + ",req-a,0.0002875\n" + today + ",req-b,1\n" + today + ",req-f,0.5\n" + today + ",req-z,0.25\n"
	lines, err := ledger.ReadInvoice(strings.NewReader(text))
	s.must(err)
	for round, want := range []map[string]int{
		{"differs req-b": 1, "differs req-f": 1, "unknown req-z": 1, "unbilled req-c": 1, "unbilled req-d": 1, "unbilled req-e": 1, "unbilled req-g": 1},
		{"differs req-b": 1, "unknown req-z": 1, "unbilled req-c": 1, "unbilled req-d": 1, "unbilled req-e": 1},
	} {
		s.must(s.db.Tenant(t.Context(), s.tenant, func(tx pgx.Tx) error {
			r, err := ledger.Reconcile(t.Context(), tx, s.tenant, "p", lines)
			if err != nil {
				return err
			}
			fresh, err := r.Correct(t.Context(), tx, s.tenant, "invoice")
			if err != nil {
				return err
			}
			got := map[string]int{}
			for _, d := range r.Differences {
				got[d.Kind+" "+d.RequestID]++
				if d.Corrected != (d.RequestID == "req-f" || d.RequestID == "req-g") || d.Note() == "" {
					t.Errorf("round %d: %+v", round, d)
				}
				if d.RequestID == "req-z" && d.Note() != "the ledger has no such request at this provider" {
					t.Errorf("what only the invoice has: %q", d.Note())
				}
			}
			if len(got) != len(want) || len(fresh) != 2-2*round {
				t.Errorf("round %d: %v, want %v; %d corrections", round, got, want, len(fresh))
			}
			return s.budgets.Spent(t.Context(), tx, s.tenant, fresh)
		}))
	}
	if v := s.verify(); !v.OK() || v.Entries != 16 {
		t.Errorf("after the correction: %+v", v)
	}
	days, err := ledger.ReadInvoice(strings.NewReader("date,model,amount_usd\n" + today + ",up,0.00000001\n2026-01-01,up,3\n"))
	s.must(err)
	s.must(s.db.Tenant(t.Context(), s.tenant, func(tx pgx.Tx) error {
		r, err := ledger.Reconcile(t.Context(), tx, s.tenant, "p", days)
		if err == nil && (len(r.Differences) != 2 || r.Differences[0].Kind != ledger.Differs || r.Differences[1].Kind != ledger.Unknown) {
			t.Errorf("by day: %+v", r.Differences)
		}
		return err
	}))
}

// reconcile compares an invoice and, with apply, corrects by it.
func (s *shop) reconcile(invoice string, apply bool) (r ledger.Reconciliation, fresh []ledger.Entry) {
	s.Helper()
	lines, err := ledger.ReadInvoice(strings.NewReader(invoice))
	s.must(err)
	s.must(s.db.Tenant(s.Context(), s.tenant, func(tx pgx.Tx) error {
		if r, err = ledger.Reconcile(s.Context(), tx, s.tenant, "p", lines); err != nil || !apply {
			return err
		}
		if fresh, err = r.Correct(s.Context(), tx, s.tenant, "invoice"); err != nil {
			return err
		}
		return s.budgets.Spent(s.Context(), tx, s.tenant, fresh)
	}))
	return r, fresh
}

// TestAnInvoiceByDayCorrectsEstimatesInProportion: of seven calls over
// $0.002065 two were estimated, over $0.0003 and $0.0003025.
func TestAnInvoiceByDayCorrectsEstimatesInProportion(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	day := func(usd string) string {
		return "date,model,amount_usd\n" + time.Now().UTC().Format(time.DateOnly) + ",up," + usd + "\n"
	}
	for usd, note := range map[string]string{
		"10":        "what we only estimated of it does not explain so much: ask the provider", // over what was held
		"0.0000001": "what we only estimated of it does not explain so much: ask the provider", // less than what the provider counted
		"0.003":     "a part of it (calls: 2) we only estimated: --apply corrects that in proportion",
	} {
		if r, _ := s.reconcile(day(usd), false); len(r.Differences) != 1 || r.Differences[0].Note() != note || !r.Differences[0].Estimated {
			t.Errorf("$%s: %+v", usd, r.Differences)
		}
	}
	if _, fresh := s.reconcile(day("10"), true); len(fresh) != 0 {
		t.Errorf("corrected by more than what was held: %+v", fresh)
	}
	r, fresh := s.reconcile(day("0.003"), true)
	if len(fresh) != 2 || fresh[0].Amount != 465_560 || fresh[1].Amount != 935_000-465_560 || !r.Differences[0].Corrected {
		t.Errorf("$0.003: %+v", fresh)
	}
	if r, fresh = s.reconcile(day("0.003"), true); len(r.Differences) != 0 || len(fresh) != 0 || r.Booked != 3_000_000 {
		t.Errorf("once more: %+v %+v", r, fresh)
	}
	if _, fresh = s.reconcile(day("0.002"), true); len(fresh) != 2 || fresh[0].Amount >= 0 || fresh[0].N != 2 {
		t.Errorf("a later invoice says less: %+v", fresh)
	}
	if v := s.verify(); !v.OK() || v.Entries != 18 {
		t.Errorf("after the corrections: %+v", v)
	}
}

// TestAnInvoiceOfBothKindsCountsEachCallOnce: input and output may be lines of
// their own, and what is named by its request is not looked for in its day.
func TestAnInvoiceOfBothKindsCountsEachCallOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	today := time.Now().UTC().Format(time.DateOnly)
	invoice := "date,model,request_id,amount_usd\n" + today + ",up,req-a,0.0002\n" + today + ",up,req-a,0.0000875\n" +
		today + ",up,,0.001\n" + today + ",up,,0.0007775\n"
	r, _ := s.reconcile(invoice, false)
	if len(r.Differences) != 0 || r.Booked != 2_065_000 || r.Invoiced != r.Booked {
		t.Errorf("%+v", r)
	}
}
