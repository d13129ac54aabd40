package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kinds of differences between an invoice and the ledger.
const (
	Differs  = "differs"  // both know it, at another amount
	Unknown  = "unknown"  // only the invoice has it
	Unbilled = "unbilled" // only the ledger has it, on a day that the invoice covers
)

// Difference is a place where an invoice and the ledger do not say the same.
type Difference struct {
	Kind      string `json:"kind"`
	Line      int    `json:"line,omitempty"` // of the invoice
	RequestID string `json:"request_id,omitempty"`
	Day       string `json:"day,omitempty"`
	Model     string `json:"model,omitempty"`
	CallID    string `json:"call_id,omitempty"`
	Attempt   int    `json:"attempt,omitempty"`
	Invoiced  int64  `json:"invoiced_nano_usd"`
	Booked    int64  `json:"booked_nano_usd"`
	Estimated bool   `json:"estimated,omitempty"` // we counted it, or a part of it, ourselves
	Corrected bool   `json:"corrected,omitempty"`

	parts []part // what Correct books; none: people have to look
}

// Note says in words what a difference means and what can be done about it.
func (d Difference) Note() string {
	switch {
	case d.Corrected:
		return "corrected"
	case len(d.parts) > 0 && d.CallID != "":
		return "we only estimated it: --apply corrects it"
	case len(d.parts) > 0:
		return fmt.Sprintf("a part of it (calls: %d) we only estimated: --apply corrects that in proportion", len(d.parts))
	case d.Estimated && d.CallID == "":
		return "what we only estimated of it does not explain so much: ask the provider"
	case d.Kind == Unknown && d.RequestID != "":
		return "the ledger has no such request at this provider"
	case d.Kind == Unknown:
		return "nothing was booked for this model on this day"
	case d.Kind == Unbilled && d.RequestID == "" && d.CallID != "":
		return "the provider gave the request no id, so it may be a line that the ledger does not know"
	case d.Kind == Unbilled:
		return "the invoice covers this day and does not have it"
	}
	return "the provider counted it: ask the provider"
}

// Reconciliation is an invoice beside the ledger.
type Reconciliation struct {
	Lines       int // of the invoice
	Invoiced    int64
	Booked      int64 // of what the invoice has
	Differences []Difference
}

// booked is an attempt with what the ledger has for it, corrections included.
type booked struct {
	call      string
	attempt   int
	amount    int64
	estimated bool
}

// guess is what to book for an attempt that we only estimated.
func (b booked) guess(more int64) []part {
	if !b.estimated {
		return nil
	}
	return []part{{b.call, b.attempt, more}}
}

const selectBooked = `
select a.provider_request, a.call_id::text, a.attempt, a.estimated, coalesce(sum(e.amount_nano_usd), 0)::bigint
from inference_attempt a
left join ledger_entry e on e.tenant_id = a.tenant_id and e.call_id = a.call_id and e.attempt = a.attempt and e.kind <> 'reserve'
where a.tenant_id = $1 and a.provider = $2 and a.provider_request = any($3)
group by a.provider_request, a.call_id, a.attempt, a.estimated order by a.call_id, a.attempt`

const selectBookedDays = `
select (e.at at time zone 'UTC')::date, a.model, sum(e.amount_nano_usd)::bigint
from ledger_entry e join inference_attempt a on a.tenant_id = e.tenant_id and a.call_id = e.call_id and a.attempt = e.attempt
where e.tenant_id = $1 and e.provider = $2 and e.kind <> 'reserve' and e.at >= $3 and e.at < $4 and a.provider_request <> all($5)
group by 1, 2 having sum(e.amount_nano_usd) <> 0`

const selectUnbilled = `
select a.provider_request, a.call_id::text, a.attempt, a.estimated, coalesce(sum(e.amount_nano_usd), 0)::bigint
from inference_attempt a
join ledger_entry e on e.tenant_id = a.tenant_id and e.call_id = a.call_id and e.attempt = a.attempt and e.kind <> 'reserve'
where a.tenant_id = $1 and a.provider = $2 and e.at >= $3 and e.at < $4
group by a.provider_request, a.call_id, a.attempt, a.estimated having sum(e.amount_nano_usd) <> 0 order by a.call_id, a.attempt`

