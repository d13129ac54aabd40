package calllog

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// cursor is the place after a row: newest first, by time and id.
type cursor struct {
	at time.Time
	id string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.at.UTC().Format(time.RFC3339Nano) + " " + c.id))
}

func parseCursor(text string) (cursor, error) {
	bad := fault.New(fault.BadRequest, "This page does not exist.", nil).At("query.cursor")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return cursor{}, bad
	}
	at, id, ok := strings.Cut(string(raw), " ")
	when, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil || uuid.Validate(id) != nil || len(id) != 36 {
		return cursor{}, bad
	}
	return cursor{at: when, id: id}, nil
}

// before says whether a comes after b in a list that is newest first.
func (c cursor) before(other cursor) bool {
	if !c.at.Equal(other.at) {
		return c.at.Before(other.at)
	}
	return c.id < other.id
}

// Calls lists a page of a tenant's calls, newest first: those in flight in
// this process, those on their way to the database, and those in it.
func (b *Book) Calls(ctx context.Context, tenantID string, q httpapi.LogQuery) (httpapi.LogPage, error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	q.Model, q.User, q.Key = storable(q.Model), storable(q.User), storable(q.Key)
	var after *cursor
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor)
		if err != nil {
			return httpapi.LogPage{}, err
		}
		after = &c
	}
	// Memory first: a call that is stored in between is then seen twice and
	// not never.
	here := b.inMemory(tenantID, q)
	page := httpapi.LogPage{Items: []httpapi.InferenceLog{}}
	err := b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		var rows []*Call
		var err error
		if q.State != string(Running) {
			if rows, err = selectPage(ctx, tx, tenantID, q, after); err != nil {
				return err
			}
			if page.Totals, err = selectTotals(ctx, tx, tenantID, q); err != nil {
				return err
			}
		}
		here, err = notStored(ctx, tx, tenantID, here)
		if err != nil {
			return err
		}
		addTotals(&page.Totals, here)
		merged := mergePage(rows, here, after, q.Limit)
		if len(merged) > q.Limit {
			merged = merged[:q.Limit]
			last := merged[len(merged)-1]
			page.NextCursor = cursor{last.At, last.ID}.String()
		}
		page.Items, err = b.show(ctx, tx, tenantID, merged)
		return err
	})
	return page, err
}

// inMemory copies the calls that match q.
func (b *Book) inMemory(tenantID string, q httpapi.LogQuery) []*Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*Call
	for _, c := range b.live[tenantID] {
		if c.matches(q) {
			out = append(out, c)
		}
	}
	for _, c := range b.recent {
		if c.TenantID == tenantID && c.matches(q) {
			out = append(out, c)
		}
	}
	return out
}

func (c *Call) matches(q httpapi.LogQuery) bool {
	for _, one := range [][2]string{
		{q.Model, c.Model}, {strings.ToLower(q.User), c.UserID}, {strings.ToLower(q.Key), c.KeyID}, {q.State, string(c.State)},
		{q.Surface, c.Surface}, {q.Operation, c.Operation}, {q.Deployment, c.Deployment}, {q.ErrorCode, c.ErrorCode},
	} {
		if one[0] != "" && one[0] != one[1] {
			return false
		}
	}
	found := strings.Contains(c.ID, strings.ToLower(q.Search)) || strings.Contains(c.RequestID, q.Search)
	return found && c.Cost >= q.MinCost && (q.MaxCost == 0 || c.Cost <= q.MaxCost) && (q.From.IsZero() || !c.At.Before(q.From)) && (q.To.IsZero() || c.At.Before(q.To))
}

func mergePage(rows, here []*Call, after *cursor, limit int) []*Call {
	all := append([]*Call(nil), rows...)
	for _, c := range here {
		if after == nil || (cursor{c.At, c.ID}).before(*after) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *Call) int {
		if (cursor{a.At, a.ID}).before(cursor{b.At, b.ID}) {
			return 1
		}
		return -1
	})
	return all[:min(len(all), limit+1)]
}

func addTotals(t *httpapi.LogTotals, calls []*Call) {
	for _, c := range calls {
		t.Calls++
		t.InputTokens += int64(c.Usage.Input)
		t.OutputTokens += int64(c.Usage.Output)
		t.CostNanoUSD += c.Cost
	}
}

