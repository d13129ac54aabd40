package api

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/team"
)

// Teams answers for groups of members and the budgets that bind them.
type Teams struct {
	DB      budget.Database
	Budgets *budget.Budgets
	Hint    func(tenantID string, hints ...httpapi.Hint)
}

var _ httpapi.Teams = Teams{}

// ListTeams lists by name.
func (t Teams) ListTeams(ctx context.Context, q httpapi.TeamQuery) ([]httpapi.Team, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	return t.list(ctx, caller, q.User)
}

func (t Teams) list(ctx context.Context, caller httpapi.Caller, userID string) (all []httpapi.Team, err error) {
	err = t.DB.TenantRead(ctx, caller.TenantID, func(tx pgx.Tx) error {
		all, err = team.List(ctx, tx, caller.TenantID, userID)
		return err
	})
	if err != nil || !caller.Can(httpapi.ReadLimits) {
		return all, err
	}
	standings, err := t.Budgets.Standings(ctx, caller.TenantID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Budgets = budgetsOf(standings, all[i].ID)
	}
	return all, nil
}

// budgetsOf picks what binds a team: its own budgets, and those that each team
// has for itself, untouched where it has not used them.
func budgetsOf(all []budget.Standing, teamID string) []httpapi.Budget {
	out := []httpapi.Budget{}
	for _, s := range all {
		if s.Holder != budget.OfTeam || s.HolderID != "" && s.HolderID != teamID {
			continue
		}
		mine := s.HolderID != "" || s.Subject == teamID
		if !mine {
			s.Used, s.Held = 0, 0
		}
		i := slices.IndexFunc(out, func(b httpapi.Budget) bool { return b.ID == s.ID })
		switch {
		case i < 0:
			out = append(out, showBudget(s))
		case mine:
			out[i] = showBudget(s)
		}
	}
	return out
}

// CreateTeam makes a team, with those who are in it from the beginning.
func (t Teams) CreateTeam(ctx context.Context, n httpapi.NewTeam) (httpapi.Team, error) {
	var id string
	caller, err := t.change(ctx, func(tx pgx.Tx, c httpapi.Caller) error {
		made, err := team.Put(ctx, tx, c.TenantID, audit.By(c), n.Name, team.FromConsole)
		if err != nil {
			return err
		}
		id = made.ID
		for _, member := range n.Members {
			if err := team.Join(ctx, tx, c.TenantID, audit.By(c), id, member); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return httpapi.Team{}, err
	}
	return t.one(ctx, caller, id)
}

// PatchTeam changes what is present.
func (t Teams) PatchTeam(ctx context.Context, id string, p httpapi.TeamPatch) (httpapi.Team, error) {
	caller, err := t.change(ctx, func(tx pgx.Tx, c httpapi.Caller) error {
		if p.Name == nil {
			return nil
		}
		return team.Rename(ctx, tx, c.TenantID, audit.By(c), id, *p.Name)
	})
	if err != nil {
		return httpapi.Team{}, err
	}
	return t.one(ctx, caller, id)
}

// DeleteTeam ends a team and the budgets that are for it.
func (t Teams) DeleteTeam(ctx context.Context, id string) error {
	_, err := t.change(ctx, func(tx pgx.Tx, c httpapi.Caller) error {
		_, err := team.Remove(ctx, tx, c.TenantID, audit.By(c), id)
		return err
	})
	return err
}

// ListTeamMembers lists by address.
func (t Teams) ListTeamMembers(ctx context.Context, id string) (all []httpapi.TeamMember, err error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	err = t.DB.TenantRead(ctx, caller.TenantID, func(tx pgx.Tx) error {
		all, err = team.Members(ctx, tx, caller.TenantID, id)
		return err
	})
	return all, err
}

// AddTeamMember has the team's budgets bind somebody, here at once and in other
// processes within a second.
func (t Teams) AddTeamMember(ctx context.Context, id, userID string) error {
	_, err := t.change(ctx, func(tx pgx.Tx, c httpapi.Caller) error {
		return team.Join(ctx, tx, c.TenantID, audit.By(c), id, userID)
	})
	return err
}

// RemoveTeamMember has them not bind any more, as fast.
func (t Teams) RemoveTeamMember(ctx context.Context, id, userID string) error {
	_, err := t.change(ctx, func(tx pgx.Tx, c httpapi.Caller) error {
		return team.Leave(ctx, tx, c.TenantID, audit.By(c), id, userID)
	})
	return err
}

func (t Teams) change(ctx context.Context, fn func(pgx.Tx, httpapi.Caller) error) (httpapi.Caller, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return caller, err
	}
	if err := t.DB.Tenant(ctx, caller.TenantID, func(tx pgx.Tx) error { return fn(tx, caller) }); err != nil {
		return caller, err
	}
	t.Budgets.Forget(caller.TenantID)
	t.Hint(caller.TenantID, httpapi.Hint{Topic: "users"}, httpapi.Hint{Topic: "limits"}, httpapi.Hint{Topic: "audit"})
	return caller, nil
}

// one is a team as it stands after a change.
func (t Teams) one(ctx context.Context, caller httpapi.Caller, id string) (httpapi.Team, error) {
	all, err := t.list(ctx, caller, "")
	if err != nil {
		return httpapi.Team{}, err
	}
	i := slices.IndexFunc(all, func(one httpapi.Team) bool { return one.ID == id })
	if i < 0 {
		return httpapi.Team{}, fault.New(fault.NotFound, "There is no such team.", nil)
	}
	return all[i], nil
}
