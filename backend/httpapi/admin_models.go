package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Provider is an endpoint that serves models.
type Provider struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Kind      string          `json:"kind" enum:"openai,local" doc:"openai: any OpenAI-compatible endpoint; local: the server's own engine"`
	BaseURL   string          `json:"base_url,omitempty" example:"https://api.example.com/v1"`
	HasKey    bool            `json:"has_key"`
	Enabled   bool            `json:"enabled"`
	Models    []ProviderModel `json:"models"`
	State     string          `json:"state" enum:"ready,starting,unready,disabled,untested"`
	Detail    string          `json:"detail,omitempty" doc:"the last failure, or how far a start is"`
	TestedAt  *time.Time      `json:"tested_at,omitempty"`
	Source    string          `json:"source" enum:"console,file,builtin" doc:"file: declared with nexusctl apply"`
	CreatedAt time.Time       `json:"created_at"`
}

// ProviderModel offers one of a provider's models under a name of ours.
type ProviderModel struct {
	ID       string `json:"id" minLength:"1" maxLength:"200" doc:"what callers ask for"`
	Upstream string `json:"upstream" minLength:"1" maxLength:"200" doc:"what the provider calls it"`
	Kind     string `json:"kind" enum:"chat,embedding"`
	// Prices in nano US dollars per 1,000 tokens; null takes the catalogue's.
	InputNanoUSD  *int64 `json:"input_nano_usd,omitempty" minimum:"0"`
	OutputNanoUSD *int64 `json:"output_nano_usd,omitempty" minimum:"0"`
}

// ProviderInput creates or changes a provider; on a change absent parts stay.
type ProviderInput struct {
	Name    *string         `json:"name,omitempty" minLength:"1" maxLength:"120"`
	BaseURL *string         `json:"base_url,omitempty" maxLength:"500"`
	APIKey  *string         `json:"api_key,omitempty" maxLength:"500" doc:"write only"`
	Enabled *bool           `json:"enabled,omitempty"`
	Models  []ProviderModel `json:"models,omitempty" maxItems:"500"`
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
}

// InferenceLog is one brokered call. Prompts and answers are not in it.
type InferenceLog struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Surface      string    `json:"surface" enum:"chat,v1"`
	Operation    string    `json:"operation" enum:"chat,embeddings"`
	Model        string    `json:"model" doc:"as asked"`
	Deployment   string    `json:"deployment" doc:"who answered"`
	User         string    `json:"user,omitempty" doc:"the user's name"`
	Key          string    `json:"key,omitempty" doc:"the key's name"`
	Streamed     bool      `json:"streamed"`
	State        string    `json:"state" enum:"running,ok,stopped,failed"`
	ErrorCode    string    `json:"error_code,omitempty"`
	InputTokens  int       `json:"input_tokens"`
	OutputTokens int       `json:"output_tokens"`
	CachedTokens int       `json:"cached_tokens,omitempty"`
	Estimated    bool      `json:"estimated,omitempty" doc:"tokens counted by us"`
	LatencyMS    int64     `json:"latency_ms"`
	FirstMS      int64     `json:"first_token_ms,omitempty"`
	CostNanoUSD  int64     `json:"cost_nano_usd"`
	Unpriced     bool      `json:"unpriced,omitempty" doc:"no price is known: cost is not zero but unknown"`
	Attempts     int       `json:"attempts"`
	RequestID    string    `json:"request_id"`
}

