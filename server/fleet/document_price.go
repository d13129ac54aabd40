package fleet

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"nexusai/backend/httpapi"
)

// declaredPrice is a price that the file sets from a moment on; rates nil: the
// catalogue's again.
type declaredPrice struct {
	line               int
	provider, upstream string
	from               time.Time
	rates              *httpapi.Rates
}

// unit is a part of a price as files name it.
type unit struct {
	name string
	each bool // for one, not for a million
	at   func(*httpapi.Rates) **int64
}

var units = []unit{
	{"input", false, func(r *httpapi.Rates) **int64 { return &r.InputNanoUSD }},
	{"cached_input", false, func(r *httpapi.Rates) **int64 { return &r.CachedNanoUSD }},
	{"cache_write", false, func(r *httpapi.Rates) **int64 { return &r.CacheWriteNanoUSD }},
	{"cache_write_hour", false, func(r *httpapi.Rates) **int64 { return &r.CacheHourNanoUSD }},
	{"audio_input", false, func(r *httpapi.Rates) **int64 { return &r.AudioInNanoUSD }},
	{"output", false, func(r *httpapi.Rates) **int64 { return &r.OutputNanoUSD }},
	{"reasoning", false, func(r *httpapi.Rates) **int64 { return &r.ReasoningNanoUSD }},
	{"audio_output", false, func(r *httpapi.Rates) **int64 { return &r.AudioOutNanoUSD }},
	{"characters", false, func(r *httpapi.Rates) **int64 { return &r.CharNanoUSD }},
	{"minute", true, func(r *httpapi.Rates) **int64 { return &r.MinuteNanoUSD }},
	{"image", true, func(r *httpapi.Rates) **int64 { return &r.ImageNanoUSD }},
	{"search", true, func(r *httpapi.Rates) **int64 { return &r.SearchNanoUSD }},
}

// parseRates reads prices for a million and for one; nil when there are none.
func parseRates(million, each *yaml.Node) (*httpapi.Rates, error) {
	if million == nil && each == nil {
		return nil, nil //nolint:nilnil // no price is no error
	}
	out := &httpapi.Rates{}
	for _, part := range []struct {
		n    *yaml.Node
		each bool
	}{{million, false}, {each, true}} {
		if part.n == nil {
			continue
		}
		var names []string
		for _, u := range units {
			if u.each == part.each {
				names = append(names, u.name)
			}
		}
		fields, err := members(part.n, names...)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			if u.each != part.each || fields[u.name] == nil {
				continue
			}
			if *u.at(out), err = dollars(fields[u.name]); err != nil {
				return nil, err
			}
		}
	}
	if *out == (httpapi.Rates{}) {
		return nil, wrong(firstOf(million, each), "the price has no part")
	}
	return out, nil
}

func firstOf(a, b *yaml.Node) *yaml.Node {
	if a != nil {
		return a
	}
	return b
}

// most is the highest price in nano dollars that JSON carries exactly.
const most = 1 << 53

// dollars turns a decimal of US dollars into nano dollars.
func dollars(n *yaml.Node) (*int64, error) {
	// Only plain decimals: an exponent could ask for gigabytes of digits.
	if n.Kind != yaml.ScalarNode || len(n.Value) > 30 || strings.Trim(n.Value, "0123456789.") != "" {
		return nil, wrong(n, "%q is not a price in US dollars", n.Value)
	}
	amount, ok := new(big.Rat).SetString(n.Value)
	if !ok {
		return nil, wrong(n, "%q is not a price in US dollars", n.Value)
	}
	nano := amount.Mul(amount, big.NewRat(1_000_000_000, 1))
	if !nano.IsInt() || !nano.Num().IsInt64() || nano.Num().Int64() > most {
		return nil, wrong(n, "the price %s has more than nine decimals or is too large", n.Value)
	}
	whole := nano.Num().Int64()
	return &whole, nil
}

// decimal is nano as dollars reads it.
func decimal(nano int64) string {
	text := new(big.Rat).SetFrac64(nano, 1_000_000_000).FloatString(9)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// parsePrices reads prices that begin at a moment.
func (doc *document) parsePrices(n *yaml.Node) error {
	return items(n, func(n *yaml.Node) error {
		p := declaredPrice{line: n.Line}
		fields, err := members(n, "provider", "model", "from", "usd_per_million", "usd_each", "catalogue")
		if err != nil {
			return err
		}
		if p.provider, err = text(fields["provider"]); err != nil {
			return err
		}
		if p.upstream, err = text(fields["model"]); err != nil {
			return err
		}
		from, err := text(fields["from"])
		if err != nil {
			return err
		}
		if p.from, err = time.Parse(time.RFC3339, from); err != nil {
			return wrong(n, "a price needs from: the moment from which it holds, as 2027-01-01T00:00:00Z")
		}
		p.from = p.from.UTC()
		back, err := flag(fields["catalogue"], false)
		if err != nil {
			return err
		}
		if p.rates, err = parseRates(fields["usd_per_million"], fields["usd_each"]); err != nil {
			return err
		}
		if p.provider == "" || !name(p.upstream) || back == (p.rates != nil) {
			return wrong(n, "a price needs a provider, a model, and either usd_per_million, usd_each or catalogue: true")
		}
		if slices.ContainsFunc(doc.prices, func(o declaredPrice) bool {
			return o.provider == p.provider && o.upstream == p.upstream && o.from.Equal(p.from)
		}) {
			return wrong(n, "two prices of %q begin at one moment", p.upstream)
		}
		doc.prices = append(doc.prices, p)
		return nil
	})
}
