// Package ledger books what each model call cost, in double entry.
//
// A line is one transaction over three accounts: what its holder may still
// spend, what is held back, and what the provider is owed. The three changes
// add up to zero. Lines are never changed; what is wrong is corrected by
// another one.
package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/llm"
	"nexusai/server/jsonline"
)

// Kind is what an entry does.
type Kind string

// Reserve holds back the worst case before an attempt and Settle books its real
// cost and gives the rest back. Correct adds what an invoice says otherwise.
const (
	Reserve Kind = "reserve"
	Settle  Kind = "settle"
	Correct Kind = "correct"
)

// Entry is one line of the ledger, named by call, attempt, kind and N. Amounts
// are changes in nano US dollars and add up to zero. Empty ids are null.
type Entry struct {
	CallID                        string
	Attempt                       int // from 1; 0 where there is none
	Kind                          Kind
	N                             int // counts several corrections of one attempt
	At                            time.Time
	UserID, KeyID, ConversationID string
	Subjects                      []string // whose budgets it counts against
	Model, Deployment, Provider   string
	Holder, Reserved, Amount      int64 // Amount is what the provider is owed more
	Price                         Price
	Unpriced, Estimated           bool
	Usage                         llm.Usage
	Note                          string

	// Life and Claims say under which budgets the money was held and by which
	// process; they are not stored.
	Life   string
	Claims []Claim
}

// Claim is a place in a budget's period where an attempt's worst case was held.
type Claim struct {
	Budget  string    `json:"b"`
	Subject string    `json:"s"`
	From    time.Time `json:"f"` // the period's start
}

// Settled is the pair of lines of one attempt: what was held back for it, and
// what it cost. What was free and had a known price has none; e says everything
// but kind and amounts.
func Settled(e Entry, reserved, cost int64) []Entry {
	if cost == 0 && !e.Unpriced {
		return nil
	}
	var out []Entry
	if reserved > 0 {
		held := e
		held.Kind, held.Holder, held.Reserved, held.Usage, held.Estimated = Reserve, -reserved, reserved, llm.Usage{}, false
		out = append(out, held)
	}
	e.Kind, e.Holder, e.Reserved, e.Amount = Settle, reserved-cost, -reserved, cost
	return append(out, e)
}

// row appends the entry as the table's columns have it.
func (e *Entry) row(dst []byte, tenantID string, refs Refs) []byte {
	o := jsonline.Open(dst).
		Text("tenant_id", tenantID).Text("call_id", e.CallID).Int("attempt", int64(e.Attempt)).Text("kind", string(e.Kind)).Int("n", int64(e.N)).
		Time("at", e.At).TextOrNull("user_id", e.UserID).TextOrNull("key_id", e.KeyID).TextOrNull("conversation_id", e.ConversationID).
		Texts("subjects", e.Subjects).Text("model", e.Model).Text("deployment", e.Deployment).Text("provider", e.Provider).
		Int("holder_nano_usd", e.Holder).Int("reserved_nano_usd", e.Reserved).Int("amount_nano_usd", e.Amount).
		Text("price_version", refs.Of(e.Price)).Bool("unpriced", e.Unpriced).Bool("estimated", e.Estimated).Key("usage")
	return jsonline.Object(usage(e.Usage).encode(o)).Next().Text("note", e.Note).Close()
}

const columns = `tenant_id, call_id, attempt, kind, n, at, user_id, key_id, conversation_id, subjects, model, deployment, provider,
    holder_nano_usd, reserved_nano_usd, amount_nano_usd, price_version, unpriced, estimated, usage, note`

const insertEntries = `
insert into ledger_entry (` + columns + `)
select ` + columns + ` from json_populate_recordset(null::ledger_entry, $1)
on conflict do nothing
returning call_id::text, attempt, kind, n`

// key names an entry within its tenant.
type key struct {
	call    string
	attempt int
	kind    Kind
	n       int
}

// shareBooking lets whoever begins to count a budget's period wait until what
// is being booked is there (nexus.budget_settle).
const shareBooking = `select pg_advisory_xact_lock_shared(hashtextextended($1::uuid::text, 42))`

// Book stores entries and their prices in a transaction of the tenant, and
// returns those that were not there yet: an attempt is settled once.
func Book(ctx context.Context, tx pgx.Tx, tenantID string, entries []Entry) ([]Entry, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, shareBooking, tenantID); err != nil {
		return nil, fmt.Errorf("begin to book: %w", err)
	}
	refs := Refs{}
	if err := keepPrices(ctx, tx, tenantID, entries, refs); err != nil {
		return nil, err
	}
	rows := []byte("[")
	for i := range entries {
		rows = append(entries[i].row(rows, tenantID, refs), ',')
	}
	found, err := tx.Query(ctx, insertEntries, jsonline.CloseList(rows))
	if err != nil {
		return nil, fmt.Errorf("book %d ledger entries: %w", len(entries), err)
	}
	made, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (k key, err error) {
		err = r.Scan(&k.call, &k.attempt, &k.kind, &k.n)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("book %d ledger entries: %w", len(entries), err)
	}
	fresh := make(map[key]bool, len(made))
	for _, k := range made {
		fresh[k] = true
	}
	var out []Entry
	for _, e := range entries {
		k := key{e.CallID, e.Attempt, e.Kind, e.N}
		if fresh[k] {
			delete(fresh, k) // the same line twice in one batch counts once
			out = append(out, e)
		}
	}
	return out, nil
}

const selectSpend = `
select coalesce((select sum(amount_nano_usd) from ledger_entry
        where tenant_id = $1 and coalesce(key_id, user_id) = coalesce(nullif($3, '')::uuid, nullif($2, '')::uuid) and at >= $4 and kind <> 'reserve'), 0)::bigint,
    (select count(*) from inference_log where tenant_id = $1 and at >= $4
        and (user_id = nullif($2, '')::uuid and $3 = '' or key_id = nullif($3, '')::uuid))`

// Spend is what the calls of a user or of a key cost since then, and how many
// they were, free and failed ones included. One of userID and keyID is empty.
func Spend(ctx context.Context, tx pgx.Tx, tenantID, userID, keyID string, since time.Time) (nanoUSD int64, calls int, err error) {
	err = tx.QueryRow(ctx, selectSpend, tenantID, userID, keyID, since).Scan(&nanoUSD, &calls)
	if err != nil {
		return 0, 0, fmt.Errorf("add up spend: %w", err)
	}
	return nanoUSD, calls, nil
}
