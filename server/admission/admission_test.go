package admission_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/admission"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// prices are 1 USD for a million input tokens, 10 of output, cached a tenth.
type prices struct {
	unknown, paid bool
	dearest       string // part of input and output, by a price of its own
	search        int64
}

func (p prices) Settle(_ context.Context, _, _ string, a broker.Attempt) (string, ledger.Price) {
	if p.unknown {
		return "Scripted", ledger.Price{Paid: p.paid}
	}
	list := catalog.Price{InputNano: 1e9, CachedNano: 1e8, OutputNano: 1e10, SearchNano: p.search}
	switch p.dearest {
	case "written":
		list.CacheWriteNano, list.ReasoningNano = 2e9, 2e10
	case "kept":
		list.CacheWriteNano, list.CacheHourNano, list.ReasoningNano = 2e9, 4e9, 2e10
	case "sound":
		list.AudioInNano, list.AudioOutNano = 8e9, 4e10
	}
	return "Scripted", ledger.Price{Known: true, Version: "test", Paid: p.paid, Price: list}
}

type world struct {
	*testing.T
	db      *store.DB
	tenant  string
	user    string
	calls   *calllog.Book
	budgets *budget.Budgets
	gate    *admission.Gate
}

func newWorld(t *testing.T, p prices) *world {
	t.Helper()
	db := storetest.Open(t)
	w := &world{T: t, db: db, tenant: storetest.Tenant(t, db), user: uuid.NewString()}
	log := slog.New(slog.DiscardHandler)
	var err error
	w.calls, err = calllog.Open(calllog.Config{
		DB: db, Dir: t.TempDir(), Log: log,
		Spent: func(ctx context.Context, tx pgx.Tx, tenant string, fresh []ledger.Entry) error {
			return w.budgets.Spent(ctx, tx, tenant, fresh)
		},
		Closed: func(ctx context.Context, lives []string) error { return w.budgets.Close(ctx, lives) },
	})
	w.must(err)
	w.budgets, err = budget.New(budget.Config{DB: db, Log: log, Life: w.calls.Life()})
	w.must(err)
	w.gate, err = admission.New(admission.Config{Calls: w.calls, Budgets: w.budgets, Prices: p, Log: log})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	for _, part := range []func(context.Context) error{w.calls.Run, w.budgets.Run} {
		parts.Go(func() { _ = part(ctx) })
	}
	t.Cleanup(func() { cancel(); parts.Wait() })
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(fault.Cause(err))
	}
}

func (w *world) budget(limit int64) {
	w.Helper()
	_, err := w.budgets.Create(w.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfUser, Period: budget.Total, Limit: limit})
	w.must(err)
}

// begin is a call of the tenant's key, which the user made.
func (w *world) begin() (*calllog.Ongoing, context.Context) {
	key := uuid.NewString()
	o := w.calls.Begin(calllog.Call{TenantID: w.tenant, Surface: "v1", Operation: "chat", Model: "m", KeyID: key})
	return o, httpapi.WithCaller(w.Context(), httpapi.Caller{TenantID: w.tenant, UserID: w.user, KeyID: key})
}

func (w *world) number(sql string) (n int64) {
	w.Helper()
	w.must(w.db.TenantRead(w.Context(), w.tenant, func(tx pgx.Tx) error { return tx.QueryRow(w.Context(), sql).Scan(&n) }))
	return n
}

// reach waits until a count is want.
func (w *world) reach(sql string, want int64) {
	w.Helper()
	got := int64(-1)
	for deadline := time.Now().Add(20 * time.Second); got != want; time.Sleep(10 * time.Millisecond) {
		if got = w.number(sql); time.Now().After(deadline) {
			w.Fatalf("%s: %d, want %d", sql, got, want)
		}
	}
}

var deployment = broker.Deployment{ID: "d", Name: "D", Provider: "p", Model: "up", Key: "k", MaxOutput: 4000}

func ask(o *calllog.Ongoing, b broker.Bound) broker.Ask {
	return broker.Ask{CallID: o.ID(), Attempt: 1, Model: "m", Operation: broker.CanChat, Bound: b}
}

func TestAnAttemptIsHeldJournalledAndSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, prices{})
	w.budget(50_000_000) // 5 cents
	o, ctx := w.begin()
	ticket, err := w.gate.Admit(ctx, deployment, ask(o, broker.Bound{Input: 1000, MaxOutput: 4000, Choices: 1}))
	w.must(err)
	if ticket.MaxOutput() != 0 || o.Limit() != 0 {
		t.Errorf("a limit of %d was set over the request's own", ticket.MaxOutput())
	}
	// 41 of 50 are held: another of the same kind has no place.
	second, ctx2 := w.begin()
	if _, err := w.gate.Admit(ctx2, deployment, ask(second, broker.Bound{Input: 1000, MaxOutput: 4000, Choices: 1})); fault.CodeOf(err) != fault.QuotaSpent {
		t.Fatalf("the second call: %v", err)
	}
	second.End(calllog.OutcomeOf(broker.Report{}, fault.New(fault.QuotaSpent, "", nil), nil))
	a := broker.Attempt{N: 1, Deployment: "d", Provider: "p", Model: "up", Lane: broker.LaneBytes, Why: broker.WhyOnly, Usage: llm.Usage{Input: 900, Cached: 500, Output: 100}}
	ticket.Settle(a)
	cost := o.End(calllog.OutcomeOf(broker.Report{Attempts: []broker.Attempt{a}}, nil, func(broker.Attempt) (string, ledger.Price) { return "Scripted", ledger.Price{} }))
	if want := int64(400*1000 + 500*100 + 100*10_000); cost != want {
		t.Errorf("cost %d, want %d", cost, want)
	}
	w.reach(`select count(*) from inference_log`, 2)
	for sql, want := range map[string]int64{
		`select count(*) from ledger_entry`:                                                   2,
		`select sum(holder_nano_usd + reserved_nano_usd + amount_nano_usd) from ledger_entry`: 0,
		`select sum(reserved_nano_usd) from ledger_entry`:                                     0,
		`select spent_nano_usd from budget_period`:                                            cost,
		`select spent_nano_usd from budget_lease`:                                             cost,
		`select count(*) from inference_attempt where lane = 'bytes' and reason = 'only'`:     1,
		`select count(*) from inference_log where error_code = 'quota.spent'`:                 1,
	} {
		if got := w.number(sql); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}

func TestAnAnswerWithoutALimitGetsWhatTheBudgetAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, prices{})
	o, ctx := w.begin()
	ticket, err := w.gate.Admit(ctx, deployment, ask(o, broker.Bound{Input: 1000}))
	w.must(err)
	if ticket.MaxOutput() != 0 {
		t.Errorf("without a budget a limit of %d was set", ticket.MaxOutput())
	}
	ticket.Settle(broker.Attempt{N: 1})
	w.budget(25_000_000)
	o, ctx = w.begin()
	two := ask(o, broker.Bound{Input: 1000, Choices: 2})
	ticket, err = w.gate.Admit(ctx, deployment, two)
	w.must(err)
	// 24 of the 25 million are left for output, for two answers at 10,000 a token.
	if got := ticket.MaxOutput(); got != 1199 || o.Limit() != got {
		t.Errorf("limit %d and %d", got, o.Limit())
	}
	ticket.Settle(broker.Attempt{N: 1})
	rich := newWorld(t, prices{})
	rich.budget(1_000_000_000_000)
	o, ctx = rich.begin()
	ticket, err = rich.gate.Admit(ctx, deployment, ask(o, broker.Bound{Input: 1000, Choices: 2}))
	rich.must(err)
	if got := ticket.MaxOutput(); got != deployment.MaxOutput {
		t.Errorf("with plenty each of two answers may have %d tokens, want all that the model gives", got)
	}
	ticket.Settle(broker.Attempt{N: 1})
	o, ctx = w.begin()
	if _, err := w.gate.Admit(ctx, deployment, ask(o, broker.Bound{Input: 24_000})); fault.CodeOf(err) != fault.QuotaSpent {
		t.Errorf("room for hardly a word: %v", err)
	}
}

