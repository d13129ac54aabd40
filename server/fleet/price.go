package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// priced is what a price is of: a provider's model.
type priced struct{ vendor, upstream string }

// override is a price set by hand, from a moment on.
type override struct {
	id        string
	from      time.Time
	withdrawn bool // the catalogue's holds again
	rates     httpapi.Rates
	note, by  string
	created   time.Time
}

// columns are r's places for ratesColumns.
func columns(r *httpapi.Rates) []any {
	return []any{&r.InputNanoUSD, &r.CachedNanoUSD, &r.CacheWriteNanoUSD, &r.CacheHourNanoUSD, &r.AudioInNanoUSD, &r.OutputNanoUSD,
		&r.ReasoningNanoUSD, &r.AudioOutNanoUSD, &r.CharNanoUSD, &r.MinuteNanoUSD, &r.ImageNanoUSD, &r.SearchNanoUSD}
}

const ratesColumns = `input_nano, cached_nano, cache_write_nano, cache_hour_nano, audio_in_nano, output_nano,
    reasoning_nano, audio_out_nano, char_nano, minute_nano, image_nano, search_nano`

const selectPrices = `
select provider_id::text, upstream, id::text, valid_from, withdrawn, note, created_by, created_at, ` + ratesColumns + `
from price_override where tenant_id = $1 order by valid_from desc, created_at desc, id desc`

func (s *snapshot) readPrices(ctx context.Context, tx pgx.Tx, tenant string) error {
	s.prices = map[priced][]override{}
	rows, err := tx.Query(ctx, selectPrices, tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var of priced
		var o override
		into := append([]any{&of.vendor, &of.upstream, &o.id, &o.from, &o.withdrawn, &o.note, &o.by, &o.created}, columns(&o.rates)...)
		if err := rows.Scan(into...); err != nil {
			return err
		}
		s.prices[of] = append(s.prices[of], o)
	}
	return rows.Err()
}

// inForce is the override that holds at a moment; false: none does.
func (s *snapshot) inForce(of priced, at time.Time) (override, bool) {
	for _, o := range s.prices[of] {
		if !at.Before(o.from) {
			return o, !o.withdrawn
		}
	}
	return override{}, false
}

// price is what a vendor asks for a model at a moment. u decides the tier.
func (f *Fleet) price(s *snapshot, p *vendor, upstream string, u llm.Usage, at time.Time) ledger.Price {
	if o, ok := s.inForce(priced{p.id, upstream}, at); ok {
		return ledger.Price{Price: rates(o.rates), Known: true, Version: "override " + o.id, Paid: p.asks}
	}
	if p.kind == kindLocal {
		return ledger.Price{Known: true, Version: "local"}
	}
	return f.listed(p, upstream, u, at)
}

// listed is the catalogue's price.
func (f *Fleet) listed(p *vendor, upstream string, u llm.Usage, at time.Time) ledger.Price {
	unknown := ledger.Price{Paid: p.asks}
	known, ok := f.Catalog.Model(upstream)
	if !ok || known.Provider != p.sells {
		return unknown
	}
	list, ok := known.PriceAt(at, u.Input)
	if !ok {
		return unknown
	}
	return ledger.Price{Price: list, Known: true, Version: "catalogue " + f.Catalog.Version(), Paid: true}
}

// rates are r as the catalogue has prices.
func rates(r httpapi.Rates) catalog.Price {
	p := catalog.Price{
		InputNano: value(r.InputNanoUSD), CachedNano: value(r.InputNanoUSD), OutputNano: value(r.OutputNanoUSD),
		CacheWriteNano: value(r.CacheWriteNanoUSD), CacheHourNano: value(r.CacheHourNanoUSD), AudioInNano: value(r.AudioInNanoUSD),
		ReasoningNano: value(r.ReasoningNanoUSD), AudioOutNano: value(r.AudioOutNanoUSD), CharNano: value(r.CharNanoUSD),
		MinuteNano: value(r.MinuteNanoUSD), ImageNano: value(r.ImageNanoUSD), SearchNano: value(r.SearchNanoUSD),
	}
	if r.CachedNanoUSD != nil {
		p.CachedNano = *r.CachedNanoUSD
	}
	return p
}

