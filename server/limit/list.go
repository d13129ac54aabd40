package limit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Named is a stored limit with what its holder is called.
type Named struct {
	Kept
	Name string
}

// called is what a limit's holder is called, or its id again.
const called = `
    coalesce((select coalesce(nullif(u.name, ''), u.email::text) from app_user u where l.holder = 'user' and u.tenant_id = l.tenant_id and u.id::text = l.holds),
        (select k.name from api_key k where l.holder = 'key' and k.tenant_id = l.tenant_id and k.id::text = l.holds),
        (select d.model || ' · ' || p.name from deployment d join provider p on p.tenant_id = d.tenant_id and p.id = d.provider_id
            where l.holder = 'deployment' and d.tenant_id = l.tenant_id and d.id::text = l.holds), l.holds)`

const selectNamed = `
select l.id::text, l.holder, l.holds, l.measure, l.amount, l.window_ms, l.fail_open, l.source, l.created_at,` + called + `
from limit_rule l where l.tenant_id = $1 order by l.created_at, l.id limit 2000`

const selectName = `select` + called + ` from (select $1::uuid as tenant_id, $2::text as holder, $3::text as holds) l`

// List is every limit of a tenant, oldest first.
func List(ctx context.Context, tx pgx.Tx, tenantID string) ([]Named, error) {
	rows, err := tx.Query(ctx, selectNamed, tenantID)
	if err != nil {
		return nil, fmt.Errorf("list limits: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Named, err error) {
		var ms int64
		err = row.Scan(&n.ID, &n.Holder, &n.Holds, &n.Measure, &n.Amount, &ms, &n.FailOpen, &n.Source, &n.Created, &n.Name)
		n.Window = time.Duration(ms) * time.Millisecond
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("list limits: %w", err)
	}
	return out, nil
}
