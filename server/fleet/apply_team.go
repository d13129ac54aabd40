package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/team"
)

// teams makes those of the file, before the budgets that name them. One that an
// earlier file declared goes with its budgets; the team package writes the audit.
func (a *application) teams(ctx context.Context, want []declaredTeam) error {
	have, err := team.List(ctx, a.tx, a.tenant, "")
	if err != nil {
		return err
	}
	for _, w := range want {
		old := slices.IndexFunc(have, func(t httpapi.Team) bool { return strings.EqualFold(t.Name, w.name) })
		if old < 0 {
			err = a.addTeam(ctx, w)
		} else {
			err = a.changeTeam(ctx, have[old], w)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range have {
		named := slices.ContainsFunc(want, func(w declaredTeam) bool { return strings.EqualFold(t.Name, w.name) })
		if named || t.Source != sourceFile {
			continue
		}
		budgets, err := team.Remove(ctx, a.tx, a.tenant, audit.Operator, t.ID)
		if err != nil {
			return err
		}
		a.say("removed team %q and %d budgets of it", t.Name, budgets)
	}
	return nil
}

func (a *application) addTeam(ctx context.Context, w declaredTeam) error {
	made, err := team.Put(ctx, a.tx, a.tenant, audit.Operator, w.name, w.managed)
	if err != nil {
		return fmt.Errorf("line %d: %w", w.line, err)
	}
	joined, _, err := a.membership(ctx, made.ID, w)
	if err != nil {
		return err
	}
	a.say("added team %q with %d members", made.Name, joined)
	return nil
}

func (a *application) changeTeam(ctx context.Context, old httpapi.Team, w declaredTeam) error {
	var parts []string
	if old.Name != w.name { // spelled differently
		if err := team.Rename(ctx, a.tx, a.tenant, audit.Operator, old.ID, w.name); err != nil {
			return fmt.Errorf("line %d: %w", w.line, err)
		}
		parts = append(parts, "name")
	}
	if old.Source != w.managed {
		if err := team.Own(ctx, a.tx, a.tenant, old.ID, w.managed); err != nil {
			return err
		}
		parts = append(parts, "managed by "+w.managed)
	}
	joined, left, err := a.membership(ctx, old.ID, w)
	if err != nil {
		return err
	}
	if joined > 0 {
		parts = append(parts, fmt.Sprintf("%d joined", joined))
	}
	if left > 0 {
		parts = append(parts, fmt.Sprintf("%d left", left))
	}
	if len(parts) > 0 {
		a.say("changed team %q: %s", w.name, strings.Join(parts, ", "))
	}
	return nil
}

// membership makes who is in a team those of the file, if it says who.
func (a *application) membership(ctx context.Context, id string, w declaredTeam) (joined, left int, err error) {
	if !w.said {
		return 0, 0, nil
	}
	in, err := team.Members(ctx, a.tx, a.tenant, id)
	if err != nil {
		return 0, 0, err
	}
	var wanted []string
	for _, m := range w.members {
		user, err := a.resolve(ctx, m)
		if err != nil {
			return 0, 0, err
		}
		wanted = append(wanted, user)
		if slices.ContainsFunc(in, func(one httpapi.TeamMember) bool { return one.ID == user }) {
			continue
		}
		if err := team.Join(ctx, a.tx, a.tenant, audit.Operator, id, user); err != nil {
			return 0, 0, fmt.Errorf("line %d: %w", m.line, err)
		}
		joined++
	}
	for _, one := range in {
		if slices.Contains(wanted, one.ID) {
			continue
		}
		if err := team.Leave(ctx, a.tx, a.tenant, audit.Operator, id, one.ID); err != nil {
			return 0, 0, err
		}
		left++
	}
	return joined, left, nil
}
