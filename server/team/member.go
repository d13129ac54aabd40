package team

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
)

const (
	selectPerson = `select coalesce(nullif(name, ''), email::text) from app_user where tenant_id = $1 and id = $2`
	insertMember = `insert into team_member (tenant_id, team_id, user_id) values ($1, $2, $3) on conflict do nothing`
	deleteMember = `delete from team_member where tenant_id = $1 and team_id = $2 and user_id = $3`
)

// Join puts somebody into a team: from their next call on its budgets bind
// them, and what they spent before does not count. Joining twice is fine.
func Join(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id, userID string) error {
	return move(ctx, tx, tenantID, by, insertMember, "team.member_added", id, userID)
}

// Leave takes somebody out of a team: from their next call on its budgets do
// not bind them, and what they spent as a member stays counted. Leaving twice
// is fine.
func Leave(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id, userID string) error {
	return move(ctx, tx, tenantID, by, deleteMember, "team.member_removed", id, userID)
}

func move(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, query, action, id, userID string) error {
	name, err := lookUp(ctx, tx, lockName, tenantID, id, errNoTeam)
	if err != nil {
		return err
	}
	who, err := lookUp(ctx, tx, selectPerson, tenantID, userID, errNobody)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, query, tenantID, id, userID)
	if err != nil {
		return fmt.Errorf("change a team's members: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return changed(ctx, tx, tenantID, by, action, id, name, map[string]string{"member": who, "member_id": userID})
}
