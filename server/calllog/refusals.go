package calllog

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const selectRefusals = `
select error_code, coalesce(user_id::text, ''), coalesce(key_id::text, ''), model, count(*), max(at)
from inference_log
where tenant_id = $1 and at >= $2 and at < $3 and state = 'failed' and error_code = any($4) and deployment = ''
group by 1, 2, 3, 4 order by 6 desc limit 200`

// Refusals are what limits and budgets of ours refused: calls that nobody was
// asked to answer.
func (b *Book) Refusals(ctx context.Context, tenantID string, q httpapi.RefusalQuery) ([]httpapi.Refusal, error) {
	if q.To.IsZero() {
		q.To = b.now()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-24 * time.Hour)
	}
	var out []httpapi.Refusal
	err := b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectRefusals, tenantID, q.From, q.To, []string{string(fault.RateLimited), string(fault.QuotaSpent), string(fault.QuotaUnpriced)})
		if err != nil {
			return fmt.Errorf("list refusals: %w", err)
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r httpapi.Refusal, err error) {
			err = row.Scan(&r.Code, &r.User, &r.Key, &r.Model, &r.Calls, &r.LastAt)
			return r, err
		})
		if err != nil {
			return fmt.Errorf("list refusals: %w", err)
		}
		return b.nameRefused(ctx, tx, tenantID, out)
	})
	if out == nil {
		out = []httpapi.Refusal{}
	}
	return out, err
}

func (b *Book) nameRefused(ctx context.Context, tx pgx.Tx, tenantID string, all []httpapi.Refusal) error {
	var ids []string
	for _, r := range all {
		for _, id := range []string{r.User, r.Key} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	names, err := b.names(ctx, tx, tenantID, ids)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].User, all[i].Key = names[all[i].User], names[all[i].Key]
	}
	return nil
}
