package calllog

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/tenant"
)

const (
	longest  = 400 // days of a report
	mostRows = 1000
)

// addUp adds up calls, and what an invoice later said of them, as budgets do:
// a report must not differ from the ledger. What stands before is what to add
// them up by.
const addUp = `count(*) filter (where is_call), count(*) filter (where state = 'failed'), count(*) filter (where unpriced),
    coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(cached_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint,
    coalesce(sum(cost_nano_usd), 0)::bigint
from (
    select true as is_call, at, model, deployment, user_id, key_id, state, unpriced, input_tokens, cached_tokens, output_tokens, cost_nano_usd
    from inference_log where tenant_id = $1 and at >= $2 and at < $3
    union all
    select false, at, model, deployment, user_id, key_id, '', false, 0, 0, 0, amount_nano_usd
    from ledger_entry where tenant_id = $1 and at >= $2 and at < $3 and kind = 'correct'
) booked where true`

// by are the queries of what can be added up by; each sees the time zone as $4.
var by = map[string]string{
	"model":      `select model, model, ` + addUp + ` and $4 <> '' group by model`,
	"deployment": `select deployment, deployment, ` + addUp + ` and $4 <> '' group by deployment`,
	"user":       `select coalesce(user_id::text, ''), '', ` + addUp + ` and $4 <> '' group by user_id`,
	"key":        `select coalesce(key_id::text, ''), '', ` + addUp + ` and $4 <> '' group by key_id`,
	"day":        `select (at at time zone $4)::date::text, (at at time zone $4)::date::text, ` + addUp + ` group by (at at time zone $4)::date`,
}

// Costs adds a tenant's calls up. Those in flight and those on their way to the
// database are not in it yet.
func (b *Book) Costs(ctx context.Context, tenantID string, q httpapi.CostQuery) (httpapi.CostReport, error) {
	q.By = cmp.Or(q.By, "model")
	query, ok := by[q.By]
	if !ok {
		return httpapi.CostReport{}, fault.New(fault.BadRequest, "Costs are not added up by that.", nil).At("query.by")
	}
	out := httpapi.CostReport{By: q.By}
	err := b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		zone := settings.Zone()
		if out.From, out.To, err = b.span(q, zone); err != nil {
			return err
		}
		out.Zone = zone.String()
		if out.Days, err = costRows(ctx, tx, by["day"], tenantID, out.From, out.To, zone); err != nil {
			return err
		}
		out.Days = everyDay(out.Days, out.From, out.To, zone)
		if out.Rows = out.Days; q.By != "day" {
			if out.Rows, err = costRows(ctx, tx, query, tenantID, out.From, out.To, zone); err != nil {
				return err
			}
			if err := b.label(ctx, tx, tenantID, q.By, out.Rows); err != nil {
				return err
			}
		}
		for _, row := range out.Days {
			plus(&out.Total, row)
		}
		out.Forecast, err = b.forecast(ctx, tx, tenantID, zone)
		return err
	})
	return out, err
}

// span is the range of a report: by default the month so far.
func (b *Book) span(q httpapi.CostQuery, zone *time.Location) (from, to time.Time, err error) {
	now := b.now().In(zone)
	from, to = q.From, q.To
	if from.IsZero() {
		from = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	}
	if to.IsZero() {
		to = now
	}
	if !from.Before(to) || to.Sub(from) > longest*24*time.Hour {
		return from, to, fault.New(fault.BadRequest, "The range begins before it ends, and is at most 400 days long.", nil).At("query.from")
	}
	return from.UTC(), to.UTC(), nil
}

func costRows(ctx context.Context, tx pgx.Tx, query, tenantID string, from, to time.Time, zone *time.Location) ([]httpapi.CostRow, error) {
	rows, err := tx.Query(ctx, query, tenantID, from, to, zone.String())
	if err != nil {
		return nil, fmt.Errorf("add costs up: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r httpapi.CostRow, err error) {
		err = row.Scan(&r.ID, &r.Label, &r.Calls, &r.Failed, &r.Unpriced, &r.InputTokens, &r.CachedTokens, &r.OutputTokens, &r.CostNanoUSD)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("add costs up: %w", err)
	}
	slices.SortFunc(all, func(a, b httpapi.CostRow) int {
		return cmp.Or(cmp.Compare(b.CostNanoUSD, a.CostNanoUSD), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.ID, b.ID))
	})
	return fold(all), nil
}

// fold adds what is beyond the most rows up into one without an id.
func fold(all []httpapi.CostRow) []httpapi.CostRow {
	if len(all) <= mostRows {
		return all
	}
	var rest httpapi.CostRow
	for _, row := range all[mostRows:] {
		plus(&rest, row)
	}
	return append(all[:mostRows:mostRows], rest)
}

func plus(sum *httpapi.CostRow, row httpapi.CostRow) {
	sum.Calls += row.Calls
	sum.Failed += row.Failed
	sum.Unpriced += row.Unpriced
	sum.InputTokens += row.InputTokens
	sum.CachedTokens += row.CachedTokens
	sum.OutputTokens += row.OutputTokens
	sum.CostNanoUSD += row.CostNanoUSD
}

// everyDay puts days in order and those without a call between them.
func everyDay(days []httpapi.CostRow, from, to time.Time, zone *time.Location) []httpapi.CostRow {
	seen := map[string]httpapi.CostRow{}
	for _, d := range days {
		seen[d.ID] = d
	}
	out := []httpapi.CostRow{}
	first := from.In(zone)
	for i := 0; ; i++ {
		day := time.Date(first.Year(), first.Month(), first.Day()+i, 0, 0, 0, 0, zone)
		if !day.Before(to) {
			return out
		}
		name := day.Format(time.DateOnly)
		row, ok := seen[name]
		if !ok {
			row = httpapi.CostRow{ID: name, Label: name}
		}
		out = append(out, row)
	}
}

// label gives users and keys their names.
func (b *Book) label(ctx context.Context, tx pgx.Tx, tenantID, what string, rows []httpapi.CostRow) error {
	if what != "user" && what != "key" {
		return nil
	}
	var ids []string
	for _, r := range rows {
		if r.ID != "" {
			ids = append(ids, r.ID)
		}
	}
	names, err := b.names(ctx, tx, tenantID, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].Label = names[rows[i].ID]
	}
	return nil
}

// ExportCosts writes a report's rows as CSV.
func (b *Book) ExportCosts(ctx context.Context, tenantID string, q httpapi.CostQuery, w httpapi.Sink) error {
	report, err := b.Costs(ctx, tenantID, q)
	if err != nil {
		return err
	}
	w.Begin("text/csv; charset=utf-8", "costs-by-"+report.By+".csv")
	out := csv.NewWriter(w)
	write := func(cells ...string) { _ = out.Write(cells) } // its error stays for Error
	write(report.By, "name", "calls", "failed", "unpriced", "input_tokens", "cached_tokens", "output_tokens", "cost_usd")
	for _, r := range report.Rows {
		cells := []string{cell(r.ID), cell(r.Label)}
		for _, n := range []int64{r.Calls, r.Failed, r.Unpriced, r.InputTokens, r.CachedTokens, r.OutputTokens} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		write(append(cells, usd(r.CostNanoUSD))...)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write costs: %w", err)
	}
	return nil
}