// LogQuery selects calls, newest first.
type LogQuery struct {
	Model  string    `query:"model" maxLength:"200"`
	User   string    `query:"user" maxLength:"200" doc:"id of a user"`
	Key    string    `query:"key" maxLength:"200" doc:"id of a key"`
	State  string    `query:"state" enum:"running,ok,stopped,failed"`
	From   time.Time `query:"from"`
	To     time.Time `query:"to"`
	Cursor string    `query:"cursor" maxLength:"200"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// LogPage is a page of calls with the totals of the whole selection.
type LogPage struct {
	Items      []InferenceLog `json:"items"`
	NextCursor string         `json:"next_cursor,omitempty"`
	Totals     LogTotals      `json:"totals"`
}

// LogTotals adds a selection up.
type LogTotals struct {
	Calls        int64 `json:"calls"`
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	CostNanoUSD  int64 `json:"cost_nano_usd"`
}

// DashboardQuery names the range.
type DashboardQuery struct {
	Range string `query:"range" enum:"1h,24h,7d,30d" default:"1h"`
}

// Dashboard is the state of the tenant's traffic. Series have one point per
// step, gaps included, so that charts can show them as gaps.
type Dashboard struct {
	From         time.Time      `json:"from"`
	To           time.Time      `json:"to"`
	StepSeconds  int            `json:"step_seconds"`
	Running      int            `json:"running" doc:"calls in flight now"`
	Calls        int64          `json:"calls"`
	Failed       int64          `json:"failed"`
	InputTokens  int64          `json:"input_tokens"`
	OutputTokens int64          `json:"output_tokens"`
	CostNanoUSD  int64          `json:"cost_nano_usd"`
	ActiveUsers  int            `json:"active_users"`
	P50MS        int64          `json:"p50_ms"`
	P95MS        int64          `json:"p95_ms"`
	FirstP50MS   int64          `json:"first_token_p50_ms"`
	Points       []Point        `json:"points"`
	Models       []ModelTraffic `json:"models" doc:"by calls, most first"`
}

// Point is one step of the series.
type Point struct {
	At           time.Time `json:"at"`
	Calls        int64     `json:"calls"`
	Failed       int64     `json:"failed"`
	OutputTokens int64     `json:"output_tokens"`
	CostNanoUSD  int64     `json:"cost_nano_usd"`
	P50MS        *int64    `json:"p50_ms" doc:"null where there were no calls"`
	FirstP50MS   *int64    `json:"first_token_p50_ms" doc:"null where there were no calls"`
}

// ModelTraffic is the range's traffic of one model.
type ModelTraffic struct {
	Model        string `json:"model"`
	Calls        int64  `json:"calls"`
	OutputTokens int64  `json:"output_tokens"`
	CostNanoUSD  int64  `json:"cost_nano_usd"`
}

// Operations is implemented by the server.
type Operations interface {
	Dashboard(ctx context.Context, q DashboardQuery) (Dashboard, error)
	ListLogs(ctx context.Context, q LogQuery) (LogPage, error)
	ListProviders(ctx context.Context) ([]Provider, error)
	CreateProvider(ctx context.Context, p ProviderInput) (Provider, error)
	PatchProvider(ctx context.Context, id string, p ProviderInput) (Provider, error)
	DeleteProvider(ctx context.Context, id string) error
	// TestProvider makes a real call within 30 s; a failure is in the answer,
	// not an error.
	TestProvider(ctx context.Context, id string) (ProviderTest, error)
}

// RegisterOperations mounts dashboard, logs and providers.
func RegisterOperations(a *API, s Operations) {
	const tag = "admin"
	add(a, route{id: "get-dashboard", method: http.MethodGet, path: "/api/admin/dashboard", tag: tag, summary: "Traffic of a range", needs: ReadDashboard},
		func(ctx context.Context, in *DashboardQuery) (*body[Dashboard], error) {
			return reply(s.Dashboard(ctx, *in))
		})
	add(a, route{id: "list-logs", method: http.MethodGet, path: "/api/admin/logs", tag: tag, summary: "Calls, newest first", needs: ReadLogs},
		func(ctx context.Context, in *LogQuery) (*body[LogPage], error) { return reply(s.ListLogs(ctx, *in)) })
	add(a, route{id: "list-providers", method: http.MethodGet, path: "/api/admin/providers", tag: tag, summary: "Providers and their models", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[[]Provider], error) { return reply(s.ListProviders(ctx)) })
	add(a, route{id: "create-provider", method: http.MethodPost, path: "/api/admin/providers", tag: tag, summary: "Add an OpenAI-compatible endpoint", needs: WriteProviders, status: 201},
		func(ctx context.Context, in *body[ProviderInput]) (*body[Provider], error) {
			return reply(s.CreateProvider(ctx, in.Body))
		})
	add(a, route{id: "patch-provider", method: http.MethodPatch, path: "/api/admin/providers/{id}", tag: tag, summary: "Change, enable or disable", needs: WriteProviders},
		func(ctx context.Context, in *struct {
			IDPath
			Body ProviderInput
		}) (*body[Provider], error) {
			return reply(s.PatchProvider(ctx, in.ID, in.Body))
		})
	add(a, route{id: "delete-provider", method: http.MethodDelete, path: "/api/admin/providers/{id}", tag: tag, summary: "Remove a provider and its key", needs: WriteProviders},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DeleteProvider(ctx, in.ID)) })
	add(a, route{id: "test-provider", method: http.MethodPost, path: "/api/admin/providers/{id}/test", tag: tag, summary: "Make a real call and report it", needs: WriteProviders},
		func(ctx context.Context, in *IDPath) (*body[ProviderTest], error) {
			return reply(s.TestProvider(ctx, in.ID))
		})
}
