package api

import (
	"context"

	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/content"
	"nexusai/server/policy"
	"nexusai/server/tenant"
)

// Contents answers for what is kept of calls.
type Contents struct{ Book *content.Book }

var _ httpapi.Contents = Contents{}

// ReadContents is what a call said.
func (c Contents) ReadContents(ctx context.Context, id string) (httpapi.CallContents, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.CallContents{}, err
	}
	return c.Book.Read(ctx, caller, id)
}

// ContentPolicy is what the tenant keeps, and how much there is.
func (c Contents) ContentPolicy(ctx context.Context) (httpapi.ContentPolicy, error) {
	return as(ctx, func(tenantID string, _ audit.Actor) (httpapi.ContentPolicy, error) { return c.show(ctx, tenantID) })
}

func (c Contents) show(ctx context.Context, tenantID string) (httpapi.ContentPolicy, error) {
	p, stored, err := c.Book.Policy(ctx, tenantID)
	if err != nil {
		return httpapi.ContentPolicy{}, err
	}
	out := httpapi.ContentPolicy{
		ContentChoice: httpapi.ContentChoice{Keep: p.Keep, Responses: p.Responses, Days: p.Days, Readers: p.Readers},
		Roles:         policy.MayBeReaders(), Calls: stored.Calls, Bytes: stored.Bytes, Kept: stored.Responses,
	}
	if p.Keep {
		since := p.Since.UTC()
		out.Since = &since
	}
	if stored.Oldest != nil {
		oldest := stored.Oldest.UTC()
		out.Oldest = &oldest
	}
	return out, nil
}

// SetContentPolicy decides what is kept from now on.
func (c Contents) SetContentPolicy(ctx context.Context, n httpapi.ContentChoice) (httpapi.ContentPolicy, error) {
	return as(ctx, func(tenantID string, by audit.Actor) (httpapi.ContentPolicy, error) {
		if err := c.Book.SetPolicy(ctx, tenantID, by, tenant.Contents{Keep: n.Keep, Responses: n.Responses, Days: n.Days, Readers: n.Readers}); err != nil {
			return httpapi.ContentPolicy{}, err
		}
		return c.show(ctx, tenantID)
	})
}

// DeleteContents deletes what is stored, of all or of one holder.
func (c Contents) DeleteContents(ctx context.Context, e httpapi.ContentErasure) (httpapi.ContentErased, error) {
	return as(ctx, func(tenantID string, by audit.Actor) (httpapi.ContentErased, error) {
		n, err := c.Book.Erase(ctx, tenantID, by, e.Holder)
		return httpapi.ContentErased{Calls: n.Calls, Responses: n.Responses}, err
	})
}
