package budget

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/store"
	"nexusai/server/tenant"
)

// check finds what cannot be a budget.
func (x Budget) check() error {
	switch x.Holder {
	case OfTenant, OfTeam, OfUser, OfKey, OfConversation:
	default:
		return fault.New(fault.BadRequest, "A budget is for a tenant, team, user, key or conversation.", nil).At("holder")
	}
	switch x.Period {
	case Daily, Monthly, Total:
	default:
		return fault.New(fault.BadRequest, "A budget is for a day, a month or in total.", nil).At("period")
	}
	if x.HolderID != "" && (x.Holder == OfTenant || uuid.Validate(x.HolderID) != nil) {
		return fault.New(fault.BadRequest, "This is nobody that a budget could be for.", nil).At("holder_id")
	}
	if x.Limit < 0 {
		return fault.New(fault.BadRequest, "A budget cannot be less than nothing.", nil).At("amount_nano_usd")
	}
	if x.Unpriced != tenant.DenyUnpriced && x.Unpriced != tenant.AllowUnpriced {
		return fault.New(fault.BadRequest, "Calls without a known price are either denied or allowed.", nil).At("unpriced")
	}
	if x.Source != "console" && x.Source != "file" {
		return fault.New(fault.BadRequest, "A budget is from the console or from a file.", nil).At("source")
	}
	if len(x.Contact) > 200 || strings.ContainsRune(x.Contact, 0) {
		return fault.New(fault.BadRequest, "Whom to ask takes at most 200 bytes.", nil).At("contact")
	}
	return nil
}

func (x *Budget) fill() {
	if x.Unpriced == "" {
		x.Unpriced = tenant.DenyUnpriced
	}
	if x.Source == "" {
		x.Source = "console"
	}
}

// The lock keeps a team from being deleted before its budget is there to be
// deleted with it.
const holderExists = `
select case $2 when 'team' then exists (select from team where tenant_id = $1 and id = $3::uuid for key share)
    when 'user' then exists (select from app_user where tenant_id = $1 and id = $3::uuid)
    when 'key' then exists (select from api_key where tenant_id = $1 and id = $3::uuid)
    when 'conversation' then exists (select from conversation where tenant_id = $1 and id = $3::uuid)
    else true end`

const insertBudget = `
insert into budget (tenant_id, id, holder, holder_id, period, limit_nano_usd, contact, unpriced, source, created_at)
values ($1, $2, $3, nullif($4, '')::uuid, $5, $6, $7, $8, $9, now()) returning created_at`

// Put stores a new budget, in the transaction of whoever makes it. What cannot
// be is fault.BadRequest, a second one for the same holder and period
// fault.Conflict.
func Put(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, x Budget) (Budget, error) {
	x.fill()
	if err := x.check(); err != nil {
		return x, err
	}
	if x.HolderID != "" {
		var exists bool
		if err := tx.QueryRow(ctx, holderExists, tenantID, string(x.Holder), x.HolderID).Scan(&exists); err != nil {
			return x, fmt.Errorf("look for a budget's holder: %w", err)
		}
		if !exists {
			return x, fault.New(fault.NotFound, "Whom the budget is for does not exist.", nil).At("holder_id")
		}
	}
	x.ID = uuid.Must(uuid.NewV7()).String()
	err := tx.QueryRow(ctx, insertBudget, tenantID, x.ID, x.Holder, x.HolderID, x.Period, x.Limit, x.Contact, x.Unpriced, x.Source).Scan(&x.Created)
	if store.Violates(err, "budget_once") {
		return x, fault.New(fault.Conflict, "There is a budget for that already: change it instead.", err)
	}
	if err != nil {
		return x, fmt.Errorf("store a budget: %w", err)
	}
	return x, changed(ctx, tx, tenantID, by, "budget.created", x)
}

// Create is Put in a transaction of its own, which holds in this process at once.
func (b *Budgets) Create(ctx context.Context, tenantID string, by audit.Actor, x Budget) (Budget, error) {
	err := b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) (err error) {
		x, err = Put(ctx, tx, tenantID, by, x)
		return err
	})
	b.Forget(tenantID)
	return x, err
}

