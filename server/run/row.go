package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// row is a run as the database has it.
type row struct {
	tenant, id, user      string
	conversation, message string
	answer, trigger       string
	model                 string
	state                 httpapi.RunState
	code                  string
	text                  string
	seq                   int64
	started               time.Time
}

const columns = `id::text, user_id::text, conversation_id::text, message_id::text, answer_id::text, trigger_id::text, model, state, error_code, text, seq, started_at`

func (r *row) fields() []any {
	return []any{&r.id, &r.user, &r.conversation, &r.message, &r.answer, &r.trigger, &r.model, &r.state, &r.code, &r.text, &r.seq, &r.started}
}

const (
	selectByTrigger = `select ` + columns + ` from run where tenant_id = $1 and user_id = $2 and trigger_id = $3`
	selectByID      = `select ` + columns + ` from run where tenant_id = $1 and user_id = $2 and id = $3`
	selectAny       = `select ` + columns + ` from run where tenant_id = $1 and id = $2`
)

func notFound() error { return fault.New(fault.NotFound, "There is no such answer.", nil) }

// find reads one run; fault.NotFound when there is none.
func (r *Runs) find(ctx context.Context, query, tenant string, args ...any) (*row, error) {
	for _, a := range args {
		if text, ok := a.(string); ok && uuid.Validate(text) != nil {
			return nil, notFound()
		}
	}
	out := &row{tenant: tenant}
	err := r.DB.TenantRead(ctx, tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, query, append([]any{tenant}, args...)...).Scan(out.fields()...)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read a run: %w", err)
	}
	return out, nil
}

const insertRun = `
insert into run (tenant_id, id, user_id, conversation_id, message_id, answer_id, trigger_id, model, state, owner, lease_until, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $9, $10, $11)
on conflict on constraint run_trigger do nothing`

// insert stores a new run; false when its trigger has one already.
func (r *Runs) insert(ctx context.Context, w *row) (bool, error) {
	var made bool
	err := r.DB.Tenant(ctx, w.tenant, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, insertRun, w.tenant, w.id, w.user, w.conversation, w.message, w.answer, w.trigger, w.model,
			r.Owner, w.started.Add(leaseFor), w.started)
		made = tag.RowsAffected() == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store a run: %w", err)
	}
	return made, nil
}

const updateCheckpoint = `
update run set text = $3, seq = $4, lease_until = $5 where tenant_id = $1 and id = $2 and state = 'running'`

func (r *Runs) checkpoint(ctx context.Context, w *row, text string, seq int64) error {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	return r.DB.Tenant(ctx, w.tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, updateCheckpoint, w.tenant, w.id, text, seq, r.Now().Add(leaseFor))
		return err
	})
}

const updateEnd = `
update run set state = $3, error_code = $4, text = '', seq = $5, ended_at = $6
where tenant_id = $1 and id = $2 and state = 'running'`

func (r *Runs) finish(ctx context.Context, w *row, seq int64) error {
	return r.DB.Tenant(ctx, w.tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, updateEnd, w.tenant, w.id, w.state, w.code, seq, r.Now())
		return err
	})
}

const selectOrphans = `select tenant::text, run::text from nexus.orphaned_runs($1)`

func (r *Runs) orphans(ctx context.Context, owner string) (found [][2]string, err error) {
	err = r.DB.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectOrphans, owner)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (pair [2]string, err error) {
			err = row.Scan(&pair[0], &pair[1])
			return pair, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for interrupted runs: %w", err)
	}
	return found, nil
}
