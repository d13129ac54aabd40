package limit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/store"
)

const maxWindow = 31 * 24 * time.Hour

// Kept is a rule as it is stored.
type Kept struct {
	Rule
	Source  string // console or file
	Created time.Time
}

// check finds what cannot be a limit.
func (r Rule) check() error {
	switch r.Holder {
	case OfTenant, OfUser, OfRole, OfKey, OfModel, OfDeployment:
	default:
		return fault.New(fault.BadRequest, "A limit is for a tenant, user, role, key, model or deployment.", nil).At("holder_kind")
	}
	switch r.Measure {
	case Requests, InputTokens, OutputTokens:
		if r.Window < time.Second || r.Window > maxWindow {
			return fault.New(fault.BadRequest, "A limit's window is from a second to 31 days.", nil).At("window_seconds")
		}
	case Concurrent:
		if r.Window != 0 {
			return fault.New(fault.BadRequest, "Calls at a time have no window.", nil).At("window_seconds")
		}
	default:
		return fault.New(fault.BadRequest, "A limit is of requests, input_tokens, output_tokens or concurrency.", nil).At("measure")
	}
	if r.Amount < 1 || r.Amount > 1e15 {
		return fault.New(fault.BadRequest, "A limit is at least 1. To let nothing pass, disable the key or the user.", nil).At("amount")
	}
	person := r.Holder == OfUser || r.Holder == OfKey
	if len(r.Holds) > 400 || !utf8.ValidString(r.Holds) || strings.ContainsRune(r.Holds, 0) ||
		r.Holder == OfTenant && r.Holds != "" || person && r.Holds != "" && uuid.Validate(r.Holds) != nil {
		return fault.New(fault.BadRequest, "This is nobody that a limit could be for.", nil).At("holder_id")
	}
	return nil
}

const holderExists = `
select case $2 when 'user' then exists (select from app_user where tenant_id = $1 and id = $3::uuid)
    when 'key' then exists (select from api_key where tenant_id = $1 and id = $3::uuid) else true end`

const insertRule = `
insert into limit_rule (tenant_id, id, holder, holds, measure, amount, window_ms, fail_open, source)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning created_at`

// Put stores a new limit, in the transaction of whoever makes it. What cannot be
// is fault.BadRequest, a holder of another tenant fault.NotFound, a second one of
// the same holder, measure and window fault.Conflict.
func Put(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, k Kept) (Kept, error) {
	if err := k.check(); err != nil {
		return k, err
	}
	if k.Holds != "" && (k.Holder == OfUser || k.Holder == OfKey) {
		var exists bool
		if err := tx.QueryRow(ctx, holderExists, tenantID, string(k.Holder), k.Holds).Scan(&exists); err != nil {
			return k, fmt.Errorf("look for a limit's holder: %w", err)
		}
		if !exists {
			return k, fault.New(fault.NotFound, "Whom the limit is for does not exist.", nil).At("holder_id")
		}
	}
	if k.Source == "" {
		k.Source = "console"
	}
	k.ID = uuid.Must(uuid.NewV7()).String()
	err := tx.QueryRow(ctx, insertRule, tenantID, k.ID, k.Holder, k.Holds, k.Measure, k.Amount, k.Window.Milliseconds(), k.FailOpen, k.Source).Scan(&k.Created)
	if store.Violates(err, "limit_rule_once") {
		return k, fault.New(fault.Conflict, "There is a limit for that already: change it instead.", err)
	}
	if err != nil {
		return k, fmt.Errorf("store a limit: %w", err)
	}
	return k, note(ctx, tx, tenantID, by, "limit.created", k.Rule)
}

const (
	lockRule   = `select holder, holds, measure, amount, window_ms, fail_open, source, created_at from limit_rule where tenant_id = $1 and id = $2 for update`
	updateRule = `update limit_rule set amount = $3, window_ms = $4, fail_open = $5, source = $6, updated_at = now() where tenant_id = $1 and id = $2`
	deleteRule = `delete from limit_rule where tenant_id = $1 and id = $2`
)

