package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Team is a named group of members, for which budgets can be.
type Team struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Members   int       `json:"members" doc:"how many"`
	Budgets   []Budget  `json:"budgets" doc:"those that bind it, as they stand for it; empty for who may not read budgets"`
	Source    string    `json:"source" enum:"console,file"`
	CreatedAt time.Time `json:"created_at"`
}

// NewTeam asks for a team.
type NewTeam struct {
	Name    string   `json:"name" minLength:"1" maxLength:"120"`
	Members []string `json:"members,omitempty" maxItems:"1000" doc:"ids of users"`
}

// TeamPatch changes what is present.
type TeamPatch struct {
	Name *string `json:"name,omitempty" minLength:"1" maxLength:"120"`
}

// TeamMember is a user who is in a team.
type TeamMember struct {
	ID      string    `json:"id" doc:"the user's"`
	Email   string    `json:"email"`
	Name    string    `json:"name"`
	Role    string    `json:"role" enum:"owner,admin,developer,member,auditor"`
	State   string    `json:"state" enum:"active,invited,disabled"`
	AddedAt time.Time `json:"added_at"`
}

// TeamQuery selects teams.
type TeamQuery struct {
	User string `query:"user" maxLength:"200" doc:"only those that the user of this id is in"`
}

// TeamMemberPath is the path of an operation on one member of a team.
type TeamMemberPath struct {
	ID   string `path:"id" format:"uuid"`
	User string `path:"user" format:"uuid"`
}

// Teams is implemented by the server. Every act leaves an audit entry in the
// same transaction.
type Teams interface {
	ListTeams(ctx context.Context, q TeamQuery) ([]Team, error)
	CreateTeam(ctx context.Context, n NewTeam) (Team, error)
	PatchTeam(ctx context.Context, id string, p TeamPatch) (Team, error)
	// DeleteTeam also ends the budgets that are for the team; what was spent
	// stays in the ledger.
	DeleteTeam(ctx context.Context, id string) error
	ListTeamMembers(ctx context.Context, id string) ([]TeamMember, error)
	// AddTeamMember and RemoveTeamMember may be repeated.
	AddTeamMember(ctx context.Context, id, userID string) error
	RemoveTeamMember(ctx context.Context, id, userID string) error
}

// RegisterTeams mounts the group.
func RegisterTeams(a *API, s Teams) {
	const tag, root = "admin", "/api/admin/teams"
	add(a, route{id: "list-teams", method: http.MethodGet, path: root, tag: tag, summary: "Teams, with how many are in them and how their budgets stand", needs: ReadUsers},
		func(ctx context.Context, in *TeamQuery) (*body[[]Team], error) { return reply(s.ListTeams(ctx, *in)) })
	add(a, route{id: "create-team", method: http.MethodPost, path: root, tag: tag, summary: "Make a team", needs: WriteUsers, status: 201},
		func(ctx context.Context, in *body[NewTeam]) (*body[Team], error) {
			return reply(s.CreateTeam(ctx, in.Body))
		})
	add(a, route{id: "patch-team", method: http.MethodPatch, path: root + "/{id}", tag: tag, summary: "Rename a team", needs: WriteUsers},
		func(ctx context.Context, in *struct {
			IDPath
			Body TeamPatch
		}) (*body[Team], error) {
			return reply(s.PatchTeam(ctx, in.ID, in.Body))
		})
	add(a, route{id: "delete-team", method: http.MethodDelete, path: root + "/{id}", tag: tag, summary: "Delete a team and the budgets that are for it; what was spent stays in the ledger", needs: WriteUsers},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DeleteTeam(ctx, in.ID)) })
	add(a, route{id: "list-team-members", method: http.MethodGet, path: root + "/{id}/members", tag: tag, summary: "Who is in a team", needs: ReadUsers},
		func(ctx context.Context, in *IDPath) (*body[[]TeamMember], error) {
			return reply(s.ListTeamMembers(ctx, in.ID))
		})
	add(a, route{id: "add-team-member", method: http.MethodPut, path: root + "/{id}/members/{user}", tag: tag, summary: "Put somebody into a team", needs: WriteUsers},
		func(ctx context.Context, in *TeamMemberPath) (*Empty, error) {
			return done(s.AddTeamMember(ctx, in.ID, in.User))
		})
	add(a, route{id: "remove-team-member", method: http.MethodDelete, path: root + "/{id}/members/{user}", tag: tag, summary: "Take somebody out of a team", needs: WriteUsers},
		func(ctx context.Context, in *TeamMemberPath) (*Empty, error) {
			return done(s.RemoveTeamMember(ctx, in.ID, in.User))
		})
}