func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// showPrice is a price as the contract has it; parts that cost what their whole
// costs are left out.
func showPrice(p ledger.Price) httpapi.ModelPrice {
	from, _, _ := strings.Cut(p.Version, " ")
	if !p.Known {
		return httpapi.ModelPrice{Source: "unknown"}
	}
	out := httpapi.ModelPrice{Source: from, Version: p.Ref()}
	if from == "local" {
		return out
	}
	out.InputNanoUSD, out.OutputNanoUSD = &p.InputNano, &p.OutputNano
	if p.CachedNano != p.InputNano {
		out.CachedNanoUSD = &p.CachedNano
	}
	for _, part := range []struct {
		into **int64
		nano int64
	}{
		{&out.CacheWriteNanoUSD, p.CacheWriteNano}, {&out.CacheHourNanoUSD, p.CacheHourNano}, {&out.AudioInNanoUSD, p.AudioInNano},
		{&out.ReasoningNanoUSD, p.ReasoningNano}, {&out.AudioOutNanoUSD, p.AudioOutNano}, {&out.CharNanoUSD, p.CharNano},
		{&out.MinuteNanoUSD, p.MinuteNano}, {&out.ImageNanoUSD, p.ImageNano}, {&out.SearchNanoUSD, p.SearchNano},
	} {
		if part.nano != 0 {
			*part.into = &part.nano
		}
	}
	return out
}

// Prices lists what the tenant's models cost, with what was set by hand.
func (f *Fleet) Prices(ctx context.Context, tenant string) ([]httpapi.PricedModel, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := []httpapi.PricedModel{}
	shownAlready := map[priced]bool{}
	for _, p := range s.vendors {
		for _, d := range f.serves(p) {
			of := priced{p.id, d.upstream}
			if !shownAlready[of] {
				shownAlready[of] = true
				out = append(out, f.pricedModel(s, p, of))
			}
		}
	}
	var gone []httpapi.PricedModel // the history of what is no longer offered
	for of := range s.prices {
		if shownAlready[of] {
			continue
		}
		if p := s.find(of.vendor); p != nil {
			gone = append(gone, f.pricedModel(s, p, of))
			continue
		}
		gone = append(gone, httpapi.PricedModel{ProviderID: of.vendor, Upstream: of.upstream, Now: httpapi.ModelPrice{Source: "unknown"}, History: history(s.prices[of])})
	}
	slices.SortFunc(gone, func(a, b httpapi.PricedModel) int {
		return strings.Compare(a.Provider+"\x00"+a.ProviderID+a.Upstream, b.Provider+"\x00"+b.ProviderID+b.Upstream)
	})
	return append(out, gone...), nil
}

func (f *Fleet) pricedModel(s *snapshot, p *vendor, of priced) httpapi.PricedModel {
	out := httpapi.PricedModel{
		ProviderID: p.id, Provider: p.name, Upstream: of.upstream, History: history(s.prices[of]),
		Now: showPrice(f.price(s, p, of.upstream, llm.Usage{}, f.Now())),
	}
	if list := f.listed(p, of.upstream, llm.Usage{}, f.Now()); list.Known {
		shown := showPrice(list)
		out.Catalogue = &shown
	}
	return out
}

func history(all []override) []httpapi.PriceOverride {
	out := make([]httpapi.PriceOverride, 0, len(all))
	for _, o := range all {
		out = append(out, httpapi.PriceOverride{
			ID: o.id, ValidFrom: o.from.UTC(), Rates: o.rates, Withdrawn: o.withdrawn, Note: o.note, CreatedAt: o.created.UTC(), CreatedBy: o.by,
		})
	}
	return out
}

const insertPrice = `
insert into price_override (tenant_id, provider_id, upstream, id, valid_from, withdrawn, note, created_at, created_by, ` + ratesColumns + `)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`

func storePrice(ctx context.Context, tx pgx.Tx, tenant string, of priced, o override) error {
	args := append([]any{tenant, of.vendor, of.upstream, o.id, o.from, o.withdrawn, o.note, o.created, o.by}, columns(&o.rates)...)
	if _, err := tx.Exec(ctx, insertPrice, args...); err != nil {
		return fmt.Errorf("store a price: %w", err)
	}
	return nil
}
