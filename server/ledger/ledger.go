// Package ledger books what each model call cost, in double entry.
//
// A line is one transaction over three accounts: what its holder may still
// spend, what is held back, and what the provider is owed. The three changes
// add up to zero. Lines are never changed; what is wrong is corrected by
// another one.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/llm"
)

// Kind is what an entry does.
type Kind string

// Reserve holds back the worst case before an attempt and Settle books its real
// cost and gives the rest back. Correct adds what an invoice says otherwise,
// Lost what nobody knows because a process and its journal are gone.
const (
	Reserve Kind = "reserve"
	Settle  Kind = "settle"
	Correct Kind = "correct"
	Lost    Kind = "lost"
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

// row is an entry as the table's columns have it.
type row struct {
	TenantID       string    `json:"tenant_id"`
	CallID         string    `json:"call_id"`
	Attempt        int       `json:"attempt"`
	Kind           Kind      `json:"kind"`
	N              int       `json:"n"`
	At             time.Time `json:"at"`
	UserID         *string   `json:"user_id"`
	KeyID          *string   `json:"key_id"`
	ConversationID *string   `json:"conversation_id"`
	Subjects       []string  `json:"subjects"`
	Model          string    `json:"model"`
	Deployment     string    `json:"deployment"`
	Provider       string    `json:"provider"`
	Holder         int64     `json:"holder_nano_usd"`
	Reserved       int64     `json:"reserved_nano_usd"`
	Amount         int64     `json:"amount_nano_usd"`
	PriceVersion   string    `json:"price_version"`
	Unpriced       bool      `json:"unpriced"`
	Estimated      bool      `json:"estimated"`
	Usage          usage     `json:"usage"`
	Note           string    `json:"note"`
}

func (e Entry) row(tenantID string) row {
	return row{
		TenantID: tenantID, CallID: e.CallID, Attempt: e.Attempt, Kind: e.Kind, N: e.N, At: e.At,
		UserID: orNull(e.UserID), KeyID: orNull(e.KeyID), ConversationID: orNull(e.ConversationID),
		Subjects: append([]string{}, e.Subjects...), Model: e.Model, Deployment: e.Deployment, Provider: e.Provider,
		Holder: e.Holder, Reserved: e.Reserved, Amount: e.Amount, PriceVersion: e.Price.Ref(), Unpriced: e.Unpriced,
		Estimated: e.Estimated, Usage: usage(e.Usage), Note: e.Note,
	}
}

func orNull(id string) *string {
	if id == "" {
		return nil
	}
	return &id
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
	if err := keepPrices(ctx, tx, tenantID, entries); err != nil {
		return nil, err
	}
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = e.row(tenantID)
	}
	data, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("encode ledger entries: %w", err)
	}
	found, err := tx.Query(ctx, insertEntries, data)
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
