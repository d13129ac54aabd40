package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/llm"
)

// Price is what a deployment charges for a call, and where that is known from.
type Price struct {
	catalog.Price
	Known   bool   // false: the cost is unknown, which is not zero
	Version string // where the price is from; empty when it is unknown
	Paid    bool   // the provider is known to ask for money
}

// Cost is the price of u in nano US dollars, 0 when no price is known.
func (p Price) Cost(u llm.Usage) int64 {
	if !p.Known {
		return 0
	}
	return p.Price.Cost(u)
}

// Ref names the price for ever: where it is from and the hash of its rates.
// Empty when it is unknown.
func (p Price) Ref() string {
	if !p.Known {
		return ""
	}
	return p.Version + "#" + hash(p.rates())
}

// Refs remembers what Price.Ref says: many entries have few prices. Not for
// concurrent use.
type Refs map[Price]string

// Of is p's name.
func (r Refs) Of(p Price) string {
	if !p.Known {
		return ""
	}
	name, known := r[p]
	if !known {
		name = p.Ref()
		r[p] = name
	}
	return name
}

// rates is the price as ledger_price keeps it.
func (p Price) rates() []byte {
	data, _ := json.Marshal(p.Price) // numbers and times: cannot fail
	return data
}

func hash(rates []byte) string {
	sum := sha256.Sum256(rates)
	return hex.EncodeToString(sum[:8])
}

var errForged = errors.New("the stored price is not the one that was charged by")

// stored reads a price back; an error says that it was changed since.
func stored(version string, rates []byte) (Price, error) {
	from, sum, _ := strings.Cut(version, "#")
	if sum != hash(rates) {
		return Price{}, errForged
	}
	p := Price{Known: true, Version: from}
	if err := json.Unmarshal(rates, &p.Price); err != nil {
		return Price{}, fmt.Errorf("read a stored price: %w", err)
	}
	return p, nil
}

const insertPrices = `
insert into ledger_price (tenant_id, version, price)
select $1, version, price::json from unnest($2::text[], $3::text[]) as p(version, price) order by version
on conflict do nothing`

// keepPrices stores what entries were priced by.
func keepPrices(ctx context.Context, tx pgx.Tx, tenantID string, entries []Entry, refs Refs) error {
	var versions, rates []string
	seen := map[string]bool{}
	for _, e := range entries {
		if v := refs.Of(e.Price); v != "" && !seen[v] {
			seen[v] = true
			versions, rates = append(versions, v), append(rates, string(e.Price.rates()))
		}
	}
	if len(versions) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, insertPrices, tenantID, versions, rates); err != nil {
		return fmt.Errorf("keep %d prices: %w", len(versions), err)
	}
	return nil
}
