package fleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

const (
	maxPrices = 20_000 // set by hand, of one tenant, over all time
	ahead     = 366 * 24 * time.Hour
	slack     = time.Minute // between the clock of who asks and ours
)

// SetPrice sets a price from a moment on. What was booked before stays as it is.
func (f *Fleet) SetPrice(ctx context.Context, tenant string, actor audit.Actor, n httpapi.NewPriceOverride) (httpapi.PricedModel, error) {
	of := priced{strings.ToLower(n.ProviderID), n.Upstream}
	o := override{rates: n.Rates, withdrawn: n.Withdrawn, note: n.Note}
	now := f.Now().UTC()
	o.from = now
	if n.ValidFrom != nil {
		o.from = n.ValidFrom.UTC()
	}
	switch {
	case !name(n.Upstream) || !shown(n.Note):
		return httpapi.PricedModel{}, fault.New(fault.BadRequest, "A model needs a name that can be shown.", nil).At("body.upstream")
	case n.Withdrawn && n.Rates != (httpapi.Rates{}):
		return httpapi.PricedModel{}, fault.New(fault.BadRequest, "A price that is withdrawn has no parts.", nil).At("body.withdrawn")
	case !n.Withdrawn && n.Rates == (httpapi.Rates{}):
		return httpapi.PricedModel{}, fault.New(fault.BadRequest, "A price needs at least one part.", nil).At("body.input_nano_usd")
	case o.from.Before(now.Add(-slack)):
		return httpapi.PricedModel{}, fault.New(fault.BadRequest, "A price cannot begin in the past: what was booked stays booked.", nil).At("body.valid_from")
	case o.from.After(now.Add(ahead)):
		return httpapi.PricedModel{}, fault.New(fault.BadRequest, "A price begins within a year.", nil).At("body.valid_from")
	}
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		s, p, err := locked(ctx, tx, tenant, of.vendor)
		if err != nil {
			return err
		}
		return change{f: f, tx: tx, tenant: tenant, actor: actor, snap: s}.price(ctx, p, of, o)
	})
	if err != nil {
		return httpapi.PricedModel{}, err
	}
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.PricedModel{}, err
	}
	p := s.find(of.vendor)
	if p == nil {
		return httpapi.PricedModel{}, notFound()
	}
	return f.pricedModel(s, p, of), nil
}

// price adds an override and its audit entry.
func (c change) price(ctx context.Context, p *vendor, of priced, o override) error {
	total := 0
	for _, all := range c.snap.prices {
		total += len(all)
	}
	if total >= maxPrices {
		return fault.New(fault.Conflict, "There are as many prices set as there can be.", nil)
	}
	o.id, o.created = newID(), c.f.Now().UTC()
	var err error
	if o.by, err = c.who(ctx); err != nil {
		return err
	}
	if err := storePrice(ctx, c.tx, c.tenant, of, o); err != nil {
		return err
	}
	c.snap.prices[of] = append([]override{o}, c.snap.prices[of]...)
	facts := map[string]string{"valid_from": o.from.Format(time.RFC3339), "price": o.String()}
	return audit.Append(ctx, c.tx, entry(c.actor, "price.set", p.id, p.name+" · "+of.upstream, facts))
}

// String names the parts of the price that are set, for the audit.
func (o override) String() string {
	if o.withdrawn {
		return "the catalogue's"
	}
	var out []string
	names := strings.FieldsFunc(ratesColumns, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	for i, at := range columns(&o.rates) {
		if nano := *at.(**int64); nano != nil {
			out = append(out, fmt.Sprintf("%s %d", names[i], *nano))
		}
	}
	return strings.Join(out, ", ")
}

const selectWho = `
select coalesce((select coalesce(nullif(name, ''), email::text) from app_user where tenant_id = $1 and id = $2),
    (select name from api_key where tenant_id = $1 and id = $2), '')`

// who is the actor in words.
func (c change) who(ctx context.Context) (string, error) {
	stored := uuid.Validate(c.actor.ID) == nil
	if c.actor.Name != "" || !stored {
		return c.actor.Name, nil
	}
	var who string
	if err := c.tx.QueryRow(ctx, selectWho, c.tenant, c.actor.ID).Scan(&who); err != nil {
		return "", fmt.Errorf("look up who sets a price: %w", err)
	}
	return who, nil
}

// perThousand turns the unit of ProviderModel into the catalogue's (per million).
const perThousand = 1000

// modelPrice sets the price that stands beside a model, unless it holds already.
func (c change) modelPrice(ctx context.Context, p *vendor, m httpapi.ProviderModel) error {
	of, now := priced{p.id, m.Upstream}, c.f.Now().UTC()
	have, set := c.snap.inForce(of, now)
	if m.InputNanoUSD == nil && m.OutputNanoUSD == nil {
		if !set {
			return nil
		}
		return c.price(ctx, p, of, override{from: now, withdrawn: true})
	}
	in, out := value(m.InputNanoUSD), value(m.OutputNanoUSD)
	if set && value(have.rates.InputNanoUSD)/perThousand == in && value(have.rates.OutputNanoUSD)/perThousand == out {
		return nil
	}
	const most = 1 << 53 / perThousand // what JSON carries exactly
	if in > most || out > most {
		return fault.New(fault.BadRequest, "The price is too high.", nil).At("body.models")
	}
	in, out = in*perThousand, out*perThousand
	return c.price(ctx, p, of, override{from: now, rates: httpapi.Rates{InputNanoUSD: &in, OutputNanoUSD: &out}})
}
