package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/policy"
	"nexusai/server/store"
)

// States of a user, as the contract names them.
const (
	stateActive   = "active"
	stateInvited  = "invited"
	stateDisabled = "disabled"
)

// errNoUser also stands for another tenant's.
var errNoUser = fault.New(fault.NotFound, "There is no such member.", nil)

// mostUsers bounds a list and with it a tenant.
const mostUsers = 5000

const userColumns = `id::text, email::text, name, role,
    case when disabled_at is not null then 'disabled' when password_hash is null then 'invited' else 'active' end,
    created_at, seen_at, disabled_at`

const listUsers = `select ` + userColumns + ` from app_user order by created_at, id limit $1`

const readUser = `select ` + userColumns + ` from app_user where id = $1 for no key update`

func scanUser(row pgx.CollectableRow) (u httpapi.User, err error) {
	err = row.Scan(&u.ID, &u.Email, &u.Name, &u.Role, &u.State, &u.CreatedAt, &u.SeenAt, &u.DisabledAt)
	u.CreatedAt, u.SeenAt, u.DisabledAt = u.CreatedAt.UTC(), utc(u.SeenAt), utc(u.DisabledAt)
	return u, err
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func nameOf(u httpapi.User) string { return orText(u.Name, u.Email) }

// Users are the tenant's, in the order in which they came.
func (s *Service) Users(ctx context.Context, c httpapi.Caller) (all []httpapi.User, err error) {
	err = s.db.TenantRead(ctx, c.TenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listUsers, mostUsers)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		all, err = pgx.CollectRows(rows, scanUser)
		return err
	})
	return all, err
}

// manageable locks a user whom the caller may change; fault.NotFound for
// somebody of another tenant, fault.Forbidden for somebody above the caller.
func (s *Service) manageable(ctx context.Context, tx pgx.Tx, c httpapi.Caller, userID string) (u httpapi.User, err error) {
	id, err := rowID(userID)
	if err != nil {
		return u, errNoUser
	}
	rows, err := tx.Query(ctx, readUser, id)
	if err != nil {
		return u, fmt.Errorf("read a user: %w", err)
	}
	u, err = pgx.CollectExactlyOneRow(rows, scanUser)
	if errors.Is(err, pgx.ErrNoRows) {
		return u, errNoUser
	}
	if err != nil {
		return u, fmt.Errorf("read a user: %w", err)
	}
	if !policy.MayManage(c.Role, u.Role) {
		return u, errAbove
	}
	return u, nil
}

var errAbove = fault.New(fault.Forbidden, "Your role does not allow this for somebody with that role.", nil).
	WithHint("Ask an owner of your organisation.")

const insertUser = `
insert into app_user (tenant_id, id, email, name, role, password_hash, created_at)
values (nexus.tenant_id(), $1, $2, $3, $4, nullif($5, ''), $6)`

// insert adds a user who cannot sign in before there is a password hash.
func (s *Service) insert(ctx context.Context, tx pgx.Tx, email, name, role, phc string) (httpapi.User, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return httpapi.User{}, fmt.Errorf("make a user id: %w", err)
	}
	u := httpapi.User{ID: id.String(), Email: email, Name: name, Role: role, State: stateInvited, CreatedAt: s.now().UTC()}
	if phc != "" {
		u.State = stateActive
	}
	_, err = tx.Exec(ctx, insertUser, u.ID, email, name, role, phc, u.CreatedAt)
	if store.Violates(err, "app_user_tenant_id_email_key") {
		return u, fault.New(fault.Conflict, "Somebody with this address is a member already.", err).At("body.email")
	}
	if err != nil {
		return u, fmt.Errorf("insert a user: %w", err)
	}
	return u, nil
}

// Invite adds a member who joins by the returned link.
func (s *Service) Invite(ctx context.Context, c httpapi.Caller, i httpapi.Invite) (link httpapi.Link, err error) {
	email, err := cleanEmail("body.email", i.Email)
	if err != nil {
		return link, err
	}
	name, err := cleanText("body.name", i.Name, 0, maxName)
	if err != nil {
		return link, err
	}
	if !policy.Known(i.Role) {
		return link, fault.New(fault.BadRequest, "There is no such role.", nil).At("body.role")
	}
	if !policy.MayManage(c.Role, i.Role) {
		return link, errAbove
	}
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		user, err := s.insert(ctx, tx, email, name, i.Role, "")
		if err != nil {
			return err
		}
		if link, err = s.newLink(ctx, tx, c.TenantID, user.ID, InviteLink); err != nil {
			return err
		}
		link.User = user
		return audit.Append(ctx, tx, audit.Entry{
			Actor: audit.By(c), Action: "user.invited", TargetID: user.ID, Target: email, Facts: map[string]string{"role": i.Role},
		})
	})
	if err == nil {
		s.changed(c.TenantID, "users", link.User.ID)
	}
	return link, err
}

// ResetLink makes a link to set a new password, or a fresh invite for somebody
// who has not come yet.
func (s *Service) ResetLink(ctx context.Context, c httpapi.Caller, userID string) (link httpapi.Link, err error) {
	var user httpapi.User
	err = s.db.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		if user, err = s.manageable(ctx, tx, c, userID); err != nil {
			return err
		}
		kind := ResetLink
		switch user.State {
		case stateInvited:
			kind = InviteLink
		case stateDisabled:
			return fault.New(fault.Conflict, "This member is disabled. Enable them first.", nil)
		}
		if link, err = s.newLink(ctx, tx, c.TenantID, user.ID, kind); err != nil {
			return err
		}
		link.User = user
		return audit.Append(ctx, tx, audit.Entry{
			Actor: audit.By(c), Action: "link.created", TargetID: user.ID, Target: nameOf(user), Facts: map[string]string{"kind": string(kind)},
		})
	})
	if err == nil {
		s.changed(c.TenantID, "users", user.ID)
	}
	return link, err
}

// changed has clients fetch again what an act changed; every act also changes
// the trail.
func (s *Service) changed(tenantID, topic, id string) {
	s.cfg.Hints.Notify(tenantID, topic, id)
	s.cfg.Hints.Notify(tenantID, "audit", "")
}
