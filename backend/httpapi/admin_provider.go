package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Provider is an endpoint that serves models.
type Provider struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Kind       string          `json:"kind" enum:"openai,azure,anthropic,gemini,deepseek,mistral,meta,vllm,llamacpp,ollama,whisper,cohere,jina,compatible,local" doc:"the protocol it speaks; compatible: any OpenAI-compatible endpoint; local: the server's own engine"`
	BaseURL    string          `json:"base_url,omitempty" example:"https://api.example.com/v1"`
	APIVersion string          `json:"api_version,omitempty" doc:"Azure only"`
	Region     string          `json:"region,omitempty" doc:"where it answers; empty: not said"`
	HasKey     bool            `json:"has_key"`
	Keys       []ProviderKey   `json:"keys" doc:"its pool: calls go to one that is not benched"`
	Enabled    bool            `json:"enabled"`
	Models     []ProviderModel `json:"models"`
	State      string          `json:"state" enum:"ready,starting,unready,disabled,untested"`
	Detail     string          `json:"detail,omitempty" doc:"the last failure, or how far a start is"`
	TestedAt   *time.Time      `json:"tested_at,omitempty"`
	Source     string          `json:"source" enum:"console,file,builtin" doc:"file: declared with nexusctl apply"`
	CreatedAt  time.Time       `json:"created_at"`
}

// ProviderKey is one key of a provider's pool, without its secret.
type ProviderKey struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Enabled   bool            `json:"enabled"`
	State     string          `json:"state" enum:"ready,benched,unready,disabled" doc:"benched: over the provider's limit for some model; unready: it cannot be opened, enter it again"`
	Benched   []BenchedModel  `json:"benched" doc:"models that the provider does not answer with this key for now"`
	LastError *DeploymentFail `json:"last_error,omitempty"`
	Reference string          `json:"reference,omitempty" doc:"where the file that declares it says the secret is" example:"env:TEAM_KEY"`
	CreatedAt time.Time       `json:"created_at"`
	RotatedAt time.Time       `json:"rotated_at" doc:"when its secret was last replaced"`
}

// BenchedModel is a model that a key cannot be used for until a moment.
type BenchedModel struct {
	DeploymentID string    `json:"deployment_id"`
	Model        string    `json:"model"`
	Until        time.Time `json:"until"`
}

// ProviderModel offers one of a provider's models under a name of ours: a
// deployment with all but the essentials left as they are.
type ProviderModel struct {
	ID       string `json:"id" minLength:"1" maxLength:"200" doc:"what callers ask for"`
	Upstream string `json:"upstream" minLength:"1" maxLength:"200" doc:"what the provider calls it"`
	Kind     string `json:"kind" enum:"chat,embedding,transcription,speech,rerank"`
	// Prices in nano US dollars per 1,000 tokens; null takes the catalogue's.
	InputNanoUSD  *int64 `json:"input_nano_usd,omitempty" minimum:"0"`
	OutputNanoUSD *int64 `json:"output_nano_usd,omitempty" minimum:"0"`
}

// ProviderKind is how a provider can be spoken to, with what its form begins
// with.
type ProviderKind struct {
	Kind       string `json:"kind" enum:"openai,azure,anthropic,gemini,deepseek,mistral,meta,vllm,llamacpp,ollama,whisper,cohere,jina,compatible"`
	Name       string `json:"name" doc:"as the vendor writes it"`
	BaseURL    string `json:"base_url,omitempty" doc:"the vendor's address; absent: everybody has one of their own"`
	Example    string `json:"example,omitempty" doc:"what an address of one's own looks like"`
	Key        bool   `json:"key" doc:"it wants one"`
	APIVersion string `json:"api_version,omitempty" doc:"the usual one, where the protocol has versions"`
}

// ProviderInput creates or changes a provider; on a change absent parts stay.
type ProviderInput struct {
	Name       *string         `json:"name,omitempty" minLength:"1" maxLength:"120"`
	Kind       *string         `json:"kind,omitempty" enum:"openai,azure,anthropic,gemini,deepseek,mistral,meta,vllm,llamacpp,ollama,whisper,cohere,jina,compatible" doc:"default openai; fixed once it is made"`
	BaseURL    *string         `json:"base_url,omitempty" maxLength:"500"`
	APIVersion *string         `json:"api_version,omitempty" maxLength:"40" doc:"Azure only"`
	Region     *string         `json:"region,omitempty" maxLength:"40"`
	APIKey     *string         `json:"api_key,omitempty" maxLength:"500" doc:"write only: the secret of the first key; empty removes it"`
	Enabled    *bool           `json:"enabled,omitempty"`
	Models     []ProviderModel `json:"models,omitempty" maxItems:"500" doc:"deployments of the same id keep their other settings"`
}

// NewProviderKey adds a key to a provider's pool.
type NewProviderKey struct {
	Name   string `json:"name" minLength:"1" maxLength:"120"`
	Secret string `json:"secret" minLength:"1" maxLength:"500" doc:"write only"`
}

// ProviderKeyPatch changes what is present.
type ProviderKeyPatch struct {
	Name    *string `json:"name,omitempty" minLength:"1" maxLength:"120"`
	Secret  *string `json:"secret,omitempty" minLength:"1" maxLength:"500" doc:"write only: rotates the key; calls under way end with the old one"`
	Enabled *bool   `json:"enabled,omitempty"`
}

