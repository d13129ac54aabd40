package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/identity"
	"nexusai/server/ledger"
	"nexusai/server/tenant"
)

func tenantSet(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "the tenant's slug")
	zone := flags.String("time-zone", "", "where its days begin, such as Europe/Lisbon")
	unpriced := flags.String("unpriced", "", "calls that nobody knows the price of, at providers that ask for money: deny or allow")
	return func(ctx context.Context, d *desk) error {
		if *zone == "" && *unpriced == "" {
			return misuse("say what to set: --time-zone or --unpriced")
		}
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		return d.open.Store().Tenant(ctx, t.ID, func(tx pgx.Tx) error {
			if err := tenant.WriteSettings(ctx, tx, tenant.Settings{TimeZone: *zone, Unpriced: tenant.Unpriced(*unpriced)}); err != nil {
				return err
			}
			if err := budget.Changed(ctx, tx, t.ID); err != nil {
				return err
			}
			return audit.Append(ctx, tx, audit.Entry{
				Actor: audit.Operator, Action: "tenant.changed", TargetID: t.ID, Target: t.Name,
				Facts: map[string]string{"time_zone": *zone, "unpriced": *unpriced},
			})
		})
	}
}

func budgetCreate(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "the tenant's slug")
	holder := flags.String("holder", "tenant", "what it is for: tenant, team, user, key or conversation")
	which := flags.String("id", "", "which of them: an id, or a team's name or user's address; none: each one for itself, or the tenant")
	period := flags.String("period", "month", "day, month or total")
	usd := flags.String("usd", "", "US dollars, such as 100 or 0.50 (required)")
	contact := flags.String("contact", "", "whom a refusal says to ask")
	unpriced := flags.String("unpriced", "deny", "calls that nobody knows the price of: deny or allow")
	return func(ctx context.Context, d *desk) error {
		limit, err := ledger.ParseUSD(*usd)
		if err != nil {
			return misuse("--usd: %w", err)
		}
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		id, err := d.holder(ctx, s, t, *holder, *which)
		if err != nil {
			return err
		}
		b, _, err := d.budgets(ctx)
		if err != nil {
			return err
		}
		made, err := b.Create(ctx, t.ID, audit.Operator, budget.Budget{
			Holder: budget.Holder(*holder), HolderID: id, Period: budget.Period(*period), Limit: limit, Contact: *contact, Unpriced: tenant.Unpriced(*unpriced),
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(d.stdout, made.ID)
		return nil
	}
}

// holder is the id of whom a budget is for.
func (d *desk) holder(ctx context.Context, s *identity.Service, t tenant.Tenant, kind, which string) (string, error) {
	switch {
	case which == "":
		return "", nil
	case kind == string(budget.OfTeam):
		one, err := d.teamCalled(ctx, t, which)
		return one.ID, err
	case kind == string(budget.OfUser):
		u, err := d.member(ctx, s, t, which)
		return u.ID, err
	}
	return which, nil
}

func budgetList(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "the tenant's slug")
	return func(ctx context.Context, d *desk) error {
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		b, _, err := d.budgets(ctx)
		if err != nil {
			return err
		}
		all, err := b.Standings(ctx, t.ID)
		if err != nil {
			return err
		}
		return list(d, all, "HOLDER\tPERIOD\tLIMIT\tUSED\tHELD\tWHO\tID", func(s budget.Standing) string {
			return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", s.Holder, s.Period, money(s.Limit), money(s.Used), money(s.Held), cmp.Or(s.SubjectName, s.Subject, "-"), s.ID)
		})
	}
}

func budgetLeases(flags *flag.FlagSet) action {
	unseen := flags.Duration("unseen", 5*time.Minute, "only of processes that were not seen for so long")
	return func(ctx context.Context, d *desk) error {
		held, err := d.leases(ctx, *unseen)
		if err != nil {
			return err
		}
		return list(d, held, "PROCESS\tTENANT\tBUDGET\tOF\tFROM", func(l budget.Lease) string {
			return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", l.Life, l.TenantID, l.Budget, l.Subject, l.From.UTC().Format(time.RFC3339))
		})
	}
}

func (d *desk) leases(ctx context.Context, unseen time.Duration) ([]budget.Lease, error) {
	if err := d.checkData(); err != nil {
		return nil, err
	}
	b, _, err := d.budgets(ctx)
	if err != nil {
		return nil, err
	}
	return b.Leases(ctx, unseen)
}

func budgetRelease(flags *flag.FlagSet) action {
	life := flags.String("process", "", "the process, from budget leases (required)")
	spent := flags.Bool("spent", false, "take all that it holds for spent")
	return func(ctx context.Context, d *desk) error {
		if *life == "" {
			return misuse("budget release needs --process, see budget leases")
		}
		held, err := d.leases(ctx, 5*time.Minute)
		if err != nil {
			return err
		}
		b, _, err := d.budgets(ctx)
		if err != nil {
			return err
		}
		n, sum := 0, int64(0)
		for _, l := range held {
			if l.Life != *life {
				continue
			}
			amount, err := b.Release(ctx, audit.Operator, l, *spent)
			if err != nil {
				return err
			}
			n, sum = n+1, sum+amount
		}
		if n == 0 {
			return fmt.Errorf("no process %s holds anything that was not seen for five minutes", *life)
		}
		word := "given back"
		if *spent {
			word = "taken for spent"
		}
		fmt.Fprintf(d.stdout, "%d slices over %s %s\n", n, money(sum), word)
		return nil
	}
}
