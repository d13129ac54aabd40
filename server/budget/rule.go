package budget

import (
	"time"

	"nexusai/server/ledger"
	"nexusai/server/tenant"
)

// Holder is the kind of who a budget is for.
type Holder string

// The kinds of holders.
const (
	OfTenant       Holder = "tenant"
	OfTeam         Holder = "team"
	OfUser         Holder = "user"
	OfKey          Holder = "key"
	OfConversation Holder = "conversation"
)

// Period is how long a budget lasts before it begins anew.
type Period string

// The periods; days and months are those of the tenant's time zone.
const (
	Daily   Period = "day"
	Monthly Period = "month"
	Total   Period = "total"
)

// Budget is what a holder may spend in a period.
type Budget struct {
	ID       string
	Holder   Holder
	HolderID string // empty: each one for itself, or the tenant
	Period   Period
	Limit    int64  // nano US dollars
	Contact  string // whom to ask for more
	// Unpriced says what holds for calls whose price nobody knows.
	Unpriced tenant.Unpriced
	Source   string // "console" or "file"
	Created  time.Time
}

// The bounds of a period without end: what Postgres and Go both hold.
var (
	always = time.Unix(0, 0).UTC()
	never  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// Span is the period that holds at: its first moment and the first after it.
func (p Period) Span(at time.Time, zone *time.Location) (from, to time.Time) {
	local := at.In(zone)
	y, m, d := local.Date()
	switch p {
	case Daily:
		return begin(y, m, d, zone), begin(y, m, d+1, zone)
	case Monthly:
		return begin(y, m, 1, zone), begin(y, m+1, 1, zone)
	case Total:
	}
	return always, never
}

// begin is the first moment of a day. Where clocks are put forward at midnight
// there is no midnight, and where they are put back just after it there are two.
func begin(y int, m time.Month, d int, zone *time.Location) time.Time {
	day := time.Date(y, m, d, 12, 0, 0, 0, zone).YearDay()
	at := time.Date(y, m, d, 0, 0, 0, 0, zone) // of two either, and for none a moment near by
	changed, changes := at.ZoneBounds()
	if at.YearDay() != day {
		return changes.UTC()
	}
	if changed.IsZero() {
		return at.UTC()
	}
	_, before := changed.Add(-1).Zone()
	first := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Add(-time.Duration(before) * time.Second)
	if first.Before(at) && first.In(zone).YearDay() == day {
		return first
	}
	return at.UTC()
}

// Who spends.
type Who struct {
	TenantID, UserID, KeyID, ConversationID string
}

// place is a subject's period of a budget: what a slice is of.
type place struct {
	tenant, budget, subject string
	from                    int64 // Unix seconds
}

// share is a place with what is known of its budget.
type share struct {
	place
	budget   Budget
	from, to time.Time
}

func (s share) claim() ledger.Claim {
	return ledger.Claim{Budget: s.place.budget, Subject: s.subject, From: s.from}
}

// subjects are all that who's spending counts against, tenant first.
func (p *page) subjects(who Who) []string {
	out := []string{who.TenantID}
	for _, id := range []string{who.UserID, who.KeyID, who.ConversationID} {
		if id != "" {
			out = append(out, id)
		}
	}
	return append(out, p.teams[who.UserID]...)
}

// shares are the budgets that bind who at a moment.
func (p *page) shares(who Who, at time.Time) []share {
	var out []share
	for _, budget := range p.budgets {
		from, to := budget.Period.Span(at, p.zone)
		for _, subject := range p.holders(budget, who) {
			out = append(out, share{place{who.TenantID, budget.ID, subject, from.Unix()}, budget, from, to})
		}
	}
	return out
}

// holders are those of a budget's kind that who is or belongs to, and that the
// budget is for.
func (p *page) holders(b Budget, who Who) []string {
	var mine []string
	switch b.Holder {
	case OfTenant:
		return []string{who.TenantID}
	case OfTeam:
		mine = p.teams[who.UserID]
	case OfUser:
		mine = []string{who.UserID}
	case OfKey:
		mine = []string{who.KeyID}
	case OfConversation:
		mine = []string{who.ConversationID}
	}
	var out []string
	for _, id := range mine {
		if id != "" && (b.HolderID == "" || b.HolderID == id) {
			out = append(out, id)
		}
	}
	return out
}
