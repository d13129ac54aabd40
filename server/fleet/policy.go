package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/policy"
)

// rules are what holds for all of a tenant's calls.
type rules struct {
	regions          []string // empty: any
	maxInput, maxOut *int64   // nano US dollars for a million tokens; nil: no cap
	models           map[string][]string
}

const (
	selectPolicy = `select regions, max_input_nano_usd, max_output_nano_usd, role_models from routing_policy where tenant_id = $1`
	upsertPolicy = `
insert into routing_policy (tenant_id, regions, max_input_nano_usd, max_output_nano_usd, role_models) values ($1, $2, $3, $4, $5)
on conflict (tenant_id) do update set regions = excluded.regions, max_input_nano_usd = excluded.max_input_nano_usd,
    max_output_nano_usd = excluded.max_output_nano_usd, role_models = excluded.role_models`
)

func (s *snapshot) readPolicy(ctx context.Context, tx pgx.Tx, tenant string) error {
	var models []byte
	p := &s.policy
	err := tx.QueryRow(ctx, selectPolicy, tenant).Scan(&p.regions, &p.maxInput, &p.maxOut, &models)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(models, &p.models)
}

func savePolicy(ctx context.Context, tx pgx.Tx, tenant string, p rules) error {
	models, err := json.Marshal(p.models)
	if err != nil {
		return fmt.Errorf("encode a routing policy: %w", err)
	}
	if p.regions == nil {
		p.regions = []string{}
	}
	if _, err := tx.Exec(ctx, upsertPolicy, tenant, p.regions, p.maxInput, p.maxOut, models); err != nil {
		return fmt.Errorf("store a routing policy: %w", err)
	}
	return nil
}

// Routing is a tenant's policy.
func (f *Fleet) Routing(ctx context.Context, tenant string) (httpapi.RoutingPolicy, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.RoutingPolicy{}, err
	}
	return s.policy.show(), nil
}

func (p rules) show() httpapi.RoutingPolicy {
	out := httpapi.RoutingPolicy{Regions: append([]string{}, p.regions...), MaxInputNanoUSD: p.maxInput, MaxOutputNanoUSD: p.maxOut, Roles: []httpapi.RoleModels{}}
	for _, role := range slices.Sorted(maps.Keys(p.models)) {
		out.Roles = append(out.Roles, httpapi.RoleModels{Role: role, Models: append([]string{}, p.models[role]...)})
	}
	return out
}

// SaveRouting replaces a tenant's policy.
func (f *Fleet) SaveRouting(ctx context.Context, tenant string, actor audit.Actor, in httpapi.RoutingPolicy) (httpapi.RoutingPolicy, error) {
	p := rules{regions: in.Regions, maxInput: in.MaxInputNanoUSD, maxOut: in.MaxOutputNanoUSD, models: map[string][]string{}}
	for _, r := range in.Roles {
		if p.models[r.Role] != nil {
			return httpapi.RoutingPolicy{}, fault.New(fault.BadRequest, "A role stands there twice.", nil).At("body.roles")
		}
		p.models[r.Role] = append([]string{}, r.Models...)
	}
	if err := p.check("body"); err != nil {
		return httpapi.RoutingPolicy{}, err
	}
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		if err := savePolicy(ctx, tx, tenant, p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "routing.changed", "", "routing", p.facts()))
	})
	return p.show(), err
}

func (p rules) facts() map[string]string {
	facts := map[string]string{"regions": strings.Join(p.regions, ", ")}
	for role, models := range p.models {
		facts["models of "+role] = strings.Join(models, ", ")
	}
	return facts
}

func (p rules) check(at string) error {
	for role, models := range p.models {
		if !policy.Known(role) {
			return fault.New(fault.BadRequest, "There is no such role.", nil).At(at + ".roles")
		}
		if len(models) > 200 || slices.ContainsFunc(models, func(m string) bool { return !name(m) }) {
			return fault.New(fault.BadRequest, "A role's list holds up to 200 names that can be shown.", nil).At(at + ".roles")
		}
	}
	return checkRegions(at+".regions", p.regions)
}

// may says whether a caller may use a model by name: as its key's list and its
// role's list say. A key that a member made is bound by the member's role, too.
func (p rules) may(c httpapi.Caller, model string) bool {
	list, listed := p.models[c.Role]
	return allowed(c.Models, model) && (!listed || holds(list, model))
}

// allowed says whether a key's list of models holds one; an empty list holds all.
func allowed(models []string, id string) bool { return len(models) == 0 || holds(models, id) }

func holds(models []string, id string) bool {
	return slices.ContainsFunc(models, func(one string) bool {
		prefix, wild := strings.CutSuffix(one, "*")
		return one == id || wild && strings.HasPrefix(id, prefix)
	})
}
