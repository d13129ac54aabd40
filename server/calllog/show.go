package calllog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
)

const selectNames = `
select id::text, coalesce(nullif(name, ''), email::text) from app_user where tenant_id = $1 and id = any($2::uuid[])
union all
select id::text, name from api_key where tenant_id = $1 and id = any($2::uuid[])`

// show gives calls the names of who made them.
func (b *Book) show(ctx context.Context, tx pgx.Tx, tenantID string, calls []*Call) ([]httpapi.InferenceLog, error) {
	var ids []string
	for _, c := range calls {
		for _, id := range []string{c.UserID, c.KeyID} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	names, err := b.names(ctx, tx, tenantID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]httpapi.InferenceLog, 0, len(calls))
	for _, c := range calls {
		out = append(out, b.row(c, names))
	}
	return out, nil
}

func (b *Book) names(ctx context.Context, tx pgx.Tx, tenantID string, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := tx.Query(ctx, selectNames, tenantID, ids)
	if err != nil {
		return nil, fmt.Errorf("look up names: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("look up names: %w", err)
		}
		names[id] = name
	}
	return names, rows.Err()
}

func (b *Book) row(c *Call, names map[string]string) httpapi.InferenceLog {
	latency := c.Latency
	if c.State == Running {
		latency = b.now().Sub(c.At)
	}
	return httpapi.InferenceLog{
		ID: c.ID, At: c.At, Surface: c.Surface, Operation: c.Operation, Model: c.Model, Deployment: c.Deployment,
		User: names[c.UserID], Key: names[c.KeyID], Streamed: c.Streamed, State: string(c.State), ErrorCode: c.ErrorCode,
		InputTokens: c.Usage.Input, OutputTokens: c.Usage.Output, CachedTokens: c.Usage.Cached, Estimated: c.Usage.Estimated,
		LatencyMS: latency.Milliseconds(), FirstMS: c.First.Milliseconds(), CostNanoUSD: c.Cost,
		Unpriced: c.Unpriced, Attempts: c.Attempts, RequestID: c.RequestID,
	}
}