// Change lets edit set amount, window, source and FailOpen; fault.NotFound when
// there is no such limit.
func Change(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id string, edit func(*Kept)) (Kept, error) {
	k, err := lock(ctx, tx, tenantID, id)
	if err != nil {
		return k, err
	}
	edit(&k)
	if err := k.check(); err != nil {
		return k, err
	}
	_, err = tx.Exec(ctx, updateRule, tenantID, k.ID, k.Amount, k.Window.Milliseconds(), k.FailOpen, k.Source)
	if store.Violates(err, "limit_rule_once") {
		return k, fault.New(fault.Conflict, "There is another limit for that window.", err)
	}
	if err != nil {
		return k, fmt.Errorf("store a limit: %w", err)
	}
	return k, note(ctx, tx, tenantID, by, "limit.changed", k.Rule)
}

// Remove ends a limit; fault.NotFound when there is none.
func Remove(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id string) error {
	k, err := lock(ctx, tx, tenantID, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, deleteRule, tenantID, k.ID); err != nil {
		return fmt.Errorf("delete a limit: %w", err)
	}
	return note(ctx, tx, tenantID, by, "limit.removed", k.Rule)
}

func lock(ctx context.Context, tx pgx.Tx, tenantID, id string) (Kept, error) {
	none := fault.New(fault.NotFound, "There is no such limit.", nil)
	if uuid.Validate(id) != nil {
		return Kept{}, none
	}
	k, ms := Kept{Rule: Rule{ID: id}}, int64(0)
	err := tx.QueryRow(ctx, lockRule, tenantID, id).Scan(&k.Holder, &k.Holds, &k.Measure, &k.Amount, &ms, &k.FailOpen, &k.Source, &k.Created)
	k.Window = time.Duration(ms) * time.Millisecond
	if errors.Is(err, pgx.ErrNoRows) {
		return k, none
	}
	if err != nil {
		return k, fmt.Errorf("read a limit: %w", err)
	}
	return k, nil
}

// note puts an act into the trail, with whose the limit is in words.
func note(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, action string, r Rule) error {
	name := r.Holds
	if r.Holds != "" {
		if err := tx.QueryRow(ctx, selectName, tenantID, r.Holder, r.Holds).Scan(&name); err != nil {
			return fmt.Errorf("look up what a limit's holder is called: %w", err)
		}
	}
	of := "each " + string(r.Holder)
	switch {
	case r.Holder == OfTenant:
		of = "the organisation"
	case r.Holds != "":
		of = string(r.Holder) + " " + name
	}
	return audit.Append(ctx, tx, audit.Entry{
		Actor: by, Action: action, TargetID: r.ID, Target: "the limit of " + string(r.Measure) + " of " + of,
		Facts: map[string]string{"holder": string(r.Holder), "holder_id": r.Holds, "holder_name": name, "measure": string(r.Measure), "limit": r.most()},
	})
}

// cleanBuckets forgets buckets that have been full for a while.
const cleanBuckets = `
delete from limit_bucket b where b.tenant_id = $1 and b.at < now() - interval '63 days'
   or b.tenant_id = $1 and not exists (select from limit_rule r where r.tenant_id = $1 and r.id::text = split_part(b.key, '/', 1))`

// Tenants lists every tenant and enters one; *store.DB does.
type Tenants interface {
	System(ctx context.Context, fn func(pgx.Tx) error) error
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
}

// Cleaner is a job that removes what no limit needs any more.
func Cleaner(db Tenants) func(context.Context) error {
	return func(ctx context.Context) error {
		var all []string
		err := db.System(ctx, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `select id::text from nexus.tenant_ids() as t(id)`)
			if err != nil {
				return err
			}
			all, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err != nil {
			return fmt.Errorf("clean up limits: %w", err)
		}
		for _, id := range all {
			clean := func(tx pgx.Tx) error { _, err := tx.Exec(ctx, cleanBuckets, id); return err }
			if failed := db.Tenant(ctx, id, clean); failed != nil && err == nil {
				err = fmt.Errorf("clean up limits of tenant %s: %w", id, failed)
			}
		}
		return err
	}
}
