package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Deployment is one model at one provider, under the name that callers use.
type Deployment struct {
	ID           string              `json:"id"`
	Model        string              `json:"model" doc:"what callers ask for; several deployments may share it"`
	Upstream     string              `json:"upstream" doc:"what the provider calls it"`
	Kind         string              `json:"kind" enum:"chat,embedding,transcription,speech,rerank"`
	ProviderID   string              `json:"provider_id"`
	Provider     string              `json:"provider" doc:"its name"`
	ProviderKind string              `json:"provider_kind"`
	Enabled      bool                `json:"enabled"`
	Region       string              `json:"region,omitempty" doc:"its own, or its provider's; empty: not said"`
	OwnRegion    string              `json:"own_region,omitempty" doc:"empty: the provider's counts"`
	Weight       int                 `json:"weight" doc:"its share among those of one priority"`
	Priority     int                 `json:"priority" doc:"lower is asked first"`
	Deadlines    DeploymentDeadlines `json:"deadlines"`
	Overrides    DeploymentOverrides `json:"overrides" doc:"what is set by hand; absent parts are the catalogue's"`
	Facts        DeploymentFacts     `json:"facts" doc:"what counts: overrides over the catalogue"`
	Price        ModelPrice          `json:"price" doc:"now"`
	Health       DeploymentHealth    `json:"health"`
	Source       string              `json:"source" enum:"console,file,builtin"`
}

// DeploymentDeadlines bound one attempt, in milliseconds; 0: the default.
type DeploymentDeadlines struct {
	ConnectMS       int64 `json:"connect_ms,omitempty" minimum:"0" maximum:"600000" doc:"default 5 s"`
	FirstTokenMS    int64 `json:"first_token_ms,omitempty" minimum:"0" maximum:"3600000" doc:"default 10 s, of reasoning models and of those that hear or speak 300 s, of engines of your own (vLLM, llama.cpp, Ollama) 120 s and 1 s for each 20 tokens of the prompt"`
	BetweenTokensMS int64 `json:"between_tokens_ms,omitempty" minimum:"0" maximum:"600000" doc:"default 15 s; keep-alive comments count as alive"`
}

// DeploymentOverrides say of a model what the catalogue does not know or has wrong.
type DeploymentOverrides struct {
	ContextTokens   *int  `json:"context_tokens,omitempty" minimum:"1" maximum:"100000000"`
	MaxOutputTokens *int  `json:"max_output_tokens,omitempty" minimum:"1" maximum:"100000000"`
	Images          *bool `json:"images,omitempty"`
	Tools           *bool `json:"tools,omitempty"`
	Schema          *bool `json:"schema,omitempty"`
	Reasoning       *bool `json:"reasoning,omitempty"`
	Prefill         *bool `json:"prefill,omitempty" doc:"goes on from a partial assistant message"`
}

// DeploymentFacts are what the broker believes of a model.
type DeploymentFacts struct {
	Known           bool `json:"known" doc:"false: nobody knows the model, so it is taken to have all skills but prefill"`
	ContextTokens   int  `json:"context_tokens,omitempty" doc:"0: unknown, then not checked"`
	MaxOutputTokens int  `json:"max_output_tokens,omitempty"`
	Images          bool `json:"images"`
	Tools           bool `json:"tools"`
	Schema          bool `json:"schema"`
	Reasoning       bool `json:"reasoning"`
	Prefill         bool `json:"prefill"`
}

// DeploymentHealth is how a deployment is doing, as the process that answers sees it.
type DeploymentHealth struct {
	State        string           `json:"state" enum:"ready,starting,unready,disabled,untested"`
	Detail       string           `json:"detail,omitempty"`
	Circuit      string           `json:"circuit" enum:"closed,half_open,open" doc:"the worst of its keys"`
	RetryAt      *time.Time       `json:"retry_at,omitempty" doc:"when an open circuit lets the next probe through"`
	Ejected      bool             `json:"ejected,omitempty" doc:"left out because it fails far more than the others"`
	InFlight     int              `json:"in_flight"`
	FirstTokenMS *int64           `json:"first_token_ms,omitempty" doc:"moving average; absent: nothing was measured yet"`
	Waiting      *int             `json:"waiting,omitempty" doc:"requests in the provider's own queue, where it says so"`
	CacheUsage   *float64         `json:"cache_usage,omitempty" doc:"0 to 1, where the provider says so"`
	Errors       []DeploymentFail `json:"errors" doc:"the last five, newest first"`
	Benched      []BenchedKey     `json:"benched"`
}

