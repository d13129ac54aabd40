package budget_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/budget"
)

func TestWhatIsHeldCountsAsSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Daily, Limit: usd, Contact: "Ana"})
	w.budget(budget.Budget{Holder: budget.OfUser, Period: budget.Total, Limit: usd / 2})
	p := w.process()
	h, err := p.Reserve(t.Context(), w.who(), usd/2, usd/2)
	w.must(err)
	if h.Amount != usd/2 || len(h.Claims) != 2 || !h.Bound {
		t.Errorf("held %+v", h)
	}
	_, err = p.Reserve(t.Context(), w.who(), 1, 1)
	f := fault.From(err)
	if f == nil || f.Code != fault.QuotaSpent || !strings.Contains(f.Safe, "your account ($0.50)") || f.RetryAfter != time.Second {
		t.Fatalf("a call too many: %+v", f)
	}
	if b := f.Bound; b == nil || b.Holder != "user" || b.Period != "total" || !b.Pending || b.ResetsAt != nil {
		t.Errorf("for programs: %+v", b)
	}
	if _, err = p.Reserve(t.Context(), budget.Who{TenantID: w.tenant, UserID: w.user, KeyID: uuid.NewString()}, 1, 1); fault.From(err).Bound.Holder != "maker" {
		t.Errorf("a key of theirs: %+v", fault.From(err).Bound)
	}
	h.Settle(usd / 10)
	h.Settle(usd) // the first counts
	h, err = p.Reserve(t.Context(), w.who(), usd/10, usd)
	w.must(err)
	if h.Amount != usd/2-usd/10 {
		t.Errorf("held %d, want all that is left", h.Amount)
	}
	// Somebody else of the tenant.
	other, err := p.Reserve(t.Context(), budget.Who{TenantID: w.tenant, UserID: uuid.NewString()}, usd/2, usd/2)
	w.must(err)
	p.settle(h, usd*4/10)
	p.settle(other, usd/2)
	w.store(p)
	// The first tenth is not stored yet, and counts nevertheless.
	_, err = p.Reserve(t.Context(), budget.Who{TenantID: w.tenant}, 1, 1)
	if f = fault.From(err); f == nil || f.Code != fault.QuotaSpent || !strings.Contains(f.Safe, "your organisation ($1.00)") {
		t.Fatalf("all of it is used: %+v", f)
	}
}

func TestARefusalSaysWhichBudgetWhenAndWhom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(`update tenant set settings = '{"time_zone": "America/Sao_Paulo"}'`)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Monthly, Limit: usd, Contact: "Ana"})
	now := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC) // 20:00 there
	p := w.processAt(func() time.Time { return now })
	h, err := p.Reserve(t.Context(), w.who(), usd, usd)
	w.must(err)
	p.settle(h, usd)
	w.store(p)
	_, err = p.Reserve(t.Context(), w.who(), 1, 1)
	f := fault.From(err)
	if f == nil || f.Safe != "The monthly budget of your organisation ($1.00) is spent." ||
		f.Hint != "It begins anew at 2026-12-01 00:00 -03. Ask Ana for more." || f.RetryAfter != 4*time.Hour+time.Second {
		t.Fatalf("%+v", f)
	}
	b := f.Bound
	if b == nil || b.Kind != "budget" || b.Holder != "tenant" || b.Period != "month" || b.Amount != usd || b.Contact != "Ana" || b.Zone != "America/Sao_Paulo" ||
		b.Pending || b.ResetsAt == nil || b.ResetsAt.Format(time.RFC3339) != "2026-12-01T00:00:00-03:00" {
		t.Errorf("for programs: %+v", b)
	}
	now = now.Add(4 * time.Hour)
	if _, err := p.Reserve(t.Context(), w.who(), usd, usd); err != nil {
		t.Errorf("a new month: %v", fault.Cause(err))
	}
	// All three marks are told once, also over another settlement.
	if n := w.number(`select count(*) from budget_alert`); n != 3 {
		t.Errorf("%d alerts", n)
	}
	if n := w.number(`select count(*) from audit_entry where action = 'budget.reached'`); n != 3 {
		t.Errorf("%d audit entries", n)
	}
}

func TestACallThatIsTooDearIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	p := w.process()
	h, err := p.Reserve(t.Context(), w.who(), usd, usd)
	w.must(err)
	p.settle(h, usd*6/10)
	w.store(p)
	_, err = p.Reserve(t.Context(), w.who(), usd/2, usd/2)
	if f := fault.From(err); f == nil || f.Code != fault.QuotaSpent || f.RetryAfter != 0 ||
		f.Safe != "The budget of your organisation ($1.00) has at most $0.40 left, which is too little for this call." ||
		f.Hint != "Ask for a shorter answer. Ask an administrator of your organisation for more." {
		t.Errorf("%+v", f)
	}
	const spent = `select count(*) from budget_alert where kind = '100'`
	if w.number(spent) != 0 {
		t.Error("a budget that has two fifths left is told to be spent")
	}
	h, err = p.Reserve(t.Context(), w.who(), usd/4, usd)
	w.must(err)
	p.settle(h, h.Amount-usd/100)
	w.store(p)
	_, err = p.Reserve(t.Context(), w.who(), usd/20, usd/20)
	if f := fault.From(err); f == nil || !strings.Contains(f.Safe, "at most $0.01 left") || w.number(spent) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestTeamsKeysAndConversationsAreBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	team, conversation := uuid.NewString(), uuid.NewString()
	w.exec(`insert into team (tenant_id, id, name) values ($1, $2, 'Research')`, w.tenant, team)
	w.exec(`insert into team_member (tenant_id, team_id, user_id) values ($1, $2, $3)`, w.tenant, team, w.user)
	w.budget(budget.Budget{Holder: budget.OfTeam, HolderID: team, Period: budget.Total, Limit: usd})
	w.budget(budget.Budget{Holder: budget.OfConversation, Period: budget.Total, Limit: usd / 4})
	w.budget(budget.Budget{Holder: budget.OfKey, Period: budget.Total, Limit: usd / 2})
	p := w.process()
	for _, tt := range []struct {
		name string
		who  budget.Who
		most int64
	}{
		{"a conversation", budget.Who{TenantID: w.tenant, UserID: w.user, ConversationID: conversation}, usd / 4},
		{"another", budget.Who{TenantID: w.tenant, UserID: w.user, ConversationID: uuid.NewString()}, usd / 4},
		{"a key of a member", budget.Who{TenantID: w.tenant, UserID: w.user, KeyID: uuid.NewString()}, usd / 2},
		{"a key of nobody", budget.Who{TenantID: w.tenant, KeyID: uuid.NewString()}, usd / 2},
	} {
		h, err := p.Reserve(t.Context(), tt.who, 1, 2*usd)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, fault.Cause(err))
		}
		if h.Amount != tt.most {
			t.Errorf("%s holds %d, want %d", tt.name, h.Amount, tt.most)
		}
	}
	_, err := p.Reserve(t.Context(), w.who(), 1, 1)
	if f := fault.From(err); f == nil || !strings.Contains(f.Safe, `your team "Research" ($1.00)`) {
		t.Errorf("the team is over its budget: %+v", f)
	}
	if h, err := p.Reserve(t.Context(), budget.Who{TenantID: w.tenant, UserID: uuid.NewString()}, 1, usd); err != nil || h.Bound {
		t.Errorf("nobody's budget: %+v %v", h, err)
	}
}

func TestABudgetMadeLaterCountsWhatWasSpentBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	h, err := p.Reserve(t.Context(), w.who(), usd, usd)
	w.must(err)
	p.settle(h, usd*3/4)
	w.store(p)
	_, err = p.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfUser, Period: budget.Total, Limit: usd})
	w.must(err)
	h, err = p.Reserve(t.Context(), w.who(), 1, usd)
	w.must(err)
	if h.Amount != usd/4 {
		t.Errorf("held %d, want the quarter that is left", h.Amount)
	}
}

