package api

import (
	"context"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

var (
	_ httpapi.Providers    = Providers{}
	_ httpapi.ProviderKeys = Providers{}
	_ httpapi.Deployments  = Providers{}
	_ httpapi.Aliases      = Providers{}
	_ httpapi.Prices       = Providers{}
)

// as runs fn for the caller in ctx.
func as[T any](ctx context.Context, fn func(tenant string, by audit.Actor) (T, error)) (T, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return fn(caller.TenantID, audit.By(caller))
}

// does is as for what has no result.
func does(ctx context.Context, fn func(tenant string, by audit.Actor) error) error {
	_, err := as(ctx, func(tenant string, by audit.Actor) (struct{}, error) { return struct{}{}, fn(tenant, by) })
	return err
}

// AddProviderKey adds a key to a pool.
func (p Providers) AddProviderKey(ctx context.Context, id string, k httpapi.NewProviderKey) (httpapi.Provider, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.Provider, error) {
		return p.Fleet.AddKey(ctx, tenant, by, id, k)
	})
}

// PatchProviderKey rotates, renames, enables or disables a key.
func (p Providers) PatchProviderKey(ctx context.Context, id, key string, in httpapi.ProviderKeyPatch) (httpapi.Provider, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.Provider, error) {
		return p.Fleet.ChangeKey(ctx, tenant, by, id, key, in)
	})
}

// DeleteProviderKey takes a key out of a pool.
func (p Providers) DeleteProviderKey(ctx context.Context, id, key string) error {
	return does(ctx, func(tenant string, by audit.Actor) error { return p.Fleet.RemoveKey(ctx, tenant, by, id, key) })
}

// TestProviderKey makes a real call with one key.
func (p Providers) TestProviderKey(ctx context.Context, id, key string) (httpapi.ProviderTest, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.ProviderTest, error) {
		return p.Fleet.TestKey(ctx, tenant, by, id, key)
	})
}

// ListDeployments lists everything that the team's providers serve.
func (p Providers) ListDeployments(ctx context.Context) ([]httpapi.Deployment, error) {
	return as(ctx, func(tenant string, _ audit.Actor) ([]httpapi.Deployment, error) {
		return p.Fleet.Deployments(ctx, tenant, p.Broker.Health)
	})
}

// CreateDeployment offers a provider's model.
func (p Providers) CreateDeployment(ctx context.Context, n httpapi.NewDeployment) (httpapi.Deployment, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.Deployment, error) {
		return p.Fleet.AddDeployment(ctx, tenant, by, n)
	})
}

// PatchDeployment changes what is present.
func (p Providers) PatchDeployment(ctx context.Context, id string, in httpapi.DeploymentPatch) (httpapi.Deployment, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.Deployment, error) {
		return p.Fleet.ChangeDeployment(ctx, tenant, by, id, in)
	})
}

// DeleteDeployment offers a model no longer.
func (p Providers) DeleteDeployment(ctx context.Context, id string) error {
	return does(ctx, func(tenant string, by audit.Actor) error { return p.Fleet.RemoveDeployment(ctx, tenant, by, id) })
}

// TestDeployment makes a real call.
func (p Providers) TestDeployment(ctx context.Context, id string) (httpapi.ProviderTest, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.ProviderTest, error) {
		return p.Fleet.TestDeployment(ctx, tenant, by, id)
	})
}

// ListAliases lists aliases by name.
func (p Providers) ListAliases(ctx context.Context) ([]httpapi.Alias, error) {
	return as(ctx, func(tenant string, _ audit.Actor) ([]httpapi.Alias, error) { return p.Fleet.Aliases(ctx, tenant) })
}

// SaveAlias makes or replaces an alias.
func (p Providers) SaveAlias(ctx context.Context, a httpapi.Alias) (httpapi.Alias, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.Alias, error) {
		return p.Fleet.SaveAlias(ctx, tenant, by, a)
	})
}

// DeleteAlias removes an alias.
func (p Providers) DeleteAlias(ctx context.Context, name string) error {
	return does(ctx, func(tenant string, by audit.Actor) error { return p.Fleet.RemoveAlias(ctx, tenant, by, name) })
}

// Routing is the team's routing policy.
func (p Providers) Routing(ctx context.Context) (httpapi.RoutingPolicy, error) {
	return as(ctx, func(tenant string, _ audit.Actor) (httpapi.RoutingPolicy, error) { return p.Fleet.Routing(ctx, tenant) })
}

// SaveRouting replaces the routing policy.
func (p Providers) SaveRouting(ctx context.Context, in httpapi.RoutingPolicy) (httpapi.RoutingPolicy, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.RoutingPolicy, error) {
		return p.Fleet.SaveRouting(ctx, tenant, by, in)
	})
}

// ListPrices lists prices with their history.
func (p Providers) ListPrices(ctx context.Context) ([]httpapi.PricedModel, error) {
	return as(ctx, func(tenant string, _ audit.Actor) ([]httpapi.PricedModel, error) { return p.Fleet.Prices(ctx, tenant) })
}

// SetPrice sets a price from a moment on.
func (p Providers) SetPrice(ctx context.Context, n httpapi.NewPriceOverride) (httpapi.PricedModel, error) {
	return as(ctx, func(tenant string, by audit.Actor) (httpapi.PricedModel, error) {
		return p.Fleet.SetPrice(ctx, tenant, by, n)
	})
}
