package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// LogDetail is a call with everything that was tried for it.
type LogDetail struct {
	InferenceLog
	Lost          []string     `json:"lost,omitempty" doc:"what could not be carried to the provider"`
	Rescued       bool         `json:"rescued,omitempty" doc:"another deployment went on from a cut stream"`
	Tries         []LogAttempt `json:"tries" doc:"in the order in which they were made"`
	Contents      string       `json:"contents" enum:"not_kept,declined,pending,kept,denied,expired,deleted,lost" doc:"how prompt and answer stand for the caller. not_kept: the tenant's policy does not keep them; declined: the key or the request forbade it; pending: not there yet; kept: read-contents shows them; denied: kept, but not for the caller's role; lost: they were to be kept"`
	ContentsUntil *time.Time   `json:"contents_until,omitempty" doc:"when what is kept expires"`
}

// LogAttempt is one deployment's try.
type LogAttempt struct {
	N            int       `json:"n" doc:"from 1"`
	DeploymentID string    `json:"deployment_id"`
	Deployment   string    `json:"deployment" doc:"in words"`
	Model        string    `json:"model" doc:"as the provider knows it"`
	KeyID        string    `json:"key_id,omitempty" doc:"of the provider's key"`
	Key          string    `json:"key,omitempty" doc:"its name"`
	Why          string    `json:"why,omitempty" doc:"why it was chosen or tried" example:"fallback"`
	StartedAt    time.Time `json:"started_at"`
	FirstMS      int64     `json:"first_token_ms,omitempty" doc:"from its start; absent: no content came"`
	LatencyMS    int64     `json:"latency_ms"`
	ErrorCode    string    `json:"error_code,omitempty" doc:"empty: it answered"`
	Translated   bool      `json:"translated,omitempty"`
	InputTokens  int       `json:"input_tokens"`
	CachedTokens int       `json:"cached_tokens,omitempty"`
	OutputTokens int       `json:"output_tokens"`
	Reasoning    int       `json:"reasoning_tokens,omitempty"`
	Estimated    bool      `json:"estimated,omitempty"`
	CostNanoUSD  int64     `json:"cost_nano_usd"`
	PriceVersion string    `json:"price_version,omitempty"`
	RequestID    string    `json:"request_id,omitempty" doc:"the provider's"`
}

// LogExport selects calls for a file.
type LogExport struct {
	LogFilter
	Format string `query:"format" enum:"csv,ndjson" default:"csv"`
}

// Logs is implemented by the server.
type Logs interface {
	Log(ctx context.Context, id string) (LogDetail, error)
	// WriteLogs writes all calls that match, newest first, as they are read.
	WriteLogs(ctx context.Context, q LogExport, w Sink) error
}

// RegisterLogs mounts what is beside the list of calls.
func RegisterLogs(a *API, s Logs) {
	const tag, root = "admin", "/api/admin/logs"
	add(a, route{id: "export-logs", method: http.MethodGet, path: root + "/export", tag: tag, summary: "Calls as CSV or NDJSON, newest first", needs: ReadLogs, file: []string{"text/csv", "application/x-ndjson"}},
		func(ctx context.Context, in *LogExport) (*huma.StreamResponse, error) {
			return a.file("export-logs", func(ctx context.Context, w Sink) error { return s.WriteLogs(ctx, *in, w) }), nil
		})
	add(a, route{id: "get-log", method: http.MethodGet, path: root + "/{id}", tag: tag, summary: "A call with its attempts", needs: ReadLogs},
		func(ctx context.Context, in *IDPath) (*body[LogDetail], error) { return reply(s.Log(ctx, in.ID)) })
}