// TestSoundIsHeldByTheTokensItCanHave: twenty a second, heard and written.
func TestSoundIsHeldByTheTokensItCanHave(t *testing.T) {
	t.Parallel()
	for budget, want := range map[int64]fault.Code{13_000_000: fault.QuotaSpent, 13_300_000: ""} {
		w := newWorld(t, prices{})
		w.budget(budget)
		o, ctx := w.begin()
		hears := ask(o, broker.Bound{Millis: 60_000})
		hears.Operation = broker.CanTranscribe
		ticket, err := w.gate.Admit(ctx, deployment, hears)
		if fault.CodeOf(err) != want {
			t.Errorf("with %d: %v", budget, err)
		}
		if err == nil {
			ticket.Settle(broker.Attempt{N: 1})
		}
	}
}

// TestWhatBytesDoNotBoundIsHeldByWhatTheModelReads: a document, or what a tool
// brings that the provider runs, is as long as the model can read, and read once
// more for each use of a tool.
func TestWhatBytesDoNotBoundIsHeldByWhatTheModelReads(t *testing.T) {
	t.Parallel()
	reads := deployment
	reads.Context = 10_000
	for name, tt := range map[string]struct {
		bound broker.Bound
		d     broker.Deployment
		held  int64
	}{
		"a document":       {broker.Bound{Input: 50, MaxOutput: 1, Open: true}, reads, 10_000_000 + 10_000 + 3},
		"two searches":     {broker.Bound{Input: 50, MaxOutput: 1, Open: true, Uses: 2, Searches: 2}, reads, 3*10_000_000 + 2*7_000_000 + 10_000 + 3},
		"an unknown model": {broker.Bound{Input: 50, MaxOutput: 1, Open: true}, deployment, 131_072_000 + 10_000 + 3},
		"tools":            {broker.Bound{Input: 50, MaxOutput: 1, Tools: true}, reads, 650_000 + 10_000 + 3},
	} {
		for less, want := range map[int64]fault.Code{0: "", 1: fault.QuotaSpent} {
			w := newWorld(t, prices{search: 7_000_000})
			w.budget(tt.held - less)
			o, ctx := w.begin()
			ticket, err := w.gate.Admit(ctx, tt.d, ask(o, tt.bound))
			if fault.CodeOf(err) != want {
				t.Errorf("%s with %d less: %v", name, less, err)
			}
			if err == nil {
				ticket.Settle(broker.Attempt{N: 1})
			}
		}
	}
}

// TestAPartWithoutAPriceFollowsThePolicyToo: a dearer class of service, or a
// search where only tokens have a price.
func TestAPartWithoutAPriceFollowsThePolicyToo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prices prices
		bound  broker.Bound
		want   fault.Code
	}{
		"another class":      {prices{paid: true}, broker.Bound{Unpriced: true}, fault.QuotaUnpriced},
		"a search":           {prices{paid: true}, broker.Bound{Searches: 1}, fault.QuotaUnpriced},
		"a search at a cost": {prices{paid: true, search: 1}, broker.Bound{Searches: 1}, ""},
		"nobody asks money":  {prices{}, broker.Bound{Unpriced: true}, ""},
	} {
		w := newWorld(t, tt.prices)
		o, ctx := w.begin()
		ticket, err := w.gate.Admit(ctx, deployment, ask(o, tt.bound))
		if fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if err == nil {
			ticket.Settle(broker.Attempt{N: 1})
		}
	}
}

