package api

import (
	"context"

	"nexusai/backend/httpapi"
	"nexusai/server/calllog"
)

// Operations answers dashboard and logs.
type Operations struct{ Calls *calllog.Book }

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
