// Package ledger books what each model call cost.
package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/llm"
)

// Price is what a deployment charges for a call, and where that is known from.
type Price struct {
	catalog.Price
	Known   bool   // false: the cost is unknown, which is not zero
	Version string // where the price is from; empty when it is unknown
}

// Cost is the price of u in nano US dollars, 0 when no price is known.
func (p Price) Cost(u llm.Usage) int64 {
	if !p.Known {
		return 0
	}
	return p.Price.Cost(u)
}

// Kind is what an entry does.
type Kind string

// Reserve holds back the worst case before a call, Release gives it back and
// Settle books the real cost. Calls are settled without a reservation for now.
const (
	Reserve Kind = "reserve"
	Settle  Kind = "settle"
	Release Kind = "release"
)

// Entry is one line of the ledger. Empty UserID and KeyID are null.
type Entry struct {
	ID, CallID    string
	Kind          Kind
	At            time.Time
	UserID, KeyID string
	Model         string
	Deployment    string
	Usage         llm.Usage
	AmountNanoUSD int64
	PriceVersion  string
	Unpriced      bool
}

const insertEntry = `
insert into ledger_entry (tenant_id, id, call_id, kind, at, user_id, key_id, model, deployment,
    input_tokens, cached_tokens, output_tokens, amount_nano_usd, price_version, unpriced, estimated)
values ($1, $2, $3, $4, $5, nullif($6, '')::uuid, nullif($7, '')::uuid, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict do nothing`

// Book queues the entry in a batch of the tenant's transaction. An entry that
// is there already is left as it is: one call is settled once.
func Book(b *pgx.Batch, tenantID string, e Entry) {
	b.Queue(insertEntry, tenantID, e.ID, e.CallID, e.Kind, e.At, e.UserID, e.KeyID, e.Model, e.Deployment,
		e.Usage.Input, e.Usage.Cached, e.Usage.Output, e.AmountNanoUSD, e.PriceVersion, e.Unpriced, e.Usage.Estimated)
}

const selectSpend = `
select coalesce(sum(amount_nano_usd), 0)::bigint, count(*) from ledger_entry
where tenant_id = $1 and (user_id = nullif($2, '')::uuid or key_id = nullif($3, '')::uuid) and at >= $4 and kind = 'settle'`

// Spend is what the settled calls of a user or of a key cost since then, and
// how many they were. One of userID and keyID is empty.
func Spend(ctx context.Context, tx pgx.Tx, tenantID, userID, keyID string, since time.Time) (nanoUSD int64, calls int, err error) {
	err = tx.QueryRow(ctx, selectSpend, tenantID, userID, keyID, since).Scan(&nanoUSD, &calls)
	if err != nil {
		return 0, 0, fmt.Errorf("add up spend: %w", err)
	}
	return nanoUSD, calls, nil
}
