package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/policy"
)

// Owners are locked in one order, so that two who demote each other at the same
// moment do not both succeed.
const lockOwners = `select 1 from app_user where role = 'owner' order by id for no key update`

const otherOwners = `
select count(*) from app_user where role = 'owner' and disabled_at is null and password_hash is not null and id <> $1`

const patchUser = `
update app_user set name = $2, role = $3,
    disabled_at = case when $4 then coalesce(disabled_at, $5) end
where id = $1`

// PatchUser changes role, name or state. Disabling ends all sessions and
// sockets, and suspends the API keys that the user made; it is
// fault.Conflict for the last owner, as is taking that role away.
func (s *Service) PatchUser(ctx context.Context, c httpapi.Caller, userID string, p httpapi.UserPatch) (user httpapi.User, err error) {
	if p.Role != nil && !policy.Known(*p.Role) {
		return user, fault.New(fault.BadRequest, "There is no such role.", nil).At("body.role")
	}
	if p.Name != nil {
		name, err := cleanText("body.name", *p.Name, 1, maxName)
		if err != nil {
			return user, err
		}
		p.Name = &name
	}
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockOwners); err != nil {
			return fmt.Errorf("lock the owners: %w", err)
		}
		before, err := s.manageable(ctx, tx, c, userID)
		if err != nil {
			return err
		}
		if p.Role != nil && !policy.MayManage(c.Role, *p.Role) {
			return errAbove
		}
		user, err = s.patch(ctx, tx, c, before, p)
		return err
	})
	if err != nil {
		return httpapi.User{}, err
	}
	s.gate.announce(ref{kindUser, user.ID})
	s.changed(c.TenantID, "users", user.ID)
	return user, nil
}

func (s *Service) patch(ctx context.Context, tx pgx.Tx, c httpapi.Caller, before httpapi.User, p httpapi.UserPatch) (httpapi.User, error) {
	after := before
	if p.Role != nil {
		after.Role = *p.Role
	}
	if p.Name != nil {
		after.Name = *p.Name
	}
	disabled := before.DisabledAt != nil
	if p.Disabled != nil {
		disabled = *p.Disabled
	}
	if before.Role == policy.Owner && (after.Role != policy.Owner || disabled) {
		if err := keepAnOwner(ctx, tx, before.ID); err != nil {
			return after, err
		}
	}
	if _, err := tx.Exec(ctx, patchUser, before.ID, after.Name, after.Role, disabled, s.now()); err != nil {
		return after, fmt.Errorf("change a user: %w", err)
	}
	if disabled && before.DisabledAt == nil {
		if err := s.endSessions(ctx, tx, endAllBut, before.ID, "", "user disabled"); err != nil && !errors.Is(err, errNoSession) {
			return after, err
		}
		if _, err := tx.Exec(ctx, dropAllLinks, before.ID, s.now()); err != nil {
			return after, fmt.Errorf("end a user's links: %w", err)
		}
	}
	if err := recordRevoked(ctx, tx, kindUser, before.ID); err != nil {
		return after, err
	}
	rows, err := tx.Query(ctx, readUser, before.ID)
	if err != nil {
		return after, fmt.Errorf("read a user: %w", err)
	}
	if after, err = pgx.CollectExactlyOneRow(rows, scanUser); err != nil {
		return after, fmt.Errorf("read a user: %w", err)
	}
	return after, audit.Append(ctx, tx, patchEntries(c, before, after)...)
}

const dropAllLinks = `update one_time_link set used_at = $2 where user_id = $1 and used_at is null`

func keepAnOwner(ctx context.Context, tx pgx.Tx, except string) error {
	var left int
	if err := tx.QueryRow(ctx, otherOwners, except).Scan(&left); err != nil {
		return fmt.Errorf("count the owners: %w", err)
	}
	if left == 0 {
		return fault.New(fault.Conflict, "The last owner can be neither disabled nor given another role.", nil).
			WithHint("Make somebody else an owner first.")
	}
	return nil
}

// patchEntries is one entry for each thing that changed.
func patchEntries(c httpapi.Caller, before, after httpapi.User) (out []audit.Entry) {
	add := func(action string, facts map[string]string) {
		out = append(out, audit.Entry{Actor: audit.By(c), Action: action, TargetID: after.ID, Target: nameOf(after), Facts: facts})
	}
	if before.Role != after.Role {
		add("user.role_changed", map[string]string{"from": before.Role, "to": after.Role})
	}
	if before.Name != after.Name {
		add("user.renamed", map[string]string{"from": before.Name, "to": after.Name})
	}
	if (before.DisabledAt == nil) != (after.DisabledAt == nil) {
		action := "user.enabled"
		if after.DisabledAt != nil {
			action = "user.disabled"
		}
		add(action, nil)
	}
	return out
}
