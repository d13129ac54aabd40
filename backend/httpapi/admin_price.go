package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Rates are in nano US dollars: for a million tokens or characters, for a
// minute of sound, and for one picture or search. Where the price of a part is
// absent that of the whole holds (of cached input that of input).
type Rates struct {
	InputNanoUSD      *int64 `json:"input_nano_usd,omitempty" minimum:"0"`
	CachedNanoUSD     *int64 `json:"cached_nano_usd,omitempty" minimum:"0" doc:"input read from the provider's prompt cache"`
	CacheWriteNanoUSD *int64 `json:"cache_write_nano_usd,omitempty" minimum:"0" doc:"input written to it"`
	CacheHourNanoUSD  *int64 `json:"cache_hour_nano_usd,omitempty" minimum:"0" doc:"written to be kept for an hour"`
	AudioInNanoUSD    *int64 `json:"audio_in_nano_usd,omitempty" minimum:"0"`
	OutputNanoUSD     *int64 `json:"output_nano_usd,omitempty" minimum:"0"`
	ReasoningNanoUSD  *int64 `json:"reasoning_nano_usd,omitempty" minimum:"0"`
	AudioOutNanoUSD   *int64 `json:"audio_out_nano_usd,omitempty" minimum:"0"`
	CharNanoUSD       *int64 `json:"char_nano_usd,omitempty" minimum:"0" doc:"for a million characters of speech"`
	MinuteNanoUSD     *int64 `json:"minute_nano_usd,omitempty" minimum:"0" doc:"for a minute of sound transcribed"`
	ImageNanoUSD      *int64 `json:"image_nano_usd,omitempty" minimum:"0" doc:"for a picture made"`
	SearchNanoUSD     *int64 `json:"search_nano_usd,omitempty" minimum:"0" doc:"for a rerank or web search"`
}

// ModelPrice is a price and where it is known from.
type ModelPrice struct {
	Rates
	Source  string `json:"source" enum:"catalogue,override,local,unknown" doc:"local: costs nothing by the token; unknown: not zero but unknown"`
	Version string `json:"version,omitempty" doc:"as in the ledger"`
}

// PriceOverride is a price set by hand. It is never changed: a later one holds
// from its moment on.
type PriceOverride struct {
	ID        string    `json:"id"`
	ValidFrom time.Time `json:"valid_from"`
	Rates
	Withdrawn bool      `json:"withdrawn,omitempty" doc:"from then on the catalogue's price holds again"`
	Note      string    `json:"note,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by" doc:"a user's name or \"operator\""`
}

// PricedModel is a provider's model with its price now and those set by hand.
type PricedModel struct {
	ProviderID string          `json:"provider_id"`
	Provider   string          `json:"provider" doc:"its name; empty when it was removed"`
	Upstream   string          `json:"upstream"`
	Now        ModelPrice      `json:"now"`
	Catalogue  *ModelPrice     `json:"catalogue,omitempty" doc:"what holds without an override"`
	History    []PriceOverride `json:"history" doc:"newest first, those of the future included"`
}

// NewPriceOverride sets a price from a moment on.
type NewPriceOverride struct {
	ProviderID string     `json:"provider_id" format:"uuid"`
	Upstream   string     `json:"upstream" minLength:"1" maxLength:"200"`
	ValidFrom  *time.Time `json:"valid_from,omitempty" doc:"absent: now; not in the past, because what was booked stays booked"`
	Rates
	Withdrawn bool   `json:"withdrawn,omitempty" doc:"true: back to the catalogue's price; then no price may be given"`
	Note      string `json:"note,omitempty" maxLength:"500"`
}

// Prices is implemented by the server.
type Prices interface {
	ListPrices(ctx context.Context) ([]PricedModel, error)
	SetPrice(ctx context.Context, n NewPriceOverride) (PricedModel, error)
}

// RegisterPrices mounts the group.
func RegisterPrices(a *API, s Prices) {
	const tag, root = "admin", "/api/admin/prices"
	add(a, route{id: "list-prices", method: http.MethodGet, path: root, tag: tag, summary: "Prices of the tenant's models, with their history", needs: ReadProviders},
		func(ctx context.Context, _ *Empty) (*body[[]PricedModel], error) { return reply(s.ListPrices(ctx)) })
	add(a, route{id: "set-price", method: http.MethodPost, path: root, tag: tag, summary: "Set a price from a moment on", needs: WriteProviders, status: 201},
		func(ctx context.Context, in *body[NewPriceOverride]) (*body[PricedModel], error) {
			return reply(s.SetPrice(ctx, in.Body))
		})
}
