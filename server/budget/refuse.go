package budget

import (
	"fmt"
	"strings"
	"time"

	"nexusai/backend/fault"
)

// bound is the refusal for programs.
func (p *page) bound(at share, who Who, limit int64) *fault.Bound {
	b := &fault.Bound{
		Kind: "budget", Holder: string(at.budget.Holder), Period: string(at.budget.Period), Amount: limit, Zone: p.zone.String(), Contact: at.budget.Contact,
		Name: p.names[at.subject],
	}
	if at.budget.Holder == OfUser && who.KeyID != "" {
		b.Holder = "maker"
	}
	if at.budget.Period != Total {
		resets := at.to.In(p.zone)
		b.ResetsAt = &resets
	}
	return b
}

// refuse says which budget has too little, when it begins anew and whom to ask.
func (b *Budgets) refuse(p *page, s *slice, who Who, now time.Time) error {
	b.mu.Lock()
	r, at := s.refused, s.share
	b.mu.Unlock()
	limit := r.limit
	if limit == 0 {
		limit = at.budget.Limit
	}
	what := fmt.Sprintf("The %sbudget of %s (%s) ", map[Period]string{Daily: "daily ", Monthly: "monthly "}[at.budget.Period], p.whose(at, who), dollars(limit))
	f := fault.New(fault.QuotaSpent, what+"is spent.", nil)
	f.Bound = p.bound(at, who, limit)
	var hints []string
	held := limit-r.spent >= r.whole && r.limit > 0 // only held back, by calls in flight
	switch left := limit - r.spent; {
	case held:
		f.Safe = what + "has too little left while other calls are under way."
		f.RetryAfter = time.Second
		f.Bound.Pending = true
		hints = append(hints, "Try again in a moment, or ask for a shorter answer.")
	case left > 0 && r.limit > 0:
		f.Safe = what + "has at most " + dollars(left) + " left, which is too little for this call."
		f.Bound.Left = left
		hints = append(hints, "Ask for a shorter answer.")
	}
	if !held && at.budget.Period != Total {
		f.RetryAfter = at.to.Sub(now).Truncate(time.Second) + time.Second
		hints = append(hints, fmt.Sprintf("It begins anew at %s.", at.to.In(p.zone).Format("2006-01-02 15:04 MST")))
	}
	if at.budget.Contact != "" {
		hints = append(hints, fmt.Sprintf("Ask %s for more.", at.budget.Contact))
	} else {
		hints = append(hints, "Ask an administrator of your organisation for more.")
	}
	return f.WithHint(strings.Join(hints, " "))
}

// whose budget a share is of, said to who spends. Somebody may be in several
// teams, so a team has its name.
func (p *page) whose(at share, who Who) string {
	switch at.budget.Holder {
	case OfTenant:
		return "your organisation"
	case OfTeam:
		return fmt.Sprintf("your team %q", p.names[at.subject])
	case OfUser:
		if who.KeyID != "" {
			return "the person who made this key"
		}
		return "your account"
	case OfKey:
		return "this key"
	case OfConversation:
	}
	return "this conversation"
}
