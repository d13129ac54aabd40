package httpapi

import (
	"context"
	"net/http"
	"time"
)

// InferenceLog is one brokered call. Prompts and answers are not in it.
type InferenceLog struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Surface      string    `json:"surface" enum:"chat,v1,playground"`
	Operation    string    `json:"operation" enum:"chat,completions,responses,messages,count_tokens,embeddings,transcriptions,speech,rerank"`
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

// LogFilter selects calls.
type LogFilter struct {
	Model      string    `query:"model" maxLength:"200"`
	User       string    `query:"user" maxLength:"200" doc:"id of a user"`
	Key        string    `query:"key" maxLength:"200" doc:"id of a key"`
	State      string    `query:"state" enum:"running,ok,stopped,failed"`
	Surface    string    `query:"surface" enum:"chat,v1,playground"`
	Operation  string    `query:"operation" enum:"chat,completions,responses,messages,count_tokens,embeddings,transcriptions,speech,rerank"`
	Deployment string    `query:"deployment" maxLength:"400" doc:"who answered, in words"`
	ErrorCode  string    `query:"error_code" maxLength:"100"`
	MinCost    int64     `query:"min_cost" minimum:"0" doc:"nano US dollars"`
	MaxCost    int64     `query:"max_cost" minimum:"0" doc:"nano US dollars; 0: no limit"`
	Search     string    `query:"q" maxLength:"200" doc:"part of the id of a call or of a request"`
	From       time.Time `query:"from"`
	To         time.Time `query:"to"`
}

// LogQuery selects a page of calls, newest first.
type LogQuery struct {
	LogFilter
	Cursor string `query:"cursor" maxLength:"200"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
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
}

// RegisterOperations mounts dashboard and logs.
func RegisterOperations(a *API, s Operations) {
	const tag = "admin"
	add(a, route{id: "get-dashboard", method: http.MethodGet, path: "/api/admin/dashboard", tag: tag, summary: "Traffic of a range", needs: ReadDashboard},
		func(ctx context.Context, in *DashboardQuery) (*body[Dashboard], error) {
			return reply(s.Dashboard(ctx, *in))
		})
	add(a, route{id: "list-logs", method: http.MethodGet, path: "/api/admin/logs", tag: tag, summary: "Calls, newest first", needs: ReadLogs},
		func(ctx context.Context, in *LogQuery) (*body[LogPage], error) { return reply(s.ListLogs(ctx, *in)) })
}