// DeploymentFail is one failed attempt.
type DeploymentFail struct {
	At     time.Time `json:"at"`
	Code   string    `json:"code" example:"upstream.failed"`
	Detail string    `json:"detail,omitempty" doc:"safe to show; English"`
	KeyID  string    `json:"key_id,omitempty" doc:"of the provider's key"`
	Key    string    `json:"key,omitempty" doc:"its name"`
}

// BenchedKey is a key that a deployment cannot use until a moment.
type BenchedKey struct {
	KeyID string    `json:"key_id"`
	Key   string    `json:"key" doc:"its name"`
	Until time.Time `json:"until"`
}

// NewDeployment offers a provider's model.
type NewDeployment struct {
	ProviderID string `json:"provider_id" format:"uuid"`
	Model      string `json:"model" minLength:"1" maxLength:"200"`
	Upstream   string `json:"upstream,omitempty" maxLength:"200" doc:"empty: the same"`
	Kind       string `json:"kind,omitempty" enum:"chat,embedding,transcription,speech,rerank" doc:"empty: chat"`
	DeploymentPatch
}

// DeploymentPatch changes what is present.
type DeploymentPatch struct {
	Enabled   *bool                `json:"enabled,omitempty"`
	Region    *string              `json:"region,omitempty" maxLength:"40" doc:"empty: the provider's"`
	Weight    *int                 `json:"weight,omitempty" minimum:"1" maximum:"1000"`
	Priority  *int                 `json:"priority,omitempty" minimum:"0" maximum:"100"`
	Deadlines *DeploymentDeadlines `json:"deadlines,omitempty" doc:"replaced as a whole"`
	Overrides *DeploymentOverrides `json:"overrides,omitempty" doc:"replaced as a whole"`
}

// Deployments is implemented by the server. What the built-in engine serves is
// listed, too; it can be changed, not removed.
type Deployments interface {
	ListDeployments(ctx context.Context) ([]Deployment, error)
	CreateDeployment(ctx context.Context, n NewDeployment) (Deployment, error)
	PatchDeployment(ctx context.Context, id string, p DeploymentPatch) (Deployment, error)
	DeleteDeployment(ctx context.Context, id string) error
	// TestDeployment makes a real call within 30 s; a failure is in the answer.
	TestDeployment(ctx context.Context, id string) (ProviderTest, error)
}

// RegisterDeployments mounts the group.
func RegisterDeployments(a *API, s Deployments) {
	const tag, root = "admin", "/api/admin/deployments"
	add(a, route{id: "list-deployments", method: http.MethodGet, path: root, tag: tag, summary: "Deployments with their health", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[[]Deployment], error) { return reply(s.ListDeployments(ctx)) })
	add(a, route{id: "create-deployment", method: http.MethodPost, path: root, tag: tag, summary: "Offer a provider's model", needs: WriteProviders, status: 201},
		func(ctx context.Context, in *body[NewDeployment]) (*body[Deployment], error) {
			return reply(s.CreateDeployment(ctx, in.Body))
		})
	add(a, route{id: "patch-deployment", method: http.MethodPatch, path: root + "/{id}", tag: tag, summary: "Change, enable or disable", needs: WriteProviders},
		func(ctx context.Context, in *struct {
			IDPath
			Body DeploymentPatch
		}) (*body[Deployment], error) {
			return reply(s.PatchDeployment(ctx, in.ID, in.Body))
		})
	add(a, route{id: "delete-deployment", method: http.MethodDelete, path: root + "/{id}", tag: tag, summary: "Offer it no longer", needs: WriteProviders},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DeleteDeployment(ctx, in.ID)) })
	add(a, route{id: "test-deployment", method: http.MethodPost, path: root + "/{id}/test", tag: tag, summary: "Make a real call and report it", needs: WriteProviders},
		func(ctx context.Context, in *IDPath) (*body[ProviderTest], error) {
			return reply(s.TestDeployment(ctx, in.ID))
		})
}
