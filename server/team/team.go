// Package team keeps named groups of a tenant's members, for which budgets can
// be. Somebody may be in several: then the budgets of each bind.
//
// What changes takes the transaction of whoever changes it, tells the budgets
// of every process, and leaves an audit entry.
package team

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Where a team is from.
const (
	FromConsole = "console"
	FromFile    = "file"
)

// Both also stand for another tenant's.
var (
	errNoTeam   = fault.New(fault.NotFound, "There is no such team.", nil)
	errNobody   = fault.New(fault.NotFound, "There is nobody with this id.", nil)
	errNameUsed = fault.New(fault.Conflict, "There is a team with this name already.", nil).At("body.name")
)

const selectTeams = `
select t.id::text, t.name::text, t.source, t.created_at,
    (select count(*) from team_member m where m.tenant_id = t.tenant_id and m.team_id = t.id)
from team t
where t.tenant_id = $1 and ($2::uuid is null or exists (
    select from team_member m where m.tenant_id = t.tenant_id and m.team_id = t.id and m.user_id = $2))
order by t.name, t.id`

// List is a tenant's teams by name; of those that userID is in, unless it is
// empty. Their budgets are left to who knows them.
func List(ctx context.Context, tx pgx.Tx, tenantID, userID string) ([]httpapi.Team, error) {
	var of *string
	if userID != "" {
		of = &userID
	}
	if anybody := uuid.Validate(userID) == nil; of != nil && !anybody {
		return []httpapi.Team{}, nil
	}
	rows, err := tx.Query(ctx, selectTeams, tenantID, of)
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t httpapi.Team, err error) {
		err = row.Scan(&t.ID, &t.Name, &t.Source, &t.CreatedAt, &t.Members)
		t.CreatedAt, t.Budgets = t.CreatedAt.UTC(), []httpapi.Budget{}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	return all, nil
}

const selectMembers = `
select u.id::text, u.email::text, u.name, u.role,
    case when u.disabled_at is not null then 'disabled' when u.password_hash is null then 'invited' else 'active' end, m.added_at
from team_member m join app_user u on u.tenant_id = m.tenant_id and u.id = m.user_id
where m.tenant_id = $1 and m.team_id = $2 order by u.email`

// Members are those of a team, by address; fault.NotFound when there is no such
// team.
func Members(ctx context.Context, tx pgx.Tx, tenantID, id string) ([]httpapi.TeamMember, error) {
	if _, err := nameOf(ctx, tx, tenantID, id); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectMembers, tenantID, id)
	if err != nil {
		return nil, fmt.Errorf("list a team's members: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m httpapi.TeamMember, err error) {
		err = row.Scan(&m.ID, &m.Email, &m.Name, &m.Role, &m.State, &m.AddedAt)
		m.AddedAt = m.AddedAt.UTC()
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("list a team's members: %w", err)
	}
	return all, nil
}
