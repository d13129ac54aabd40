package response

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	tenants = `select id::text from nexus.tenant_ids() as t(id)`
	expire  = `delete from kept_response where tenant_id = $1 and (expires_at <= $2 or used_at <= $3)`
	bound   = `
delete from kept_response where tenant_id = $1 and (holder, id) in (
    select holder, id from (
        select holder, id, row_number() over (partition by holder order by created_at desc) as n
        from kept_response where tenant_id = $1
    ) numbered where n > $2
)`
)

// Clean forgets what has expired, and of holders that have too many the oldest.
func (b *Book) Clean(ctx context.Context) error {
	var all []string
	err := b.DB.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, tenants)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return fmt.Errorf("clean up responses: %w", err)
	}
	for _, id := range all {
		failed := b.DB.Tenant(ctx, id, func(tx pgx.Tx) error {
			now, usedAfter, err := b.lives(ctx, tx)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, expire, id, now, usedAfter); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, bound, id, maxPerHolder)
			return err
		})
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("clean up responses of tenant %s: %w", id, failed))
		}
	}
	return err
}
