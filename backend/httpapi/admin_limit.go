package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Limit is how much of something a holder may use in a window.
type Limit struct {
	ID            string     `json:"id"`
	HolderKind    string     `json:"holder_kind" enum:"key,user,role,tenant,model,deployment"`
	HolderID      string     `json:"holder_id,omitempty" doc:"empty: each of its kind by itself"`
	Holder        string     `json:"holder" doc:"in words"`
	Measure       string     `json:"measure" enum:"requests,input_tokens,output_tokens,concurrency"`
	Amount        int64      `json:"amount"`
	WindowSeconds int        `json:"window_seconds" doc:"0 for concurrency"`
	OnFailure     string     `json:"on_failure" enum:"open,closed" doc:"what holds while the shared counter cannot be asked"`
	Used          *int64     `json:"used,omitempty" doc:"in this window, as far as this process knows; absent for each of a kind"`
	ResetsAt      *time.Time `json:"resets_at,omitempty"`
	Sharing       string     `json:"sharing" enum:"process,redis,postgres" doc:"how several servers share it; postgres is coarser"`
	Source        string     `json:"source" enum:"console,file"`
	CreatedAt     time.Time  `json:"created_at"`
}

// NewLimit sets a limit.
type NewLimit struct {
	HolderKind    string `json:"holder_kind" enum:"key,user,role,tenant,model,deployment"`
	HolderID      string `json:"holder_id,omitempty" maxLength:"200" doc:"empty: each of its kind by itself"`
	Measure       string `json:"measure" enum:"requests,input_tokens,output_tokens,concurrency"`
	Amount        int64  `json:"amount" minimum:"1"`
	WindowSeconds int    `json:"window_seconds,omitempty" minimum:"0" maximum:"86400" doc:"default 60; 0 for concurrency"`
	OnFailure     string `json:"on_failure,omitempty" enum:"open,closed" doc:"default closed"`
}

// LimitPatch changes what is present.
type LimitPatch struct {
	Amount        *int64  `json:"amount,omitempty" minimum:"1"`
	WindowSeconds *int    `json:"window_seconds,omitempty" minimum:"1" maximum:"86400"`
	OnFailure     *string `json:"on_failure,omitempty" enum:"open,closed"`
}

// Limits is implemented by the server.
type Limits interface {
	ListLimits(ctx context.Context) ([]Limit, error)
	CreateLimit(ctx context.Context, n NewLimit) (Limit, error)
	PatchLimit(ctx context.Context, id string, p LimitPatch) (Limit, error)
	DeleteLimit(ctx context.Context, id string) error
}

// RegisterLimits mounts the group.
func RegisterLimits(a *API, s Limits) {
	const tag, root = "admin", "/api/admin/limits"
	add(a, route{id: "list-limits", method: http.MethodGet, path: root, tag: tag, summary: "Limits of requests, tokens and concurrency", needs: ReadLimits},
		func(ctx context.Context, _ *Empty) (*body[[]Limit], error) { return reply(s.ListLimits(ctx)) })
	add(a, route{id: "create-limit", method: http.MethodPost, path: root, tag: tag, summary: "Set a limit", needs: WriteLimits, status: 201},
		func(ctx context.Context, in *body[NewLimit]) (*body[Limit], error) {
			return reply(s.CreateLimit(ctx, in.Body))
		})
	add(a, route{id: "patch-limit", method: http.MethodPatch, path: root + "/{id}", tag: tag, summary: "Change a limit", needs: WriteLimits},
		func(ctx context.Context, in *struct {
			IDPath
			Body LimitPatch
		}) (*body[Limit], error) {
			return reply(s.PatchLimit(ctx, in.ID, in.Body))
		})
	add(a, route{id: "delete-limit", method: http.MethodDelete, path: root + "/{id}", tag: tag, summary: "Remove a limit", needs: WriteLimits},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DeleteLimit(ctx, in.ID)) })
}

// Refusal is what limits and budgets refused of one caller and model.
type Refusal struct {
	Code   string    `json:"code" enum:"rate.limited,quota.spent,quota.unpriced"`
	User   string    `json:"user,omitempty" doc:"the user's name"`
	Key    string    `json:"key,omitempty" doc:"the key's name"`
	Model  string    `json:"model"`
	Calls  int64     `json:"calls"`
	LastAt time.Time `json:"last_at"`
}

// RefusalQuery names the range; the default is the last 24 hours.
type RefusalQuery struct {
	From time.Time `query:"from"`
	To   time.Time `query:"to"`
}

// Refusals is implemented by the server.
type Refusals interface {
	// ListRefusals lists those refused last first, at most 200.
	ListRefusals(ctx context.Context, q RefusalQuery) ([]Refusal, error)
}

// RegisterRefusals mounts the group.
func RegisterRefusals(a *API, s Refusals) {
	add(a, route{id: "list-refusals", method: http.MethodGet, path: "/api/admin/refusals", tag: "admin", summary: "Who was refused, last first", needs: ReadLimits},
		func(ctx context.Context, in *RefusalQuery) (*body[[]Refusal], error) {
			return reply(s.ListRefusals(ctx, *in))
		})
}
