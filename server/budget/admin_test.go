package budget_test

import (
	"testing"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/store/storetest"
)

func TestABudgetIsMadeChangedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	made, err := p.Create(t.Context(), w.tenant, audit.Operator, budget.Budget{Holder: budget.OfUser, HolderID: w.user, Period: budget.Total, Limit: usd})
	w.must(err)
	h, err := p.Reserve(t.Context(), w.who(), usd/2, usd/2)
	w.must(err)
	p.settle(h, usd/4)
	w.store(p)
	all, err := p.Standings(t.Context(), w.tenant)
	w.must(err)
	if len(all) != 1 || all[0].ID != made.ID || all[0].Used != usd/4 || all[0].Held < usd/4 || all[0].SubjectName != w.user+"@acme.test" || all[0].HolderName != all[0].SubjectName {
		t.Errorf("standings %+v", all)
	}
	_, err = p.Change(t.Context(), w.tenant, audit.Operator, made.ID, func(b *budget.Budget) { b.Limit = usd / 4 })
	w.must(err)
	if _, err := p.Reserve(t.Context(), w.who(), usd/2, usd/2); fault.CodeOf(err) != fault.QuotaSpent {
		t.Errorf("over the new limit: %v", err)
	}
	other := storetest.Tenant(t, w.db)
	if _, err := p.Change(t.Context(), other, audit.Operator, made.ID, func(*budget.Budget) {}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another tenant changes it: %v", err)
	}
	if err := p.Remove(t.Context(), other, audit.Operator, made.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another tenant removes it: %v", err)
	}
	w.must(p.Remove(t.Context(), w.tenant, audit.Operator, made.ID))
	if h, err := p.Reserve(t.Context(), w.who(), usd*5, usd*5); err != nil || h.Bound {
		t.Errorf("without a budget: %+v %v", h, err)
	}
	if n := w.number(`select count(*) from audit_entry where action like 'budget.%' and action <> 'budget.reached'`); n != 3 {
		t.Errorf("%d audit entries", n)
	}
}

func TestWhatCannotBeABudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	good := budget.Budget{Holder: budget.OfTenant, Period: budget.Daily, Limit: 1}
	_, err := p.Create(t.Context(), w.tenant, audit.Operator, good)
	w.must(err)
	for name, tt := range map[string]struct {
		edit func(*budget.Budget)
		want fault.Code
	}{
		"twice":            {func(*budget.Budget) {}, fault.Conflict},
		"of nothing":       {func(b *budget.Budget) { b.Holder = "moon" }, fault.BadRequest},
		"for no time":      {func(b *budget.Budget) { b.Period = "eon" }, fault.BadRequest},
		"negative":         {func(b *budget.Budget) { b.Limit = -1 }, fault.BadRequest},
		"of one tenant":    {func(b *budget.Budget) { b.HolderID = w.tenant }, fault.BadRequest},
		"of no id":         {func(b *budget.Budget) { b.Holder, b.HolderID = budget.OfKey, "x" }, fault.BadRequest},
		"of nobody":        {func(b *budget.Budget) { b.Holder, b.HolderID = budget.OfTeam, uuid.NewString() }, fault.NotFound},
		"unclear unpriced": {func(b *budget.Budget) { b.Unpriced = "perhaps" }, fault.BadRequest},
	} {
		b := good
		tt.edit(&b)
		if _, err := p.Create(t.Context(), w.tenant, audit.Operator, b); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestTheTrailSaysWhoseBudgetInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	team := uuid.NewString()
	w.exec(`insert into team (tenant_id, id, name) values ($1, $2, 'Research')`, w.tenant, team)
	w.exec(`insert into team_member (tenant_id, team_id, user_id) values ($1, $2, $3)`, w.tenant, team, w.user)
	for _, b := range []budget.Budget{
		{Holder: budget.OfTeam, HolderID: team, Period: budget.Monthly}, {Holder: budget.OfUser, HolderID: w.user, Period: budget.Daily},
		{Holder: budget.OfConversation, Period: budget.Total}, {Holder: budget.OfTenant, Period: budget.Total},
	} {
		b.Limit = usd
		w.budget(b)
	}
	p := w.process()
	h, err := p.Reserve(t.Context(), w.who(), usd/2, usd/2)
	w.must(err)
	p.settle(h, usd/2)
	w.store(p)
	for want, action := range map[string]string{
		"the monthly budget of team Research": "budget.created", "the daily budget of user " + w.user + "@acme.test": "budget.created",
		"the total budget of each conversation": "budget.created", "the total budget of the organisation": "budget.reached",
	} {
		if n := w.number(`select count(*) from audit_entry where action = $1 and target = $2`, action, want); n != 1 {
			t.Errorf("%d entries of %s: %s", n, action, want)
		}
	}
	if n := w.number(`select count(*) from audit_entry where action = 'budget.reached' and facts->>'holder_name' = 'Research' and facts->>'period' = 'month' and facts->>'mark' = '50 %'`); n != 1 {
		t.Errorf("%d entries have the facts of the team's mark", n)
	}
}
