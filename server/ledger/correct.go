package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const selectSettled = `
select e.at, coalesce(e.user_id::text, ''), coalesce(e.key_id::text, ''), coalesce(e.conversation_id::text, ''), e.subjects::text[],
    e.model, e.deployment, e.provider,
    (select count(*) from ledger_entry c where c.tenant_id = e.tenant_id and c.call_id = e.call_id and c.attempt = e.attempt and c.kind = 'correct')
from ledger_entry e
where e.tenant_id = $1 and e.call_id = $2 and e.attempt = $3 and e.kind = 'settle'`

// part is what to book for one attempt to make it what an invoice says.
type part struct {
	call    string
	attempt int
	more    int64
}

// Correct books, for what we estimated, what the invoice says instead, and marks
// those differences. It returns the new lines, which budgets have to hear of.
// What the provider counted itself is left for people to settle.
//
// Of a line for a model's day the difference is spread over the calls of it that
// we estimated, in proportion to what was booked for each: the day's sum is then
// the invoice's. That is done only where it can be true, which is where none of
// them gets below nothing or above what was held for it.
func (r *Reconciliation) Correct(ctx context.Context, tx pgx.Tx, tenantID, note string) ([]Entry, error) {
	var lines []Entry
	for i := range r.Differences {
		d := &r.Differences[i]
		for _, p := range d.parts {
			e, found, err := p.entry(ctx, tx, tenantID, note)
			if err != nil {
				return nil, err
			}
			if found {
				lines = append(lines, e)
				d.Corrected = true
			}
		}
	}
	return Book(ctx, tx, tenantID, lines)
}

// entry is the line that corrects p's attempt; false when nothing was settled.
func (p part) entry(ctx context.Context, tx pgx.Tx, tenantID, note string) (e Entry, found bool, err error) {
	e = Entry{CallID: p.call, Attempt: p.attempt, Kind: Correct, Amount: p.more, Holder: -p.more, Note: note}
	err = tx.QueryRow(ctx, selectSettled, tenantID, p.call, p.attempt).
		Scan(&e.At, &e.UserID, &e.KeyID, &e.ConversationID, &e.Subjects, &e.Model, &e.Deployment, &e.Provider, &e.N)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("look for a settlement: %w", err)
	}
	e.N++
	return e, true, nil
}

const selectEstimated = `
select (e.at at time zone 'UTC')::date, a.model, a.call_id::text, a.attempt, sum(e.amount_nano_usd)::bigint, a.reserved_nano_usd
from ledger_entry e join inference_attempt a on a.tenant_id = e.tenant_id and a.call_id = e.call_id and a.attempt = e.attempt
where e.tenant_id = $1 and e.provider = $2 and e.kind <> 'reserve' and e.at >= $3 and e.at < $4 and a.provider_request <> all($5) and a.estimated
group by 1, 2, 3, 4, 6 order by 3, 4`

// guessed is an attempt that we estimated.
type guessed struct {
	part
	amount, held int64
}

// spread finds for the differences of days what Correct books.
func (r *Reconciliation) spread(ctx context.Context, tx pgx.Tx, tenantID, provider string, from, to time.Time, named []string) error {
	rows, err := tx.Query(ctx, selectEstimated, tenantID, provider, from, to, named)
	if err != nil {
		return fmt.Errorf("look for what was estimated: %w", err)
	}
	found := map[dayOf][]guessed{}
	var day time.Time
	var model string
	var g guessed
	_, err = pgx.ForEachRow(rows, []any{&day, &model, &g.call, &g.attempt, &g.amount, &g.held}, func() error {
		at := dayOf{day.Format(time.DateOnly), model}
		found[at] = append(found[at], g)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for what was estimated: %w", err)
	}
	for i := range r.Differences {
		d := &r.Differences[i]
		if all := found[dayOf{d.Day, d.Model}]; d.Kind == Differs && len(all) > 0 {
			d.Estimated, d.parts = true, proportion(all, d.Invoiced-d.Booked)
		}
	}
	return nil
}

// proportion spreads more over what was estimated; nil when that cannot be true.
func proportion(all []guessed, more int64) []part {
	sum := big.NewInt(0)
	for _, g := range all {
		sum.Add(sum, big.NewInt(g.amount))
	}
	if sum.Sign() <= 0 {
		return nil
	}
	out := make([]part, 0, len(all))
	so, given := big.NewInt(0), int64(0) // so far, of sum and of more, so that no rounding adds up
	for _, g := range all {
		so.Add(so, big.NewInt(g.amount))
		upTo := new(big.Int).Mul(so, big.NewInt(more))
		g.more = upTo.Quo(upTo, sum).Int64() - given
		given += g.more
		if now := g.amount + g.more; now < 0 || now > g.held {
			return nil
		}
		if g.more != 0 {
			out = append(out, g.part)
		}
	}
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortDifferences(all []Difference) {
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Model, b.Model))
	})
}
