package calllog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Detail is one call with its attempts: from memory while it runs, from the
// database afterwards. fault.NotFound when the tenant has no such call. Contents
// is what the call's row says; who asks may see less.
func (b *Book) Detail(ctx context.Context, tenantID, id string) (httpapi.LogDetail, error) {
	id = strings.ToLower(id)
	c := b.remembered(tenantID, id)
	var out httpapi.LogDetail
	err := b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		if c == nil {
			var err error
			if c, err = selectCall(ctx, tx, tenantID, id); err != nil {
				return err
			}
		}
		shown, err := b.show(ctx, tx, tenantID, []*Call{c})
		if err != nil {
			return err
		}
		out.InferenceLog, out.Contents = shown[0], c.Contents
		if !c.ContentsUntil.IsZero() {
			out.ContentsUntil = &c.ContentsUntil
		}
		keys, err := keyNames(ctx, tx, tenantID, c.Tries)
		if err != nil {
			return err
		}
		for i := range c.Tries {
			out.Tries = append(out.Tries, b.try(&c.Tries[i], keys))
			out.Rescued = out.Rescued || c.Tries[i].Rescued
			out.Lost = append(out.Lost, c.Tries[i].Losses...)
		}
		return nil
	})
	if out.Tries == nil {
		out.Tries = []httpapi.LogAttempt{}
	}
	slices.Sort(out.Lost)
	out.Lost = slices.Compact(out.Lost)
	return out, err
}

// remembered is a copy of a call that is not stored yet; nil: it is, or never was.
func (b *Book) remembered(tenantID, id string) *Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.live[tenantID][id]
	if c == nil {
		c = b.recent[id]
	}
	if c == nil || c.TenantID != tenantID {
		return nil
	}
	copied := *c
	copied.Tries = slices.Clone(c.Tries)
	return &copied
}

const selectOne = `
select id, at, surface, operation, model, deployment, coalesce(user_id::text, ''), coalesce(key_id::text, ''), streamed,
    state, error_code, input_tokens, output_tokens, cached_tokens, estimated, latency_ms, first_ms, cost_nano_usd, unpriced, attempts, request_id,
    contents, contents_until
from inference_log where tenant_id = $1 and id = $2`

func selectCall(ctx context.Context, tx pgx.Tx, tenantID, id string) (*Call, error) {
	rows, err := tx.Query(ctx, selectOne, tenantID, id)
	if err != nil {
		return nil, fmt.Errorf("read a call: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCall)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "There is no such call.", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("read a call: %w", err)
	}
	return c, selectTries(ctx, tx, tenantID, c)
}

const selectAttempts = `
select attempt, deployment, name, provider, provider_key, model, lane, reason, started_at, first_ms, latency_ms, finish, error_code,
    provider_request, rescued, hedged, losses, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano_usd, price_version
from inference_attempt where tenant_id = $1 and at = $2 and call_id = $3 order by attempt`

func selectTries(ctx context.Context, tx pgx.Tx, tenantID string, c *Call) error {
	rows, err := tx.Query(ctx, selectAttempts, tenantID, c.At, c.ID)
	if err != nil {
		return fmt.Errorf("read a call's attempts: %w", err)
	}
	c.Tries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Attempt, err error) {
		var first, latency int64
		u := &a.Usage
		err = row.Scan(&a.N, &a.Deployment, &a.Name, &a.Provider, &a.Key, &a.Model, &a.Lane, &a.Reason, &a.Started, &first, &latency, &a.Finish, &a.Code,
			&a.RequestID, &a.Rescued, &a.Hedged, &a.Losses, &u.Input, &u.Cached, &u.Output, &u.Reasoning, &u.Estimated, &a.Cost, &a.Price.Version)
		a.Ended = a.Started.Add(time.Duration(latency) * time.Millisecond)
		if first > 0 {
			a.FirstToken = a.Started.Add(time.Duration(first) * time.Millisecond)
		}
		return a, err
	})
	if err != nil {
		return fmt.Errorf("read a call's attempts: %w", err)
	}
	return nil
}

const selectKeyNames = `select id::text, name from provider_key where tenant_id = $1 and id::text = any($2)`

// keyNames are the names of the providers' keys that tries used, as far as
// they are still there.
func keyNames(ctx context.Context, tx pgx.Tx, tenantID string, tries []Attempt) (map[string]string, error) {
	var ids []string
	for i := range tries {
		if tries[i].Key != "" {
			ids = append(ids, tries[i].Key)
		}
	}
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := tx.Query(ctx, selectKeyNames, tenantID, ids)
	if err != nil {
		return nil, fmt.Errorf("look up the providers' keys: %w", err)
	}
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up the providers' keys: %w", err)
	}
	return names, nil
}

func (b *Book) try(a *Attempt, keys map[string]string) httpapi.LogAttempt {
	out := httpapi.LogAttempt{
		N: a.N, DeploymentID: a.Deployment, Deployment: a.Name, Model: a.Model, KeyID: a.Key, Key: keys[a.Key], Why: a.Reason,
		StartedAt: a.Started.UTC(), ErrorCode: string(a.Code), Translated: a.Lane == "translated",
		InputTokens: a.Usage.Input, CachedTokens: a.Usage.Cached, OutputTokens: a.Usage.Output, Reasoning: a.Usage.Reasoning,
		Estimated: a.Usage.Estimated, CostNanoUSD: a.Cost, RequestID: a.RequestID, PriceVersion: a.Price.Version,
	}
	ended := a.Ended
	if ended.IsZero() {
		ended = b.now()
	}
	out.LatencyMS = max(ended.Sub(a.Started).Milliseconds(), 0)
	if !a.FirstToken.IsZero() {
		out.FirstMS = max(a.FirstToken.Sub(a.Started).Milliseconds(), 1)
	}
	return out
}
