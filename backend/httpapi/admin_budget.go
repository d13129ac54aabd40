package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Budget is how much a holder may spend in a period. It is hard: what is
// reserved for calls under way counts as spent.
type Budget struct {
	ID              string     `json:"id"`
	HolderKind      string     `json:"holder_kind" enum:"key,user,team,tenant,conversation"`
	HolderID        string     `json:"holder_id,omitempty" doc:"empty for the tenant"`
	Holder          string     `json:"holder" doc:"in words"`
	Period          string     `json:"period" enum:"day,month,total" doc:"in the tenant's time zone"`
	AmountNanoUSD   int64      `json:"amount_nano_usd"`
	SpentNanoUSD    int64      `json:"spent_nano_usd" doc:"settled in this period"`
	ReservedNanoUSD int64      `json:"reserved_nano_usd" doc:"for calls under way and leased to processes"`
	LeftNanoUSD     int64      `json:"left_nano_usd"`
	ResetsAt        *time.Time `json:"resets_at,omitempty" doc:"absent: never"`
	Contact         string     `json:"contact,omitempty" doc:"whom a refusal says to ask"`
	Unpriced        string     `json:"unpriced" enum:"deny,allow" doc:"calls whose price nobody knows"`
	Source          string     `json:"source" enum:"console,file"`
	CreatedAt       time.Time  `json:"created_at"`
}

// NewBudget gives a holder a budget; one for each holder and period.
type NewBudget struct {
	HolderKind    string `json:"holder_kind" enum:"key,user,team,tenant,conversation"`
	HolderID      string `json:"holder_id,omitempty" maxLength:"200" doc:"empty for the tenant"`
	Period        string `json:"period" enum:"day,month,total"`
	AmountNanoUSD int64  `json:"amount_nano_usd" minimum:"0"`
	Contact       string `json:"contact,omitempty" maxLength:"200"`
	Unpriced      string `json:"unpriced,omitempty" enum:"deny,allow" doc:"default deny"`
}

// BudgetPatch changes what is present.
type BudgetPatch struct {
	AmountNanoUSD *int64  `json:"amount_nano_usd,omitempty" minimum:"0"`
	Contact       *string `json:"contact,omitempty" maxLength:"200"`
	Unpriced      *string `json:"unpriced,omitempty" enum:"deny,allow"`
}

// BudgetAlert says that a budget passed a mark, once each period.
type BudgetAlert struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	BudgetID string    `json:"budget_id"`
	Holder   string    `json:"holder"`
	Kind     string    `json:"kind" enum:"spent,lease_lost" doc:"lease_lost: a process died with budget leased to it"`
	Percent  int       `json:"percent,omitempty" doc:"50, 80 or 100"`
	Detail   string    `json:"detail,omitempty"`
}

// Budgets is implemented by the server. A holder of another tenant is
// fault.NotFound; a second budget for a holder and period fault.Conflict.
type Budgets interface {
	ListBudgets(ctx context.Context) ([]Budget, error)
	CreateBudget(ctx context.Context, n NewBudget) (Budget, error)
	PatchBudget(ctx context.Context, id string, p BudgetPatch) (Budget, error)
	DeleteBudget(ctx context.Context, id string) error
	// ListAlerts lists the newest first.
	ListAlerts(ctx context.Context) ([]BudgetAlert, error)
}

// RegisterBudgets mounts the group.
func RegisterBudgets(a *API, s Budgets) {
	const tag, root = "admin", "/api/admin/budgets"
	add(a, route{id: "list-budgets", method: http.MethodGet, path: root, tag: tag, summary: "Budgets: spent, reserved and left", needs: ReadLimits},
		func(ctx context.Context, _ *Empty) (*body[[]Budget], error) { return reply(s.ListBudgets(ctx)) })
	add(a, route{id: "create-budget", method: http.MethodPost, path: root, tag: tag, summary: "Give a holder a budget", needs: WriteLimits, status: 201},
		func(ctx context.Context, in *body[NewBudget]) (*body[Budget], error) {
			return reply(s.CreateBudget(ctx, in.Body))
		})
	add(a, route{id: "patch-budget", method: http.MethodPatch, path: root + "/{id}", tag: tag, summary: "Change amount, contact or what holds for unpriced calls", needs: WriteLimits},
		func(ctx context.Context, in *struct {
			IDPath
			Body BudgetPatch
		}) (*body[Budget], error) {
			return reply(s.PatchBudget(ctx, in.ID, in.Body))
		})
	add(a, route{id: "delete-budget", method: http.MethodDelete, path: root + "/{id}", tag: tag, summary: "Remove a budget; what was spent stays in the ledger", needs: WriteLimits},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DeleteBudget(ctx, in.ID)) })
	add(a, route{id: "list-alerts", method: http.MethodGet, path: "/api/admin/alerts", tag: tag, summary: "Budgets that passed a mark, newest first", needs: ReadLimits},
		func(ctx context.Context, _ *Empty) (*body[[]BudgetAlert], error) { return reply(s.ListAlerts(ctx)) })
}
