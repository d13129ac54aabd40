package api

import (
	"context"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/calllog"
	"nexusai/server/content"
)

// Operations answers dashboard, logs, costs and who was refused.
type Operations struct {
	Calls    *calllog.Book
	Contents *content.Book
}

var (
	_ httpapi.Operations = Operations{}
	_ httpapi.Logs       = Operations{}
	_ httpapi.Costs      = Operations{}
	_ httpapi.Refusals   = Operations{}
)

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

// Log is one call with its attempts, and whether the caller may read what it said.
func (o Operations) Log(ctx context.Context, id string) (httpapi.LogDetail, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.LogDetail{}, err
	}
	call, err := o.Calls.Detail(ctx, caller.TenantID, id)
	if err != nil {
		return call, err
	}
	return call, o.Contents.Describe(ctx, caller, &call)
}

// WriteLogs writes calls into a file.
func (o Operations) WriteLogs(ctx context.Context, q httpapi.LogExport, w httpapi.Sink) error {
	return does(ctx, func(tenant string, _ audit.Actor) error { return o.Calls.Export(ctx, tenant, q, w) })
}

// Costs adds calls up.
func (o Operations) Costs(ctx context.Context, q httpapi.CostQuery) (httpapi.CostReport, error) {
	return as(ctx, func(tenant string, _ audit.Actor) (httpapi.CostReport, error) { return o.Calls.Costs(ctx, tenant, q) })
}

// WriteCosts writes a report into a file.
func (o Operations) WriteCosts(ctx context.Context, q httpapi.CostQuery, w httpapi.Sink) error {
	return does(ctx, func(tenant string, _ audit.Actor) error { return o.Calls.ExportCosts(ctx, tenant, q, w) })
}

// ListRefusals lists who was refused, last first.
func (o Operations) ListRefusals(ctx context.Context, q httpapi.RefusalQuery) ([]httpapi.Refusal, error) {
	return as(ctx, func(tenant string, _ audit.Actor) ([]httpapi.Refusal, error) { return o.Calls.Refusals(ctx, tenant, q) })
}