// ProviderTest is the outcome of a real call.
type ProviderTest struct {
	OK          bool     `json:"ok"`
	LatencyMS   int64    `json:"latency_ms"`
	FirstMS     int64    `json:"first_token_ms,omitempty" doc:"time to first token of the test completion"`
	Models      []string `json:"models" doc:"what the endpoint says it serves"`
	Answer      string   `json:"answer,omitempty" doc:"the first words of the test completion"`
	Problem     *Problem `json:"problem,omitempty"`
	TestedModel string   `json:"tested_model,omitempty"`
	Key         string   `json:"key,omitempty" doc:"the name of the key that was used"`
}

// Providers is implemented by the server. Every change leaves an audit entry.
type Providers interface {
	ListProviders(ctx context.Context) ([]Provider, error)
	// ProviderKinds lists all, vendors first.
	ProviderKinds(ctx context.Context) ([]ProviderKind, error)
	CreateProvider(ctx context.Context, p ProviderInput) (Provider, error)
	PatchProvider(ctx context.Context, id string, p ProviderInput) (Provider, error)
	DeleteProvider(ctx context.Context, id string) error
	// TestProvider makes a real call within 30 s; a failure is in the answer,
	// not an error.
	TestProvider(ctx context.Context, id string) (ProviderTest, error)
}

// ProviderKeys is implemented by the server. Every change leaves an audit entry.
type ProviderKeys interface {
	AddProviderKey(ctx context.Context, provider string, k NewProviderKey) (Provider, error)
	PatchProviderKey(ctx context.Context, provider, key string, p ProviderKeyPatch) (Provider, error)
	DeleteProviderKey(ctx context.Context, provider, key string) error
	TestProviderKey(ctx context.Context, provider, key string) (ProviderTest, error)
}

// ProviderKeyPath is the path of an operation on one key of a pool.
type ProviderKeyPath struct {
	ID  string `path:"id" format:"uuid"`
	Key string `path:"key" format:"uuid"`
}

// RegisterProviders mounts the group.
func RegisterProviders(a *API, s Providers) {
	const tag, root = "admin", "/api/admin/providers"
	add(a, route{id: "list-providers", method: http.MethodGet, path: root, tag: tag, summary: "Providers, their keys and models", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[[]Provider], error) { return reply(s.ListProviders(ctx)) })
	add(a, route{id: "list-provider-kinds", method: http.MethodGet, path: "/api/admin/provider-kinds", tag: tag, summary: "How providers can be spoken to", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[[]ProviderKind], error) {
			return reply(s.ProviderKinds(ctx))
		})
	add(a, route{id: "create-provider", method: http.MethodPost, path: root, tag: tag, summary: "Add a provider", needs: WriteProviders, status: 201},
		func(ctx context.Context, in *body[ProviderInput]) (*body[Provider], error) {
			return reply(s.CreateProvider(ctx, in.Body))
		})
	add(a, route{id: "patch-provider", method: http.MethodPatch, path: root + "/{id}", tag: tag, summary: "Change, enable or disable", needs: WriteProviders},
		func(ctx context.Context, in *struct {
			IDPath
			Body ProviderInput
		}) (*body[Provider], error) {
			return reply(s.PatchProvider(ctx, in.ID, in.Body))
		})
	add(a, route{id: "delete-provider", method: http.MethodDelete, path: root + "/{id}", tag: tag, summary: "Remove a provider with its keys and deployments", needs: WriteProviders},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DeleteProvider(ctx, in.ID)) })
	add(a, route{id: "test-provider", method: http.MethodPost, path: root + "/{id}/test", tag: tag, summary: "Make a real call and report it", needs: WriteProviders},
		func(ctx context.Context, in *IDPath) (*body[ProviderTest], error) {
			return reply(s.TestProvider(ctx, in.ID))
		})
}

// RegisterProviderKeys mounts the keys of a provider's pool.
func RegisterProviderKeys(a *API, s ProviderKeys) {
	const tag, root = "admin", "/api/admin/providers/{id}/keys"
	add(a, route{id: "add-provider-key", method: http.MethodPost, path: root, tag: tag, summary: "Add a key to the pool", needs: WriteProviders, status: 201},
		func(ctx context.Context, in *struct {
			IDPath
			Body NewProviderKey
		}) (*body[Provider], error) {
			return reply(s.AddProviderKey(ctx, in.ID, in.Body))
		})
	add(a, route{id: "patch-provider-key", method: http.MethodPatch, path: root + "/{key}", tag: tag, summary: "Rotate, rename, enable or disable a key", needs: WriteProviders},
		func(ctx context.Context, in *struct {
			ProviderKeyPath
			Body ProviderKeyPatch
		}) (*body[Provider], error) {
			return reply(s.PatchProviderKey(ctx, in.ID, in.Key, in.Body))
		})
	add(a, route{id: "delete-provider-key", method: http.MethodDelete, path: root + "/{key}", tag: tag, summary: "Remove a key from the pool", needs: WriteProviders},
		func(ctx context.Context, in *ProviderKeyPath) (*Empty, error) {
			return done(s.DeleteProviderKey(ctx, in.ID, in.Key))
		})
	add(a, route{id: "test-provider-key", method: http.MethodPost, path: root + "/{key}/test", tag: tag, summary: "Make a real call with this key", needs: WriteProviders},
		func(ctx context.Context, in *ProviderKeyPath) (*body[ProviderTest], error) {
			return reply(s.TestProviderKey(ctx, in.ID, in.Key))
		})
}
