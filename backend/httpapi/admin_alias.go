package httpapi

import (
	"context"
	"net/http"
)

// Alias is a name for an ordered list of models: the first is asked, the others
// take over when it cannot answer. It may have the name of one of its models.
type Alias struct {
	Name    string   `json:"name" minLength:"1" maxLength:"200"`
	Targets []string `json:"targets" minItems:"1" maxItems:"20" doc:"names of models, in the order in which they are asked; no aliases"`
	Larger  string   `json:"larger,omitempty" maxLength:"200" doc:"the model to ask when a request is too long for all of them"`
	Regions []string `json:"regions,omitempty" maxItems:"20" doc:"only these; empty: any that the tenant allows"`
	// The price cap, in nano US dollars for a million tokens.
	MaxInputNanoUSD  *int64 `json:"max_input_nano_usd,omitempty" minimum:"0"`
	MaxOutputNanoUSD *int64 `json:"max_output_nano_usd,omitempty" minimum:"0"`
	HedgeAfterMS     int64  `json:"hedge_after_ms,omitempty" minimum:"0" maximum:"600000" doc:"ask a second deployment when no token came for so long, or a whole answer takes so much longer than usual; 0: never"`
	Source           string `json:"source,omitempty" enum:"console,file" doc:"read only"`
}

// RoutingPolicy is what holds for all of the tenant's calls.
type RoutingPolicy struct {
	Regions          []string     `json:"regions" maxItems:"20" doc:"only these, and the tenant's own engine; empty: any"`
	MaxInputNanoUSD  *int64       `json:"max_input_nano_usd,omitempty" minimum:"0" doc:"for a million tokens"`
	MaxOutputNanoUSD *int64       `json:"max_output_nano_usd,omitempty" minimum:"0" doc:"for a million tokens"`
	Roles            []RoleModels `json:"roles" maxItems:"5" doc:"a role that is not listed may use all models"`
}

// RoleModels lists the models of a role; "x*" means all that begin with x.
type RoleModels struct {
	Role   string   `json:"role" enum:"owner,admin,developer,member,auditor"`
	Models []string `json:"models" maxItems:"200"`
}

// Aliases is implemented by the server.
type Aliases interface {
	ListAliases(ctx context.Context) ([]Alias, error)
	// SaveAlias makes an alias or replaces the one of that name as a whole.
	SaveAlias(ctx context.Context, a Alias) (Alias, error)
	DeleteAlias(ctx context.Context, name string) error
	Routing(ctx context.Context) (RoutingPolicy, error)
	SaveRouting(ctx context.Context, p RoutingPolicy) (RoutingPolicy, error)
}

// RegisterAliases mounts aliases and the routing policy.
func RegisterAliases(a *API, s Aliases) {
	const tag, root, policy = "admin", "/api/admin/aliases", "/api/admin/routing"
	add(a, route{id: "list-aliases", method: http.MethodGet, path: root, tag: tag, summary: "Aliases and their fallbacks in order", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[[]Alias], error) { return reply(s.ListAliases(ctx)) })
	add(a, route{id: "save-alias", method: http.MethodPut, path: root, tag: tag, summary: "Make an alias, or replace the one of that name", needs: WriteProviders},
		func(ctx context.Context, in *body[Alias]) (*body[Alias], error) {
			return reply(s.SaveAlias(ctx, in.Body))
		})
	add(a, route{id: "delete-alias", method: http.MethodDelete, path: root, tag: tag, summary: "Remove an alias", needs: WriteProviders},
		func(ctx context.Context, in *struct {
			Name string `query:"name" required:"true" minLength:"1" maxLength:"200"`
		}) (*Empty, error) {
			return done(s.DeleteAlias(ctx, in.Name))
		})
	add(a, route{id: "get-routing", method: http.MethodGet, path: policy, tag: tag, summary: "Regions, price cap and roles", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[RoutingPolicy], error) { return reply(s.Routing(ctx)) })
	add(a, route{id: "save-routing", method: http.MethodPut, path: policy, tag: tag, summary: "Replace the routing policy", needs: WriteProviders},
		func(ctx context.Context, in *body[RoutingPolicy]) (*body[RoutingPolicy], error) {
			return reply(s.SaveRouting(ctx, in.Body))
		})
}