const (
	lockBudget = `
select id::text, holder, coalesce(holder_id::text, ''), period, limit_nano_usd, contact, unpriced, source, created_at
from budget where tenant_id = $1 and id = $2 for update`
	updateBudget = `
update budget set limit_nano_usd = $3, contact = $4, unpriced = $5, source = $6, updated_at = now() where tenant_id = $1 and id = $2`
	deleteBudget = `delete from budget where tenant_id = $1 and id = $2`
)

// Change lets edit set limit, contact, source and what holds for unpriced calls;
// fault.NotFound when there is no such budget.
func Change(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id string, edit func(*Budget)) (Budget, error) {
	x, err := lock(ctx, tx, tenantID, id)
	if err != nil {
		return x, err
	}
	edit(&x)
	if err := x.check(); err != nil {
		return x, err
	}
	if _, err := tx.Exec(ctx, updateBudget, tenantID, x.ID, x.Limit, x.Contact, x.Unpriced, x.Source); err != nil {
		return x, fmt.Errorf("store a budget: %w", err)
	}
	return x, changed(ctx, tx, tenantID, by, "budget.changed", x)
}

// Change is Change in a transaction of its own.
func (b *Budgets) Change(ctx context.Context, tenantID string, by audit.Actor, id string, edit func(*Budget)) (x Budget, err error) {
	err = b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) (err error) {
		x, err = Change(ctx, tx, tenantID, by, id, edit)
		return err
	})
	b.Forget(tenantID)
	return x, err
}

// Remove ends a budget; fault.NotFound when there is none.
func Remove(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id string) error {
	x, err := lock(ctx, tx, tenantID, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, deleteBudget, tenantID, x.ID); err != nil {
		return fmt.Errorf("delete a budget: %w", err)
	}
	return changed(ctx, tx, tenantID, by, "budget.removed", x)
}

// Remove is Remove in a transaction of its own.
func (b *Budgets) Remove(ctx context.Context, tenantID string, by audit.Actor, id string) error {
	err := b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error { return Remove(ctx, tx, tenantID, by, id) })
	b.Forget(tenantID)
	return err
}

const deleteOf = `
delete from budget where tenant_id = $1 and holder = $2 and holder_id = $3
returning id::text, holder, holder_id::text, period, limit_nano_usd`

// RemoveOf ends the budgets that are for one holder, in the transaction that
// deletes it, and returns how many those were. name is what it was called.
func RemoveOf(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, holder Holder, id, name string) (int, error) {
	rows, err := tx.Query(ctx, deleteOf, tenantID, string(holder), id)
	if err != nil {
		return 0, fmt.Errorf("delete a holder's budgets: %w", err)
	}
	gone, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x Budget, err error) {
		err = r.Scan(&x.ID, &x.Holder, &x.HolderID, &x.Period, &x.Limit)
		return x, err
	})
	if err != nil {
		return 0, fmt.Errorf("delete a holder's budgets: %w", err)
	}
	for _, x := range gone {
		if err := noted(ctx, tx, tenantID, by, "budget.removed", x, titled{holder, id, name, x.Period}); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

func lock(ctx context.Context, tx pgx.Tx, tenantID, id string) (Budget, error) {
	none := fault.New(fault.NotFound, "There is no such budget.", nil)
	if uuid.Validate(id) != nil {
		return Budget{}, none
	}
	rows, err := tx.Query(ctx, lockBudget, tenantID, id)
	if err != nil {
		return Budget{}, fmt.Errorf("read a budget: %w", err)
	}
	x, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return x, none
	}
	if err != nil {
		return x, fmt.Errorf("read a budget: %w", err)
	}
	return x, nil
}

func scan(row pgx.CollectableRow) (x Budget, err error) {
	err = row.Scan(&x.ID, &x.Holder, &x.HolderID, &x.Period, &x.Limit, &x.Contact, &x.Unpriced, &x.Source, &x.Created)
	return x, err
}

const selectBudgets = `
select id::text, holder, coalesce(holder_id::text, ''), period, limit_nano_usd, contact, unpriced, source, created_at
from budget where tenant_id = $1 order by created_at, id`

// List is every budget of a tenant, oldest first.
func List(ctx context.Context, tx pgx.Tx, tenantID string) ([]Budget, error) {
	rows, err := tx.Query(ctx, selectBudgets, tenantID)
	if err != nil {
		return nil, fmt.Errorf("list budgets: %w", err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("list budgets: %w", err)
	}
	return all, nil
}
