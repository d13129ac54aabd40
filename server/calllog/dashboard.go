package calllog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// spans are the ranges of the dashboard and the step of their series.
var spans = map[string]struct{ long, step time.Duration }{
	"1h":  {time.Hour, time.Minute},
	"24h": {24 * time.Hour, 20 * time.Minute},
	"7d":  {7 * 24 * time.Hour, 2 * time.Hour},
	"30d": {30 * 24 * time.Hour, 8 * time.Hour},
}

// Dashboard adds up a tenant's traffic of a range that ends now.
func (b *Book) Dashboard(ctx context.Context, tenantID, name string) (httpapi.Dashboard, error) {
	if name == "" {
		name = "1h"
	}
	span, ok := spans[name]
	if !ok {
		return httpapi.Dashboard{}, fault.New(fault.BadRequest, "This range does not exist.", nil).At("query.range")
	}
	to := b.now().UTC().Truncate(time.Second)
	// Whole steps on fixed instants, so that a chart does not flicker as time
	// goes on; the last step is the one in progress.
	from := to.Truncate(span.step).Add(span.step - span.long)
	d := httpapi.Dashboard{
		From: from, To: to, StepSeconds: int(span.step.Seconds()), Running: b.Running(tenantID),
		Points: make([]httpapi.Point, span.long/span.step), Models: []httpapi.ModelTraffic{},
	}
	for i := range d.Points {
		d.Points[i].At = from.Add(time.Duration(i) * span.step)
	}
	err := b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		if err := sums(ctx, tx, tenantID, from, &d); err != nil {
			return err
		}
		if err := series(ctx, tx, tenantID, from, span.step, d.Points); err != nil {
			return err
		}
		if err := traffic(ctx, tx, tenantID, from, &d); err != nil {
			return err
		}
		return corrections(ctx, tx, tenantID, from, span.step, &d)
	})
	return d, err
}

// A percentile over no rows is null, which reads as 0 in the sums and as a gap
// in the series. Only calls that were answered have a latency worth showing.
const selectOverview = `
select count(*), count(*) filter (where state = 'failed'), coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint,
    coalesce(sum(cost_nano_usd), 0)::bigint, count(distinct user_id),
    coalesce(percentile_disc(0.5) within group (order by latency_ms) filter (where state = 'ok'), 0),
    coalesce(percentile_disc(0.95) within group (order by latency_ms) filter (where state = 'ok'), 0),
    coalesce(percentile_disc(0.5) within group (order by first_ms) filter (where first_ms > 0), 0)
from inference_log where tenant_id = $1 and at >= $2`

func sums(ctx context.Context, tx pgx.Tx, tenantID string, from time.Time, d *httpapi.Dashboard) error {
	err := tx.QueryRow(ctx, selectOverview, tenantID, from).Scan(&d.Calls, &d.Failed, &d.InputTokens, &d.OutputTokens,
		&d.CostNanoUSD, &d.ActiveUsers, &d.P50MS, &d.P95MS, &d.FirstP50MS)
	if err != nil {
		return fmt.Errorf("add the range up: %w", err)
	}
	return nil
}

const selectSeries = `
select floor(extract(epoch from at - $2) / $3)::int as step, count(*), count(*) filter (where state = 'failed'),
    coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cost_nano_usd), 0)::bigint,
    percentile_disc(0.5) within group (order by latency_ms) filter (where state = 'ok'),
    percentile_disc(0.5) within group (order by first_ms) filter (where first_ms > 0)
from inference_log where tenant_id = $1 and at >= $2 group by step`

func series(ctx context.Context, tx pgx.Tx, tenantID string, from time.Time, step time.Duration, points []httpapi.Point) error {
	rows, err := tx.Query(ctx, selectSeries, tenantID, from, step.Seconds())
	if err != nil {
		return fmt.Errorf("read the series: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var i int
		var p httpapi.Point
		if err := rows.Scan(&i, &p.Calls, &p.Failed, &p.OutputTokens, &p.CostNanoUSD, &p.P50MS, &p.FirstP50MS); err != nil {
			return fmt.Errorf("read the series: %w", err)
		}
		if i = min(i, len(points)-1); i >= 0 { // a clock may run a little ahead
			p.At = points[i].At
			points[i] = p
		}
	}
	return rows.Err()
}

const selectTraffic = `
select model, count(*), coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cost_nano_usd), 0)::bigint
from inference_log where tenant_id = $1 and at >= $2 group by model order by 2 desc, 1 limit 50`

func traffic(ctx context.Context, tx pgx.Tx, tenantID string, from time.Time, d *httpapi.Dashboard) error {
	rows, err := tx.Query(ctx, selectTraffic, tenantID, from)
	if err != nil {
		return fmt.Errorf("read the models' traffic: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m httpapi.ModelTraffic
		if err := rows.Scan(&m.Model, &m.Calls, &m.OutputTokens, &m.CostNanoUSD); err != nil {
			return fmt.Errorf("read the models' traffic: %w", err)
		}
		d.Models = append(d.Models, m)
	}
	return rows.Err()
}

const selectCorrections = `
select floor(extract(epoch from at - $2) / $3)::int as step, model, sum(amount_nano_usd)::bigint
from ledger_entry where tenant_id = $1 and at >= $2 and kind = 'correct' group by 1, 2`

// corrections adds what invoices later said of calls, as reports of costs do: a
// dashboard must not differ from the ledger.
func corrections(ctx context.Context, tx pgx.Tx, tenantID string, from time.Time, step time.Duration, d *httpapi.Dashboard) error {
	rows, err := tx.Query(ctx, selectCorrections, tenantID, from, step.Seconds())
	if err != nil {
		return fmt.Errorf("read corrections: %w", err)
	}
	var i int
	var model string
	var nano int64
	_, err = pgx.ForEachRow(rows, []any{&i, &model, &nano}, func() error {
		d.CostNanoUSD += nano
		d.Points[min(i, len(d.Points)-1)].CostNanoUSD += nano
		if at := slices.IndexFunc(d.Models, func(m httpapi.ModelTraffic) bool { return m.Model == model }); at >= 0 {
			d.Models[at].CostNanoUSD += nano
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read corrections: %w", err)
	}
	return nil
}
