package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// CostQuery names the range and what to add up by.
type CostQuery struct {
	By   string    `query:"by" enum:"model,user,key,day,deployment" default:"model"`
	From time.Time `query:"from" doc:"default: the first of the month in the tenant's time zone"`
	To   time.Time `query:"to" doc:"default: now"`
}

// CostReport adds the tenant's calls up.
type CostReport struct {
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Zone     string        `json:"zone" doc:"the tenant's time zone, in which days begin" example:"Europe/Lisbon"`
	By       string        `json:"by" enum:"model,user,key,day,deployment"`
	Rows     []CostRow     `json:"rows" doc:"dearest first; days in order, those without a call included"`
	Total    CostRow       `json:"total"`
	Days     []CostRow     `json:"days" doc:"the same range by day, for a chart"`
	Forecast *CostForecast `json:"forecast,omitempty" doc:"absent when there is too little to tell by"`
}

// CostRow is one line of a report.
type CostRow struct {
	ID           string `json:"id,omitempty" doc:"of the user, key or deployment; the model's name or the day; empty: others or unknown"`
	Label        string `json:"label" doc:"in words; empty: who is not known any more"`
	Calls        int64  `json:"calls"`
	Failed       int64  `json:"failed"`
	Unpriced     int64  `json:"unpriced" doc:"calls whose cost nobody knows; not in cost_nano_usd"`
	InputTokens  int64  `json:"input_tokens"`
	CachedTokens int64  `json:"cached_tokens"`
	OutputTokens int64  `json:"output_tokens"`
	CostNanoUSD  int64  `json:"cost_nano_usd"`
}

// CostForecast is what the current month will cost if it goes on like its
// last days: the mean of whole days, working days and week-ends apart.
type CostForecast struct {
	MonthNanoUSD int64 `json:"month_nano_usd" doc:"the whole month, what is spent included"`
	LowNanoUSD   int64 `json:"low_nano_usd" doc:"80 of 100 months should end above"`
	HighNanoUSD  int64 `json:"high_nano_usd" doc:"80 of 100 months should end below"`
	BasisDays    int   `json:"basis_days" doc:"whole days it is made of"`
}

// Costs is implemented by the server.
type Costs interface {
	Costs(ctx context.Context, q CostQuery) (CostReport, error)
	// WriteCosts writes the rows as CSV.
	WriteCosts(ctx context.Context, q CostQuery, w Sink) error
}

// RegisterCosts mounts the group.
func RegisterCosts(a *API, s Costs) {
	const tag, root = "admin", "/api/admin/costs"
	add(a, route{id: "get-costs", method: http.MethodGet, path: root, tag: tag, summary: "What calls cost, by model, user, key, deployment or day", needs: ReadCosts},
		func(ctx context.Context, in *CostQuery) (*body[CostReport], error) { return reply(s.Costs(ctx, *in)) })
	add(a, route{id: "export-costs", method: http.MethodGet, path: root + "/export", tag: tag, summary: "The same as CSV", needs: ReadCosts, file: []string{"text/csv"}},
		func(ctx context.Context, in *CostQuery) (*huma.StreamResponse, error) {
			return a.file("export-costs", func(ctx context.Context, w Sink) error { return s.WriteCosts(ctx, *in, w) }), nil
		})
}
