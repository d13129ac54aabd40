package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/identity"
	"nexusai/server/team"
	"nexusai/server/tenant"
)

func teamCreate(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	name := flags.String("name", "", "the team's name (required)")
	return func(ctx context.Context, d *desk) error {
		if *name == "" {
			return misuse("team create needs --name")
		}
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		var made httpapi.Team
		err = d.open.Store().Tenant(ctx, t.ID, func(tx pgx.Tx) (err error) {
			made, err = team.Put(ctx, tx, t.ID, audit.Operator, *name, team.FromConsole)
			return err
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(d.stdout, made.ID)
		return err
	}
}

func teamList(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	which := flags.String("team", "", "list who is in this team, by name or id")
	return func(ctx context.Context, d *desk) error {
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		if *which != "" {
			return d.listMembers(ctx, t, *which)
		}
		all, err := d.teams(ctx, t)
		if err != nil {
			return err
		}
		return list(d, all, "NAME\tMEMBERS\tSOURCE\tMADE\tID", func(one httpapi.Team) string {
			return fmt.Sprintf("%s\t%d\t%s\t%s\t%s", one.Name, one.Members, one.Source, moment(&one.CreatedAt), one.ID)
		})
	}
}

func (d *desk) listMembers(ctx context.Context, t tenant.Tenant, which string) error {
	one, err := d.teamCalled(ctx, t, which)
	if err != nil {
		return err
	}
	var all []httpapi.TeamMember
	err = d.open.Store().TenantRead(ctx, t.ID, func(tx pgx.Tx) (err error) {
		all, err = team.Members(ctx, tx, t.ID, one.ID)
		return err
	})
	if err != nil {
		return err
	}
	return list(d, all, "EMAIL\tNAME\tSTATE\tADDED", func(m httpapi.TeamMember) string {
		return strings.Join([]string{m.Email, m.Name, m.State, m.AddedAt.Format(time.DateTime)}, "\t")
	})
}

// onTeamMember is a command about a team and one member of the tenant.
func onTeamMember(do func(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id, userID string) error) func(*flag.FlagSet) action {
	return func(flags *flag.FlagSet) action {
		which := flags.String("team", "", "the team's name or id (required)")
		return onMember(func(ctx context.Context, d *desk, _ *identity.Service, t tenant.Tenant, u httpapi.User) error {
			one, err := d.teamCalled(ctx, t, *which)
			if err != nil {
				return err
			}
			return d.open.Store().Tenant(ctx, t.ID, func(tx pgx.Tx) error {
				return do(ctx, tx, t.ID, audit.Operator, one.ID, u.ID)
			})
		})(flags)
	}
}

func teamAdd(flags *flag.FlagSet) action { return onTeamMember(team.Join)(flags) }

func teamRemove(flags *flag.FlagSet) action { return onTeamMember(team.Leave)(flags) }

func teamDelete(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	which := flags.String("team", "", "the team's name or id (required)")
	return func(ctx context.Context, d *desk) error {
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		one, err := d.teamCalled(ctx, t, *which)
		if err != nil {
			return err
		}
		budgets := 0
		err = d.open.Store().Tenant(ctx, t.ID, func(tx pgx.Tx) (err error) {
			budgets, err = team.Remove(ctx, tx, t.ID, audit.Operator, one.ID)
			return err
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(d.stdout, "deleted %s with %d members and %d budgets; what was spent stays in the ledger\n", one.Name, one.Members, budgets)
		return err
	}
}

func (d *desk) teams(ctx context.Context, t tenant.Tenant) (all []httpapi.Team, err error) {
	err = d.open.Store().TenantRead(ctx, t.ID, func(tx pgx.Tx) error {
		all, err = team.List(ctx, tx, t.ID, "")
		return err
	})
	return all, err
}

// teamCalled finds a team by name or id.
func (d *desk) teamCalled(ctx context.Context, t tenant.Tenant, which string) (httpapi.Team, error) {
	if which == "" {
		return httpapi.Team{}, misuse("say which with --team NAME")
	}
	all, err := d.teams(ctx, t)
	if err != nil {
		return httpapi.Team{}, err
	}
	for _, one := range all {
		if strings.EqualFold(one.Name, which) || one.ID == which {
			return one, nil
		}
	}
	return httpapi.Team{}, fmt.Errorf("the tenant %s has no team %q", t.Slug, which)
}
