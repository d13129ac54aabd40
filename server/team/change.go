package team

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/store"
)

// mostTeams bounds a tenant's teams.
const mostTeams = 500

const (
	countTeams = `select count(*) from team where tenant_id = $1`
	insertTeam = `insert into team (tenant_id, id, name, source) values ($1, $2, $3, $4) returning created_at`
)

// Put stores a new team without members. A name that cannot be is
// fault.BadRequest, one that is taken (however it is spelled) fault.Conflict.
func Put(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, name, source string) (httpapi.Team, error) {
	t := httpapi.Team{ID: uuid.Must(uuid.NewV7()).String(), Source: source, Budgets: []httpapi.Budget{}}
	var err error
	if t.Name, err = cleanName(name); err != nil {
		return t, err
	}
	var there int
	if err := tx.QueryRow(ctx, countTeams, tenantID).Scan(&there); err != nil {
		return t, fmt.Errorf("count the teams: %w", err)
	}
	if there >= mostTeams {
		return t, fault.New(fault.Conflict, "There are as many teams as there can be. Delete some first.", nil)
	}
	err = tx.QueryRow(ctx, insertTeam, tenantID, t.ID, t.Name, source).Scan(&t.CreatedAt)
	if store.Violates(err, "team_name") {
		return t, errNameUsed
	}
	if err != nil {
		return t, fmt.Errorf("insert a team: %w", err)
	}
	t.CreatedAt = t.CreatedAt.UTC()
	return t, changed(ctx, tx, tenantID, by, "team.created", t.ID, t.Name, nil)
}

const renameTeam = `update team set name = $3 where tenant_id = $1 and id = $2`

// Rename gives a team another name.
func Rename(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id, name string) error {
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	old, err := nameOf(ctx, tx, tenantID, id)
	if err != nil || old == name {
		return err
	}
	_, err = tx.Exec(ctx, renameTeam, tenantID, id, name)
	if store.Violates(err, "team_name") {
		return errNameUsed
	}
	if err != nil {
		return fmt.Errorf("rename a team: %w", err)
	}
	return changed(ctx, tx, tenantID, by, "team.renamed", id, name, map[string]string{"from": old, "to": name})
}

const setSource = `update team set source = $3 where tenant_id = $1 and id = $2`

// Own says whose a team is from now on: a file's or the console's.
func Own(ctx context.Context, tx pgx.Tx, tenantID, id, source string) error {
	if _, err := tx.Exec(ctx, setSource, tenantID, id, source); err != nil {
		return fmt.Errorf("say whose a team is: %w", err)
	}
	return nil
}

const deleteTeam = `delete from team where tenant_id = $1 and id = $2 returning name::text`

// Remove ends a team and the budgets that are for it, and returns how many
// those were. What was spent stays in the ledger, and counts against all else
// that its members spend from.
func Remove(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, id string) (budgets int, err error) {
	name, err := lookUp(ctx, tx, deleteTeam, tenantID, id, errNoTeam)
	if err != nil {
		return 0, err
	}
	// After the team: who makes it a budget at this moment holds its row until then.
	if budgets, err = budget.RemoveOf(ctx, tx, tenantID, by, budget.OfTeam, id, name); err != nil {
		return 0, err
	}
	return budgets, changed(ctx, tx, tenantID, by, "team.deleted", id, name, map[string]string{"budgets": strconv.Itoa(budgets)})
}

// changed makes an act known: to the budgets of all processes and in the trail.
func changed(ctx context.Context, tx pgx.Tx, tenantID string, by audit.Actor, action, id, name string, facts map[string]string) error {
	if err := budget.Changed(ctx, tx, tenantID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Actor: by, Action: action, TargetID: id, Target: name, Facts: facts})
}

const (
	selectName = `select name::text from team where tenant_id = $1 and id = $2`
	// A shared lock: who joins must find the team until they are in it.
	lockName = selectName + ` for key share`
)

func nameOf(ctx context.Context, tx pgx.Tx, tenantID, id string) (string, error) {
	return lookUp(ctx, tx, selectName, tenantID, id, errNoTeam)
}

// lookUp is what something is called, or none. An id that cannot exist does
// not exist.
func lookUp(ctx context.Context, tx pgx.Tx, query, tenantID, id string, none error) (name string, err error) {
	if uuid.Validate(id) != nil {
		return "", none
	}
	err = tx.QueryRow(ctx, query, tenantID, id).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", none
	}
	if err != nil {
		return "", fmt.Errorf("look for a team or a person: %w", err)
	}
	return name, nil
}