const selected = `
tenant_id = $1 and ($2 = '' or model = $2) and ($3 = '' or user_id::text = $3) and ($4 = '' or key_id::text = $4)
and ($5 = '' or state = $5) and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
and ($8 = '' or surface = $8) and ($9 = '' or operation = $9) and ($10 = '' or deployment = $10) and ($11 = '' or error_code = $11)
and cost_nano_usd >= $12 and ($13::bigint = 0 or cost_nano_usd <= $13::bigint)
and ($14 = '' or strpos(id::text, lower($14)) > 0 or strpos(request_id, $14) > 0)`

func selection(tenantID string, q httpapi.LogQuery) []any {
	return []any{tenantID, q.Model, strings.ToLower(q.User), strings.ToLower(q.Key), q.State, instant(q.From), instant(q.To),
		q.Surface, q.Operation, storable(q.Deployment), storable(q.ErrorCode), q.MinCost, q.MaxCost, storable(q.Search)}
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

const selectCalls = `
select id, at, surface, operation, model, deployment, coalesce(user_id::text, ''), coalesce(key_id::text, ''), streamed,
    state, error_code, input_tokens, output_tokens, cached_tokens, estimated, latency_ms, first_ms, cost_nano_usd, unpriced, attempts, request_id,
    contents, contents_until
from inference_log where ` + selected + ` and ($15::timestamptz is null or (at, id) < ($15, $16::uuid))
order by at desc, id desc limit $17`

func selectPage(ctx context.Context, tx pgx.Tx, tenantID string, q httpapi.LogQuery, after *cursor) ([]*Call, error) {
	args := selection(tenantID, q)
	if after == nil {
		args = append(args, nil, nil)
	} else {
		args = append(args, after.at, after.id)
	}
	rows, err := tx.Query(ctx, selectCalls, append(args, q.Limit+1)...)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	calls, err := pgx.CollectRows(rows, scanCall)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	return calls, nil
}

func scanCall(row pgx.CollectableRow) (*Call, error) {
	c := &Call{}
	var latency, first int64
	var until *time.Time
	err := row.Scan(&c.ID, &c.At, &c.Surface, &c.Operation, &c.Model, &c.Deployment, &c.UserID, &c.KeyID, &c.Streamed,
		&c.State, &c.ErrorCode, &c.Usage.Input, &c.Usage.Output, &c.Usage.Cached, &c.Usage.Estimated, &latency, &first, &c.Cost, &c.Unpriced, &c.Attempts, &c.RequestID, &c.Contents, &until)
	if until != nil {
		c.ContentsUntil = *until
	}
	c.Latency, c.First = time.Duration(latency)*time.Millisecond, time.Duration(first)*time.Millisecond
	return c, err
}

const selectSums = `
select count(*), coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cost_nano_usd), 0)::bigint
from inference_log where ` + selected

func selectTotals(ctx context.Context, tx pgx.Tx, tenantID string, q httpapi.LogQuery) (t httpapi.LogTotals, err error) {
	err = tx.QueryRow(ctx, selectSums, selection(tenantID, q)...).Scan(&t.Calls, &t.InputTokens, &t.OutputTokens, &t.CostNanoUSD)
	if err != nil {
		return t, fmt.Errorf("add calls up: %w", err)
	}
	return t, nil
}

const selectStored = `select id::text from inference_log where tenant_id = $1 and id = any($2::uuid[]) and at >= $3`

// notStored leaves out what reached the database since it was copied.
func notStored(ctx context.Context, tx pgx.Tx, tenantID string, here []*Call) ([]*Call, error) {
	if len(here) == 0 {
		return nil, nil
	}
	ids := make([]string, len(here))
	oldest := here[0].At
	for i, c := range here {
		ids[i] = c.ID
		if c.At.Before(oldest) {
			oldest = c.At
		}
	}
	rows, err := tx.Query(ctx, selectStored, tenantID, ids, oldest)
	if err != nil {
		return nil, fmt.Errorf("look for stored calls: %w", err)
	}
	stored := map[string]bool{}
	var id string
	if _, err = pgx.ForEachRow(rows, []any{&id}, func() error { stored[id] = true; return nil }); err != nil {
		return nil, fmt.Errorf("look for stored calls: %w", err)
	}
	return slices.DeleteFunc(here, func(c *Call) bool { return stored[c.ID] }), nil
}
