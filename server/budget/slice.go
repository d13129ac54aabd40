package budget

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
)

// slice is this process's part of a share. Its amounts only count while known:
//
//	granted  all that was ever lent to this process here, less what it gave back
//	spent    all that it ever settled
//	reserved what its calls in flight may still cost
//
// granted is never more than the database has, so that what it cannot tell for
// sure (a commit that was not answered) makes it poorer and never richer.
type slice struct {
	share
	turn sync.Mutex // one exchange at a time; not held with Budgets.mu

	// Guarded by Budgets.mu.
	known                    bool
	granted, spent, reserved int64
	used                     time.Time // when it was last asked
	wanted                   bool      // another process starves
	gone                     bool      // the budget was deleted
	refused                  refusal   // the last time there was too little
}

// refusal is how a budget stood when it had too little.
type refusal struct {
	until time.Time // asking again before is of no use
	least int64     // for so much more
	whole int64     // for so much, with what was free here
	spent int64     // of all processes, for good
	limit int64
}

// free is what may be reserved here without asking.
func (s *slice) free() int64 {
	switch {
	case s.gone:
		return 1 << 62
	case !s.known:
		return -1
	}
	return s.granted - s.spent - s.reserved
}

// nearly: of a budget that refuses calls, less than this part of it is as good as
// nothing. With more left only the call was too dear.
const nearly = 20

const settleQuery = `
select base, granted, used, held, lim
from nexus.budget_settle($1::uuid, $2::uuid, $3, $4, $5::uuid, $6, $7, $8)`

// exchange asks the database for more, at least least beyond what is free and
// better most; with both 0 it gives back all that is free.
func (b *Budgets) exchange(ctx context.Context, s *slice, least, most int64) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	whole := least
	holding, least, most, do := b.prepare(s, least, most)
	if !do {
		return nil
	}
	defer b.settling.Done()
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	var base, granted, used, held, limit *int64
	err := b.DB.Tenant(ctx, s.tenant, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, settleQuery, s.place.budget, s.subject, s.from, s.to, b.Life, holding, least, most).
			Scan(&base, &granted, &used, &held, &limit); err != nil {
			return fmt.Errorf("settle with a budget: %w", err)
		}
		if limit == nil || least == 0 || *granted > *base || *limit-*used >= least || *limit-*used > *limit/nearly {
			return nil
		}
		return b.alert(ctx, tx, audit.System, s.share, "100", *used, *limit) // it is as good as spent, and not only held
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if limit == nil {
		s.gone = true
		return nil
	}
	if !s.known {
		s.known, s.spent = true, *base
	}
	s.granted = *granted
	if least > 0 && *granted == *base {
		s.refused = refusal{until: b.Now().Add(refusedFor), least: least, whole: whole, spent: *used, limit: *limit}
	}
	return nil
}

// prepare says what to ask for. While it waited for its turn another caller may
// have fetched enough, or heard that there is not. What goes back is taken off
// first: if the answer gets lost, it is gone.
func (b *Budgets) prepare(s *slice, least, most int64) (holding *int64, askLeast, askMost int64, do bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	free := max(s.free(), 0)
	if b.closed || s.gone {
		return nil, 0, 0, false
	}
	if most == 0 {
		if !s.known || free == 0 {
			return nil, 0, 0, false
		}
		s.granted -= free
		s.wanted = false
	} else if s.known && (free >= most || b.Now().Before(s.refused.until) && least-free >= s.refused.least) {
		return nil, 0, 0, false
	}
	if s.known {
		holding = new(s.granted)
	}
	b.settling.Add(1)
	if most == 0 {
		return holding, 0, 0, true
	}
	return holding, max(least-free, 0), max(most-free, 0), true
}

// giveBack returns what others starve for, what nobody used for a while, and
// what is left of periods that are over.
func (b *Budgets) giveBack(ctx context.Context) error {
	now := b.Now()
	var due []*slice
	b.mu.Lock()
	for at, s := range b.slices {
		over := !now.Before(s.to)
		switch {
		case s.gone && s.reserved == 0, s.known && s.reserved == 0 && s.free() == 0 && (over || now.Sub(s.used) > idleFor):
			delete(b.slices, at) // nothing of it is ours
		case s.known && s.free() > 0 && (s.wanted || over || now.Sub(s.used) > idleFor):
			due = append(due, s)
		default:
			s.wanted = false
		}
	}
	b.mu.Unlock()
	for _, s := range due {
		if err := b.exchange(ctx, s, 0, 0); err != nil {
			return err
		}
	}
	return nil
}