// TestACrashedProcessCountsUntilItsJournalIsThere also shows what an operator
// and time can do about one whose journal is lost.
func TestACrashedProcessCountsUntilItsJournalIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	dead, p := w.process(), w.process()
	h, err := dead.Reserve(t.Context(), w.who(), usd, usd)
	w.must(err)
	if _, err := p.Reserve(t.Context(), w.who(), 1, 1); fault.CodeOf(err) != fault.QuotaSpent {
		t.Fatalf("what a dead process holds is free: %v", err)
	}
	dead.settle(h, usd/4) // its journal is read by the next start
	w.store(dead)
	w.must(p.Close(t.Context(), []string{dead.life}))
	w.must(p.Close(t.Context(), []string{dead.life}))
	time.Sleep(150 * time.Millisecond) // an empty budget is not asked again at once
	h, err = p.Reserve(t.Context(), w.who(), usd*3/4, usd)
	w.must(err)
	if h.Amount != usd*3/4 {
		t.Errorf("held %d", h.Amount)
	}
	h.Settle(0)
	lease := budget.Lease{TenantID: w.tenant, Subject: w.tenant, Life: p.life, From: h.Claims[0].From, Budget: h.Claims[0].Budget}
	lost, err := p.Release(t.Context(), audit.Operator, lease, true)
	w.must(err)
	if n := w.number(`select count(*) from budget_alert where kind in ('50', '80', '100')`); n != 3 {
		t.Errorf("%d of three marks were told: what is lost counts as used", n)
	}
	if n := w.number(`select count(*) from audit_entry where action = 'budget.lost' and actor_kind = 'operator' and target = 'the total budget of the organisation'`); n != 1 {
		t.Errorf("%d entries say who decided about which budget", n)
	}
	if lost != usd*3/4 || w.number(`select lost_nano_usd from budget_period`) != lost || w.number(`select count(*) from budget_alert where kind = 'lost'`) != 1 {
		t.Errorf("lost %d", lost)
	}
}

func TestADeadProcessIsTakenForSpentAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	for _, age := range []string{"23 hours", "25 hours"} {
		dead := w.process()
		_, err := dead.Reserve(t.Context(), w.who(), usd/4, usd/4)
		w.must(err)
		w.exec(`update budget_lease set seen_at = now() - $2::interval where life = $1`, dead.life, age)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := w.process()
	go func() { _ = p.Run(ctx) }()
	for w.number(`select lost_nano_usd from budget_period`) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if w.number(`select count(*) from budget_alert where kind = 'lost'`) != 1 || w.number(`select count(*) from audit_entry where action = 'budget.lost' and actor_kind = 'system'`) != 1 {
		t.Error("nobody was told of it")
	}
	if n := w.number(`select count(*) from budget_lease where granted_nano_usd > spent_nano_usd`); n != 1 {
		t.Errorf("%d slices are held, want the younger one's", n)
	}
}

// TestWhatIsUnusedGoesToWhoStarves: a process that holds more than it needs gives
// it back when another is refused for it.
func TestWhatIsUnusedGoesToWhoStarves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	rich, poor := w.process(), w.process()
	h, err := rich.Reserve(t.Context(), w.who(), usd/2, usd/2)
	w.must(err)
	h.Settle(0)
	if _, err := poor.Reserve(t.Context(), w.who(), usd, usd); fault.CodeOf(err) != fault.QuotaSpent {
		t.Fatalf("what another process holds was lent: %v", err)
	}
	w.must(rich.Turn(t.Context()))
	time.Sleep(150 * time.Millisecond) // an empty budget is not asked again at once
	if h, err = poor.Reserve(t.Context(), w.who(), usd, usd); err != nil || h.Amount != usd {
		t.Errorf("after it was given back: %+v %v", h, fault.Cause(err))
	}
	if _, err := rich.Reserve(t.Context(), w.who(), 1, 1); fault.CodeOf(err) != fault.QuotaSpent {
		t.Errorf("who gave it back has it still: %v", err)
	}
}

