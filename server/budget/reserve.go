package budget

import (
	"context"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/server/ledger"
)

// maxRounds is how often a caller asks the database before it is told no.
const maxRounds = 3

// Hold is money held back for one attempt. nil is not valid.
type Hold struct {
	Amount   int64          // nano US dollars; what was asked at most when nothing binds
	At       time.Time      // when; the budgets' periods are those of this moment
	Bound    bool           // a budget binds it
	Subjects []string       // whose budgets it counts against
	Claims   []ledger.Claim // where it is held

	budgets *Budgets
	once    sync.Once
	slices  []*slice
}

// Reserve holds back between least and most in every budget that binds who, as
// much as there is. A refusal is fault.QuotaSpent and says which budget it was,
// when it begins anew and whom to ask; then nothing is held.
func (b *Budgets) Reserve(ctx context.Context, who Who, least, most int64) (*Hold, error) {
	p, err := b.page(ctx, who.TenantID)
	if err != nil {
		return nil, unavailable(err)
	}
	now := b.Now().UTC().Truncate(time.Microsecond) // what Postgres keeps
	h := &Hold{Amount: most, At: now, Subjects: p.subjects(who), budgets: b}
	shares := p.shares(who, now)
	if len(shares) == 0 || most <= 0 {
		return h, nil
	}
	h.Bound = true
	for round := 1; ; round++ {
		short := b.take(h, shares, least, most, now, round == maxRounds)
		if len(short) == 0 {
			return h, nil
		}
		if round == maxRounds {
			return nil, b.refuse(p, short[0], who, now)
		}
		for _, s := range short {
			if err := b.exchange(ctx, s, least, most); err != nil {
				return nil, unavailable(err)
			}
		}
		if poor := b.take(h, shares, least, most, now, true); len(poor) == 0 {
			return h, nil
		} else if s := b.empty(poor, least, now); s != nil {
			return nil, b.refuse(p, s, who, now)
		}
	}
}

// take reserves in all shares at once, or returns those that have too little:
// less than most, or when that is all there is (last), less than least.
func (b *Budgets) take(h *Hold, shares []share, least, most int64, now time.Time, last bool) []*slice {
	b.mu.Lock()
	defer b.mu.Unlock()
	amount := most
	var all, short []*slice
	for _, at := range shares {
		s := b.slices[at.place]
		if s == nil {
			s = &slice{share: at}
			b.slices[at.place] = s
		}
		s.used = now
		s.budget = at.budget // its limit may have changed
		all = append(all, s)
		free := s.free()
		amount = min(amount, free)
		if free < most && !last || free < least {
			short = append(short, s)
		}
	}
	if len(short) > 0 {
		return short
	}
	h.Amount, h.slices = amount, all
	for _, s := range all {
		s.reserved += amount
		h.Claims = append(h.Claims, s.claim())
	}
	return nil
}

// empty is the slice that the database had nothing more for just now, if there
// is one.
func (b *Budgets) empty(poor []*slice, least int64, now time.Time) *slice {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range poor {
		if b.closed || now.Before(s.refused.until) && least-max(s.free(), 0) >= s.refused.least {
			return s
		}
	}
	return nil
}

// Settle ends the hold with what the attempt cost; the rest is free again. Only
// the first time counts.
func (h *Hold) Settle(cost int64) {
	h.once.Do(func() {
		b := h.budgets
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, s := range h.slices {
			s.reserved -= h.Amount
			s.spent += cost
		}
	})
}

func unavailable(err error) error {
	f := fault.From(err)
	if f.Code != fault.Internal && f.Code != fault.Timeout && f.Code != fault.Unavailable {
		return err
	}
	out := fault.New(fault.Unavailable, "Whether your budget allows this cannot be found out right now.", err)
	out.RetryAfter = time.Second
	return out
}
