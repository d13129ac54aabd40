package api

import (
	"context"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/calllog"
	"nexusai/server/fleet"
)

// Operations answers dashboard, logs and providers.
type Operations struct {
	Calls *calllog.Book
	Fleet *fleet.Fleet
}

var _ httpapi.Operations = Operations{}

// Dashboard is the team's traffic of a range.
func (o Operations) Dashboard(ctx context.Context, q httpapi.DashboardQuery) (httpapi.Dashboard, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Dashboard{}, err
	}
	return o.Calls.Dashboard(ctx, caller.TenantID, q.Range)
}

// ListLogs is a page of calls.
func (o Operations) ListLogs(ctx context.Context, q httpapi.LogQuery) (httpapi.LogPage, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.LogPage{}, err
	}
	return o.Calls.Calls(ctx, caller.TenantID, q)
}

// ListProviders lists the built-in provider first.
func (o Operations) ListProviders(ctx context.Context) ([]httpapi.Provider, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	return o.Fleet.List(ctx, caller.TenantID)
}

// CreateProvider adds an endpoint.
func (o Operations) CreateProvider(ctx context.Context, p httpapi.ProviderInput) (httpapi.Provider, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Provider{}, err
	}
	return o.Fleet.Create(ctx, caller.TenantID, audit.By(caller), p)
}

// PatchProvider changes what is present.
func (o Operations) PatchProvider(ctx context.Context, id string, p httpapi.ProviderInput) (httpapi.Provider, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Provider{}, err
	}
	return o.Fleet.Change(ctx, caller.TenantID, audit.By(caller), id, p)
}

// DeleteProvider removes an endpoint and its key.
func (o Operations) DeleteProvider(ctx context.Context, id string) error {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	return o.Fleet.Remove(ctx, caller.TenantID, audit.By(caller), id)
}

// TestProvider makes a real call.
func (o Operations) TestProvider(ctx context.Context, id string) (httpapi.ProviderTest, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.ProviderTest{}, err
	}
	return o.Fleet.Test(ctx, caller.TenantID, audit.By(caller), id)
}