// TestAChangeElsewhereHoldsHereInAMoment: another process made the budget.
func TestAChangeElsewhereHoldsHereInAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	if h, err := p.Reserve(t.Context(), w.who(), usd, usd); err != nil || h.Bound {
		t.Fatalf("without a budget: %+v %v", h, err)
	}
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd / 2})
	w.must(p.Turn(t.Context()))
	if _, err := p.Reserve(t.Context(), w.who(), usd, usd); fault.CodeOf(err) != fault.QuotaSpent {
		t.Errorf("a turn after it was made: %v", err)
	}
}

// TestAProcessThatIsBackIsNotLost: between being found and being ended a lease's
// process may say that it lives.
func TestAProcessThatIsBackIsNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	back, p := w.process(), w.process()
	h, err := back.Reserve(t.Context(), w.who(), usd, usd)
	w.must(err)
	lease := budget.Lease{TenantID: w.tenant, Subject: w.tenant, Life: back.life, From: h.Claims[0].From, Budget: h.Claims[0].Budget}
	if lost, err := p.Lose(t.Context(), lease); err != nil || lost != 0 || w.number(`select lost_nano_usd from budget_period`) != 0 {
		t.Errorf("lost %d %v", lost, err)
	}
}

// TestAClosedLifeIsLentNothing: once a process says that all it spent is stored,
// what it still held is free and nothing new is lent to it.
func TestAClosedLifeIsLentNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	p := w.process()
	h, err := p.Reserve(t.Context(), w.who(), usd/4, usd/4)
	w.must(err)
	h.Settle(0)
	w.must(p.Close(t.Context(), []string{p.life}))
	if _, err := p.Reserve(t.Context(), w.who(), usd, usd); fault.CodeOf(err) != fault.QuotaSpent {
		t.Errorf("a call after the end: %v", err)
	}
	if n := w.number(`select coalesce(sum(granted_nano_usd - spent_nano_usd), 0) from budget_lease`); n != 0 {
		t.Errorf("%d are held by nobody", n)
	}
}

// TestNobodyOverspends lets processes spend, store, crash and come back in a
// random order: at no moment is more spent and held than the limit.
func TestNobodyOverspends(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		w := newWorld(t)
		w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
		w.budget(budget.Budget{Holder: budget.OfUser, Period: budget.Daily, Limit: usd * 3 / 4})
		chance := rand.New(rand.NewPCG(seed, 0))
		all := []*process{w.process(), w.process()}
		var spent, reserved int64
		for step := range 250 {
			p := all[chance.IntN(len(all))]
			switch chance.IntN(12) {
			case 0, 1, 2, 3, 4:
				least := chance.Int64N(usd/40) + 1
				h, err := p.Reserve(t.Context(), w.who(), least, least+chance.Int64N(usd/20))
				if fault.CodeOf(err) == fault.QuotaSpent {
					continue
				}
				w.must(err)
				p.held = append(p.held, h)
				reserved += h.Amount
			case 5, 6, 7, 8:
				if len(p.held) == 0 {
					continue
				}
				h := p.held[0]
				p.held = p.held[1:]
				cost := chance.Int64N(h.Amount + 1)
				p.settle(h, cost)
				spent, reserved = spent+cost, reserved-h.Amount
			case 9:
				w.store(p)
			case 10:
				w.must(p.Turn(t.Context()))
			case 11: // it dies; the next start stores its journal and settles what was under way
				for _, h := range p.held {
					cost := chance.Int64N(h.Amount + 1)
					if cost > 0 {
						p.pending = append(p.pending, p.entry(h, cost))
					}
					spent, reserved = spent+cost, reserved-h.Amount
				}
				next := w.process()
				for i := range all {
					if all[i] == p {
						all[i] = next
					}
				}
				if chance.IntN(2) == 0 {
					w.store(p)
					w.must(next.Close(t.Context(), []string{p.life}))
				}
			}
			if spent+reserved > usd*3/4 {
				t.Fatalf("seed %d step %d: %d spent and %d held", seed, step, spent, reserved)
			}
		}
		t.Logf("seed %d: %d spent", seed, spent)
	}
}

