package api

import (
	"context"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/provider"
	"nexusai/server/audit"
	"nexusai/server/fleet"
)

// Providers answers for providers, their keys and what they serve.
type Providers struct {
	Fleet  *fleet.Fleet
	Broker *broker.Broker // knows how they are doing
}

// ListProviders lists the built-in provider first.
func (p Providers) ListProviders(ctx context.Context) ([]httpapi.Provider, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	return p.Fleet.List(ctx, caller.TenantID, p.Broker.Health)
}

// ProviderKinds lists how a provider can be spoken to. Where everybody has an
// address of their own, the usual one is an example.
func (p Providers) ProviderKinds(context.Context) ([]httpapi.ProviderKind, error) {
	out := []httpapi.ProviderKind{}
	for _, about := range provider.Kinds() {
		one := httpapi.ProviderKind{Kind: string(about.Kind), Name: about.Name, Example: about.Example, Key: about.Key, APIVersion: about.APIVersion}
		if !about.Local {
			one.BaseURL = about.BaseURL
		}
		out = append(out, one)
	}
	return out, nil
}

// CreateProvider adds an endpoint.
func (p Providers) CreateProvider(ctx context.Context, in httpapi.ProviderInput) (httpapi.Provider, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Provider{}, err
	}
	return p.Fleet.Create(ctx, caller.TenantID, audit.By(caller), in)
}

// PatchProvider changes what is present.
func (p Providers) PatchProvider(ctx context.Context, id string, in httpapi.ProviderInput) (httpapi.Provider, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Provider{}, err
	}
	return p.Fleet.Change(ctx, caller.TenantID, audit.By(caller), id, in)
}

// DeleteProvider removes an endpoint and its key.
func (p Providers) DeleteProvider(ctx context.Context, id string) error {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return p.Fleet.Remove(ctx, caller.TenantID, audit.By(caller), id)
}

// TestProvider makes a real call.
func (p Providers) TestProvider(ctx context.Context, id string) (httpapi.ProviderTest, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.ProviderTest{}, err
	}
	return p.Fleet.Test(ctx, caller.TenantID, audit.By(caller), id)
}
