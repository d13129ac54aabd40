package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"nexusai/backend/httpapi"
	"nexusai/server/identity"
	"nexusai/server/tenant"
)

// tenantFlag is --tenant, which one tenant alone does not need.
func tenantFlag(flags *flag.FlagSet) *string {
	return flags.String("tenant", "", "the tenant's slug; not needed while there is only one")
}

// onMember is a command about one member.
func onMember(do func(ctx context.Context, d *desk, s *identity.Service, t tenant.Tenant, u httpapi.User) error) func(*flag.FlagSet) action {
	return func(flags *flag.FlagSet) action {
		slug := tenantFlag(flags)
		who := flags.String("user", "", "address or id (required)")
		return func(ctx context.Context, d *desk) error {
			s, t, err := d.tenant(ctx, *slug)
			if err != nil {
				return err
			}
			u, err := d.member(ctx, s, t, *who)
			if err != nil {
				return err
			}
			return do(ctx, d, s, t, u)
		}
	}
}

func userList(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	return func(ctx context.Context, d *desk) error {
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		all, err := s.Users(ctx, identity.Operator(t.ID))
		if err != nil {
			return err
		}
		return list(d, all, "EMAIL\tNAME\tROLE\tSTATE\tSEEN", func(u httpapi.User) string {
			return u.Email + "\t" + u.Name + "\t" + u.Role + "\t" + u.State + "\t" + moment(u.SeenAt)
		})
	}
}

// moment is a time for a table.
func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.DateTime)
}

func userInvite(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	email := flags.String("email", "", "address (required)")
	name := flags.String("name", "", "name; they can choose it themselves")
	role := flags.String("role", "member", "owner, admin, developer, member or auditor")
	return func(ctx context.Context, d *desk) error {
		if *email == "" {
			return misuse("user invite needs --email")
		}
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		link, err := s.Invite(ctx, identity.Operator(t.ID), httpapi.Invite{Email: *email, Name: *name, Role: *role})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(d.stdout, link.URL)
		return err
	}
}

func disabled(yes bool) func(*flag.FlagSet) action {
	return onMember(func(ctx context.Context, _ *desk, s *identity.Service, t tenant.Tenant, u httpapi.User) error {
		_, err := s.PatchUser(ctx, identity.Operator(t.ID), u.ID, httpapi.UserPatch{Disabled: &yes})
		return err
	})
}

func userDisable(flags *flag.FlagSet) action { return disabled(true)(flags) }

func userEnable(flags *flag.FlagSet) action { return disabled(false)(flags) }

func userReset(flags *flag.FlagSet) action {
	return onMember(func(ctx context.Context, d *desk, s *identity.Service, t tenant.Tenant, u httpapi.User) error {
		link, err := s.ResetLink(ctx, identity.Operator(t.ID), u.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(d.stdout, link.URL)
		return err
	})(flags)
}

func userSignOut(flags *flag.FlagSet) action {
	return onMember(func(ctx context.Context, _ *desk, s *identity.Service, t tenant.Tenant, u httpapi.User) error {
		return s.EndAllSessions(ctx, identity.Operator(t.ID), u.ID)
	})(flags)
}

func linkCreate(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	who := flags.String("user", "", "the member's address or id")
	flags.StringVar(who, "owner", "", "the same as --user")
	console := flags.Bool("console", false, "a link to the console; works for an hour")
	desktop := flags.Bool("desktop", false, "a link that signs a desktop in; works for ten minutes")
	return func(ctx context.Context, d *desk) error {
		if *console == *desktop {
			return misuse("link create needs one of --console and --desktop")
		}
		kind := identity.ConsoleLink
		if *desktop {
			kind = identity.DesktopLink
		}
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		u, err := d.member(ctx, s, t, *who)
		if err != nil {
			return err
		}
		link, err := s.SignInLink(ctx, identity.Operator(t.ID), u.ID, kind)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(d.stdout, link.URL)
		return err
	}
}