// TestTheRace is many callers at three processes with one budget.
func TestTheRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.budget(budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: usd})
	var spent atomic.Int64 // counted where the money goes
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	enough, stop := context.WithCancel(ctx)
	defer stop()
	var processes, callers sync.WaitGroup
	var lock sync.Mutex
	for range 3 {
		p := w.process()
		processes.Go(func() { _ = p.Run(ctx) })
		for n := range 20 {
			callers.Go(func() {
				chance := rand.New(rand.NewPCG(uint64(n), 1))
				for enough.Err() == nil {
					most := usd/1000 + chance.Int64N(usd/200-usd/1000)
					h, err := p.Reserve(enough, w.who(), most, most)
					if err != nil {
						time.Sleep(50 * time.Millisecond)
						continue
					}
					cost := most - chance.Int64N(most/2)
					if spent.Add(cost) >= usd*98/100 {
						stop()
					}
					lock.Lock()
					p.settle(h, cost)
					lock.Unlock()
					if chance.IntN(20) == 0 {
						lock.Lock()
						w.store(p)
						lock.Unlock()
					}
				}
			})
		}
	}
	callers.Wait()
	cancel()
	processes.Wait()
	if got := spent.Load(); got > usd || got < usd*98/100 {
		t.Errorf("spent %d of %d", got, usd)
	}
}

func TestPeriodsAreThoseOfTheZone(t *testing.T) {
	t.Parallel()
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 25, 12, 0, 0, 0, time.UTC) // the day that has 25 hours
	from, to := budget.Daily.Span(at, lisbon)
	if to.Sub(from) != 25*time.Hour || !from.Equal(time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("%s to %s", from, to)
	}
	from, to = budget.Monthly.Span(at, lisbon)
	if !from.Equal(time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)) || !to.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s to %s", from, to)
	}
	// A day of the zone, not of the server: in São Paulo November is not over.
	paulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	at = time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)
	if from, to = budget.Daily.Span(at, paulo); !from.Equal(time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)) || !to.Equal(time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("%s to %s", from, to)
	}
	if from, to = budget.Monthly.Span(at, paulo); !from.Equal(time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)) || !to.Equal(time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("%s to %s", from, to)
	}
}

// TestEveryMomentIsInItsPeriod goes through the hours of years in zones whose
// clocks change at midnight, before it and after it: periods join without a gap
// and without an overlap, or what is spent between them counts nowhere.
func TestEveryMomentIsInItsPeriod(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Asia/Amman", "America/Sao_Paulo", "Atlantic/Azores", "Europe/Lisbon", "Asia/Tehran", "Australia/Lord_Howe", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, year := range []int{2018, 2026} { // in one São Paulo and Amman had summer time, in the other Cairo has
			for _, period := range []budget.Period{budget.Daily, budget.Monthly} {
				joins(t, period, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), zone)
			}
		}
	}
}

func joins(t *testing.T, period budget.Period, at time.Time, zone *time.Location) {
	t.Helper()
	_, last := period.Span(at, zone)
	for end := at.AddDate(1, 0, 0); at.Before(end); at = at.Add(30 * time.Minute) {
		from, to := period.Span(at, zone)
		if at.Before(from) || !at.Before(to) {
			t.Fatalf("%s %s: %s is not from %s to %s", zone, period, at, from, to)
		}
		if !at.Before(last) && !from.Equal(last) {
			t.Fatalf("%s %s: one ends at %s, the next begins at %s", zone, period, last, from)
		}
		last = to
	}
}
