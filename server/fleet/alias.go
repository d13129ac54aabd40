package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

const maxAliases = 1000 // of one tenant

// alias is a name for an ordered list of models.
type alias struct {
	name, source     string
	targets          []string
	larger           string
	regions          []string // empty: any that the policy allows
	maxInput, maxOut *int64   // nano US dollars for a million tokens; nil: no cap
	hedgeAfter       int64    // ms; 0: never
}

const (
	selectAliases = `
select alias, source, targets, larger, regions, max_input_nano_usd, max_output_nano_usd, hedge_after_ms
from model_alias where tenant_id = $1 order by alias`
	upsertAlias = `
insert into model_alias (tenant_id, alias, source, targets, larger, regions, max_input_nano_usd, max_output_nano_usd, hedge_after_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, alias) do update set source = excluded.source, targets = excluded.targets, larger = excluded.larger,
    regions = excluded.regions, max_input_nano_usd = excluded.max_input_nano_usd, max_output_nano_usd = excluded.max_output_nano_usd,
    hedge_after_ms = excluded.hedge_after_ms`
	deleteAlias = `delete from model_alias where tenant_id = $1 and alias = $2`
)

func (s *snapshot) readAliases(ctx context.Context, tx pgx.Tx, tenant string) error {
	s.aliases = map[string]*alias{}
	rows, err := tx.Query(ctx, selectAliases, tenant)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*alias, error) {
		a := &alias{}
		return a, row.Scan(&a.name, &a.source, &a.targets, &a.larger, &a.regions, &a.maxInput, &a.maxOut, &a.hedgeAfter)
	})
	for _, a := range all {
		s.aliases[a.name] = a
	}
	return err
}

func saveAlias(ctx context.Context, tx pgx.Tx, tenant string, a *alias) error {
	_, err := tx.Exec(ctx, upsertAlias, tenant, a.name, a.source, a.targets, a.larger, a.regions, a.maxInput, a.maxOut, a.hedgeAfter)
	if err != nil {
		return fmt.Errorf("store an alias: %w", err)
	}
	return nil
}

func removeAlias(ctx context.Context, tx pgx.Tx, tenant, name string) error {
	if _, err := tx.Exec(ctx, deleteAlias, tenant, name); err != nil {
		return fmt.Errorf("delete an alias: %w", err)
	}
	return nil
}

// Aliases lists a tenant's aliases by name.
func (f *Fleet) Aliases(ctx context.Context, tenant string) ([]httpapi.Alias, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]httpapi.Alias, 0, len(s.aliases))
	for _, a := range s.aliases {
		out = append(out, a.show())
	}
	slices.SortFunc(out, func(a, b httpapi.Alias) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (a *alias) show() httpapi.Alias {
	return httpapi.Alias{
		Name: a.name, Targets: a.targets, Larger: a.larger, Regions: a.regions, MaxInputNanoUSD: a.maxInput, MaxOutputNanoUSD: a.maxOut,
		HedgeAfterMS: a.hedgeAfter, Source: a.source,
	}
}

// SaveAlias makes an alias, or replaces the one of that name as a whole.
func (f *Fleet) SaveAlias(ctx context.Context, tenant string, actor audit.Actor, in httpapi.Alias) (httpapi.Alias, error) {
	a := &alias{
		name: in.Name, source: sourceManual, targets: in.Targets, larger: in.Larger, regions: in.Regions,
		maxInput: in.MaxInputNanoUSD, maxOut: in.MaxOutputNanoUSD, hedgeAfter: in.HedgeAfterMS,
	}
	if a.regions == nil {
		a.regions = []string{}
	}
	if err := a.check("body"); err != nil {
		return httpapi.Alias{}, err
	}
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		s, err := readSnapshot(ctx, tx, tenant)
		if err != nil {
			return fmt.Errorf("read the fleet: %w", err)
		}
		if s.aliases[a.name] == nil && len(s.aliases) >= maxAliases {
			return fault.New(fault.Conflict, "There are as many aliases as there can be.", nil)
		}
		if err := saveAlias(ctx, tx, tenant, a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "alias.saved", "", a.name, a.facts()))
	})
	return a.show(), err
}

// RemoveAlias deletes an alias.
func (f *Fleet) RemoveAlias(ctx context.Context, tenant string, actor audit.Actor, name string) error {
	return f.write(ctx, tenant, func(tx pgx.Tx) error {
		s, err := readSnapshot(ctx, tx, tenant)
		if err != nil {
			return fmt.Errorf("read the fleet: %w", err)
		}
		if s.aliases[name] == nil {
			return fault.New(fault.NotFound, "There is no such alias.", nil)
		}
		if err := removeAlias(ctx, tx, tenant, name); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "alias.deleted", "", name, nil))
	})
}

func (a *alias) facts() map[string]string {
	facts := map[string]string{"targets": strings.Join(a.targets, ", ")}
	if a.larger != "" {
		facts["larger"] = a.larger
	}
	if len(a.regions) > 0 {
		facts["regions"] = strings.Join(a.regions, ", ")
	}
	return facts
}

func (a *alias) check(at string) error {
	if !name(a.name) {
		return fault.New(fault.BadRequest, "An alias needs a name that can be shown, without spaces around it.", nil).At(at + ".name")
	}
	if len(a.targets) == 0 || len(a.targets) > 20 {
		return fault.New(fault.BadRequest, "An alias stands for 1 to 20 models.", nil).At(at + ".targets")
	}
	seen := map[string]bool{}
	for _, t := range a.targets {
		if !name(t) || seen[t] {
			return fault.New(fault.BadRequest, "Each model of an alias has a name that can be shown and stands there once.", nil).At(at + ".targets")
		}
		seen[t] = true
	}
	if len(seen) == 1 && seen[a.name] && a.larger == "" && len(a.regions) == 0 && a.maxInput == nil && a.maxOut == nil && a.hedgeAfter == 0 {
		return fault.New(fault.BadRequest, "An alias that stands for itself alone says nothing.", nil).At(at + ".targets")
	}
	if a.larger != "" && !name(a.larger) || a.larger == a.name {
		return fault.New(fault.BadRequest, "The larger model is another one, with a name that can be shown.", nil).At(at + ".larger")
	}
	return checkRegions(at+".regions", a.regions)
}

func checkRegions(at string, regions []string) error {
	if len(regions) > 20 {
		return fault.New(fault.BadRequest, "There can be 20 regions.", nil).At(at)
	}
	for _, r := range regions {
		if r == "" || len(r) > 40 || strings.TrimSpace(r) != r || !shown(r) {
			return fault.New(fault.BadRequest, "A region is a short text that can be shown.", nil).At(at)
		}
	}
	return nil
}
