package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

const selectSettled = `
select e.at, coalesce(e.user_id::text, ''), coalesce(e.key_id::text, ''), coalesce(e.conversation_id::text, ''), e.subjects::text[],
    e.model, e.deployment, e.provider,
    (select count(*) from ledger_entry c where c.tenant_id = e.tenant_id and c.call_id = e.call_id and c.attempt = e.attempt and c.kind = 'correct')
from ledger_entry e
where e.tenant_id = $1 and e.call_id = $2 and e.attempt = $3 and e.kind = 'settle'`

// estimate says that we only guessed an attempt's cost and that the invoice
// knows better: it names the request, or covers its day and does not.
func (d Difference) estimate() bool {
	return d.Estimated && d.CallID != "" && d.RequestID != "" && d.Kind != Unknown
}

// Correct books, for what we estimated, what the invoice says instead, and
// marks those differences. It returns the new lines, which budgets have to
// hear of. What the provider counted itself is left for people to settle.
func (r *Reconciliation) Correct(ctx context.Context, tx pgx.Tx, tenantID, note string) ([]Entry, error) {
	var lines []Entry
	for i := range r.Differences {
		d := &r.Differences[i]
		if !d.estimate() {
			continue
		}
		e := Entry{CallID: d.CallID, Attempt: d.Attempt, Kind: Correct, Note: note}
		rows, err := tx.Query(ctx, selectSettled, tenantID, d.CallID, d.Attempt)
		if err != nil {
			return nil, fmt.Errorf("look for a settlement: %w", err)
		}
		found := rows.Next()
		if found {
			err = rows.Scan(&e.At, &e.UserID, &e.KeyID, &e.ConversationID, &e.Subjects, &e.Model, &e.Deployment, &e.Provider, &e.N)
		}
		rows.Close()
		if err = cmp.Or(err, rows.Err()); err != nil {
			return nil, fmt.Errorf("look for a settlement: %w", err)
		}
		if !found {
			continue
		}
		e.N++
		e.Amount = d.Invoiced - d.Booked
		e.Holder = -e.Amount
		lines = append(lines, e)
		d.Corrected = true
	}
	return Book(ctx, tx, tenantID, lines)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortDifferences(all []Difference) {
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Model, b.Model))
	})
}