// Reconcile compares a provider's invoice with what was booked for it. Lines
// with a request are compared one by one, and what was booked on the days that
// they name, but is not among them, is unbilled; lines without are compared by
// day (UTC) and model.
func Reconcile(ctx context.Context, tx pgx.Tx, tenantID, provider string, lines []InvoiceLine) (Reconciliation, error) {
	out := Reconciliation{Lines: len(lines)}
	byRequest := map[string]InvoiceLine{}
	byDay := map[dayOf]InvoiceLine{}
	var first, last time.Time
	for _, l := range lines {
		out.Invoiced += l.Amount
		if !l.Day.IsZero() && (first.IsZero() || l.Day.Before(first)) {
			first = l.Day
		}
		if l.Day.After(last) {
			last = l.Day
		}
		if l.RequestID == "" {
			at := dayOf{l.Day.Format(time.DateOnly), l.Model}
			l.Amount += byDay[at].Amount
			byDay[at] = l
			continue
		}
		l.Amount += byRequest[l.RequestID].Amount // input and output may be lines of their own
		byRequest[l.RequestID] = l
	}
	if err := out.requests(ctx, tx, tenantID, provider, byRequest); err != nil {
		return out, err
	}
	if first.IsZero() {
		return out, nil
	}
	to := last.AddDate(0, 0, 1)
	if len(byDay) > 0 {
		named := slices.AppendSeq([]string{}, maps.Keys(byRequest)) // compared already
		if err := out.days(ctx, tx, tenantID, provider, byDay, first, to, named); err != nil {
			return out, err
		}
		return out, out.spread(ctx, tx, tenantID, provider, first, to, named)
	}
	return out, out.unbilled(ctx, tx, tenantID, provider, byRequest, first, to)
}

type dayOf struct{ day, model string }

func (r *Reconciliation) requests(ctx context.Context, tx pgx.Tx, tenantID, provider string, lines map[string]InvoiceLine) error {
	ids := make([]string, 0, len(lines))
	for id := range lines {
		ids = append(ids, id)
	}
	found, err := query(ctx, tx, selectBooked, tenantID, provider, ids)
	if err != nil {
		return err
	}
	for _, id := range sorted(lines) {
		l, all := lines[id], found[id]
		if len(all) == 0 {
			r.Differences = append(r.Differences, Difference{Kind: Unknown, Line: l.Line, RequestID: id, Model: l.Model, Invoiced: l.Amount})
			continue
		}
		sum := int64(0)
		for _, b := range all {
			sum += b.amount
		}
		r.Booked += sum
		if sum == l.Amount {
			continue
		}
		last := all[len(all)-1] // an id that a provider gives twice is compared in one
		r.Differences = append(r.Differences, Difference{
			Kind: Differs, Line: l.Line, RequestID: id, Model: l.Model, CallID: last.call, Attempt: last.attempt,
			Invoiced: l.Amount, Booked: sum, Estimated: last.estimated, parts: last.guess(l.Amount - sum),
		})
	}
	return nil
}

func (r *Reconciliation) days(ctx context.Context, tx pgx.Tx, tenantID, provider string, lines map[dayOf]InvoiceLine, from, to time.Time, named []string) error {
	rows, err := tx.Query(ctx, selectBookedDays, tenantID, provider, from, to, named)
	if err != nil {
		return fmt.Errorf("add up what was booked: %w", err)
	}
	defer rows.Close()
	sums := map[dayOf]int64{}
	for rows.Next() {
		var day time.Time
		var at dayOf
		var sum int64
		if err := rows.Scan(&day, &at.model, &sum); err != nil {
			return fmt.Errorf("add up what was booked: %w", err)
		}
		at.day = day.Format(time.DateOnly)
		sums[at] = sum
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("add up what was booked: %w", err)
	}
	for at, l := range lines {
		sum, known := sums[at]
		r.Booked += sum
		switch {
		case !known && l.Amount != 0:
			r.Differences = append(r.Differences, Difference{Kind: Unknown, Line: l.Line, Day: at.day, Model: at.model, Invoiced: l.Amount})
		case sum != l.Amount:
			r.Differences = append(r.Differences, Difference{Kind: Differs, Line: l.Line, Day: at.day, Model: at.model, Invoiced: l.Amount, Booked: sum})
		}
	}
	for at, sum := range sums {
		if _, ok := lines[at]; !ok {
			r.Differences = append(r.Differences, Difference{Kind: Unbilled, Day: at.day, Model: at.model, Booked: sum})
		}
	}
	sortDifferences(r.Differences)
	return nil
}

func (r *Reconciliation) unbilled(ctx context.Context, tx pgx.Tx, tenantID, provider string, lines map[string]InvoiceLine, from, to time.Time) error {
	found, err := query(ctx, tx, selectUnbilled, tenantID, provider, from, to)
	if err != nil {
		return err
	}
	for _, id := range sorted(found) {
		if _, ok := lines[id]; ok {
			continue
		}
		for _, b := range found[id] {
			d := Difference{Kind: Unbilled, RequestID: id, CallID: b.call, Attempt: b.attempt, Booked: b.amount, Estimated: b.estimated}
			if id != "" { // without one it may be a line that the ledger does not know
				d.parts = b.guess(-b.amount)
			}
			r.Differences = append(r.Differences, d)
		}
	}
	return nil
}

func query(ctx context.Context, tx pgx.Tx, sql string, args ...any) (map[string][]booked, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("look for what was booked: %w", err)
	}
	defer rows.Close()
	out := map[string][]booked{}
	for rows.Next() {
		var id string
		var b booked
		if err := rows.Scan(&id, &b.call, &b.attempt, &b.estimated, &b.amount); err != nil {
			return nil, fmt.Errorf("look for what was booked: %w", err)
		}
		out[id] = append(out[id], b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for what was booked: %w", err)
	}
	return out, nil
}