func TestCallsWithoutAPriceFollowThePolicy(t *testing.T) {
	t.Parallel()
	local := deployment
	local.Local = true
	for name, tt := range map[string]struct {
		prices   prices
		d        broker.Deployment
		unpriced string // of a budget that binds the caller
		setting  string
		want     fault.Code
	}{
		"own model":                  {prices{unknown: true, paid: true}, local, "deny", "", ""},
		"unknown seller":             {prices{unknown: true}, deployment, "", "", ""},
		"unknown seller, budget":     {prices{unknown: true}, deployment, "deny", "", fault.QuotaUnpriced},
		"paid seller":                {prices{unknown: true, paid: true}, deployment, "", "", fault.QuotaUnpriced},
		"paid seller, both allow":    {prices{unknown: true, paid: true}, deployment, "allow", `{"unpriced": "allow"}`, ""},
		"paid seller, tenant allows": {prices{unknown: true, paid: true}, deployment, "deny", `{"unpriced": "allow"}`, fault.QuotaUnpriced},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.prices)
			if tt.setting != "" {
				w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
					_, err := tx.Exec(t.Context(), `update tenant set settings = $1`, tt.setting)
					return err
				}))
			}
			if tt.unpriced != "" {
				_, err := w.budgets.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: 1, Unpriced: "deny"})
				w.must(err)
				if tt.unpriced == "allow" {
					w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
						_, err := tx.Exec(t.Context(), `update budget set unpriced = 'allow'`)
						return err
					}))
				}
			}
			o, ctx := w.begin()
			ticket, err := w.gate.Admit(ctx, tt.d, ask(o, broker.Bound{Input: 10, MaxOutput: 10}))
			if fault.CodeOf(err) != tt.want {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if err == nil {
				ticket.Settle(broker.Attempt{N: 1, Usage: llm.Usage{Input: 1}})
			}
		})
	}
}

func TestCountingTokensIsFreeAndUnknownCallsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, prices{unknown: true, paid: true})
	o, ctx := w.begin()
	count := ask(o, broker.Bound{Input: 10})
	count.Operation = broker.CanCount
	ticket, err := w.gate.Admit(ctx, deployment, count)
	w.must(err)
	ticket.Settle(broker.Attempt{N: 1, Usage: llm.Usage{Input: 10}})
	if cost := o.End(calllog.Outcome{State: calllog.OK}); cost != 0 {
		t.Errorf("counting cost %d", cost)
	}
	if _, err := w.gate.Admit(ctx, deployment, count); fault.CodeOf(err) != fault.Internal {
		t.Errorf("a call that has ended: %v", err)
	}
	o, _ = w.begin()
	other := httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: uuid.NewString()})
	if _, err := w.gate.Admit(other, deployment, ask(o, broker.Bound{})); fault.CodeOf(err) != fault.Internal {
		t.Errorf("a call of another tenant: %v", err)
	}
}

// TestTheWorstCaseIsTheWorst tries random usage within a bound, and the dearest.
func TestTheWorstCaseIsTheWorst(t *testing.T) {
	t.Parallel()
	for dearest, most := range map[string]func(in, out int) llm.Usage{
		"":        func(in, out int) llm.Usage { return llm.Usage{Input: in, Output: out} },
		"written": func(in, out int) llm.Usage { return llm.Usage{Input: in, CacheWrite: in, Output: out, Reasoning: out} },
		"kept": func(in, out int) llm.Usage {
			return llm.Usage{Input: in, CacheWrite: in, CacheHour: in, Output: out, Reasoning: out}
		},
		"sound": func(in, out int) llm.Usage { return llm.Usage{Input: in, AudioIn: in, Output: out, AudioOut: out} },
	} {
		t.Run(dearest, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, prices{dearest: dearest})
			w.budget(1_000_000_000_000)
			for n := range 30 {
				o, ctx := w.begin()
				b := broker.Bound{Input: 1 + n*97, MaxOutput: 1 + n*31, Choices: 1 + n%3}
				ticket, err := w.gate.Admit(ctx, deployment, ask(o, b))
				w.must(err)
				a := broker.Attempt{N: 1, Usage: most(b.Input, b.MaxOutput*b.Choices)}
				if n%2 == 1 {
					a.Usage.Cached, a.Usage.Reasoning = n*13%b.Input, n*7%b.MaxOutput
				}
				ticket.Settle(a)
				o.End(calllog.OutcomeOf(broker.Report{Attempts: []broker.Attempt{a}}, nil, func(broker.Attempt) (string, ledger.Price) { return "", ledger.Price{} }))
			}
			w.reach(`select count(*) from inference_log`, 30)
			if n := w.number(`select count(*) from inference_attempt where cost_nano_usd > reserved_nano_usd or cost_nano_usd = 0`); n != 0 {
				t.Errorf("%d attempts cost more than was held", n)
			}
		})
	}
}
