package content

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
	"nexusai/server/response"
	"nexusai/server/tenant"
)

const (
	noteErasure = `
insert into content_erasure (tenant_id, holder, at) values ($1, $2, $3)
on conflict (tenant_id, holder) do update set at = greatest(content_erasure.at, excluded.at)`
	eraseAll    = `delete from call_content where tenant_id = $1`
	eraseHolder = `delete from call_content where tenant_id = $1 and holder = $2`
)

// Erased is how much was deleted.
type Erased struct{ Calls, Responses int64 }

// Erase deletes, in the transaction of whoever does, what is stored of the calls
// of a user or a key, and the responses that they could go on from; holder
// empty: of all. What is on its way is not stored either. It is audited.
func Erase(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, now time.Time, holder string) (n Erased, err error) {
	if _, err := tx.Exec(ctx, holdSettings); err != nil {
		return n, fmt.Errorf("wait for what is being stored: %w", err)
	}
	if n.Responses, err = response.Erase(ctx, tx, tenantID, holder); err != nil {
		return n, err
	}
	sql, args := eraseHolder, []any{tenantID, holder}
	if holder == "" {
		sql, args = eraseAll, args[:1]
		holder = everybody
	}
	if _, err := tx.Exec(ctx, noteErasure, tenantID, holder, now.UTC()); err != nil {
		return n, fmt.Errorf("note an erasure: %w", err)
	}
	done, err := tx.Exec(ctx, sql, args...)
	if err != nil {
		return n, fmt.Errorf("delete contents: %w", err)
	}
	n.Calls = done.RowsAffected()
	e := audit.Entry{Actor: by, Action: "contents.deleted", Target: "contents", Facts: map[string]string{
		"calls": strconv.FormatInt(n.Calls, 10), "responses": strconv.FormatInt(n.Responses, 10),
	}}
	if holder != everybody {
		e.Facts["holder"] = holder
	}
	return n, audit.Append(ctx, tx, e)
}

// Erase deletes in a transaction of its own.
func (b *Book) Erase(ctx context.Context, tenantID string, by audit.Actor, holder string) (n Erased, err error) {
	err = b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		n, err = Erase(ctx, tx, tenantID, by, b.Now(), holder)
		return err
	})
	return n, err
}

const (
	tenants = `select id::text from nexus.tenant_ids() as t(id)`
	expire  = `delete from call_content where tenant_id = $1 and (expires_at <= $2 or at <= $3)`
)

// Clean deletes what has expired. Partitions take with them what is older than
// any policy.
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
		return fmt.Errorf("clean up contents: %w", err)
	}
	for _, id := range all {
		if failed := b.clean(ctx, id); failed != nil {
			err = errors.Join(err, fmt.Errorf("clean up contents of tenant %s: %w", id, failed))
		}
	}
	return err
}

func (b *Book) clean(ctx context.Context, tenantID string) error {
	return b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		now := b.Now()
		_, err = tx.Exec(ctx, expire, tenantID, now, now.Add(-settings.Kept().Age()))
		return err
	})
}
