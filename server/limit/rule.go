// Package limit keeps callers within rates: requests, tokens and calls at a
// time.
//
// A rate is a bucket that refills evenly and holds one window's amount. What an
// attempt may use at most is taken before it and what it did not use is given
// back after it; if it used more, the bucket owes. Where the buckets are is the
// Counters' business: in this process, in Redis for all processes exactly, or
// lent out in slices by Postgres, which is coarser.
package limit

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Holder is a kind of thing that has a limit.
type Holder string

// The holders.
const (
	OfTenant     Holder = "tenant"
	OfUser       Holder = "user"
	OfRole       Holder = "role"
	OfKey        Holder = "key"
	OfModel      Holder = "model"
	OfDeployment Holder = "deployment"
)

// Measure is what is limited.
type Measure string

// The measures.
const (
	Requests     Measure = "requests"
	InputTokens  Measure = "input_tokens"
	OutputTokens Measure = "output_tokens"
	Concurrent   Measure = "concurrency" // attempts at a time; its Window is 0
)

// Rule is one limit of a tenant.
type Rule struct {
	ID     string
	Holder Holder
	Holds  string // which one; empty: each of the kind has a limit of its own
	Measure
	Amount int64         // at least 1
	Window time.Duration // in which a bucket refills; 0 for Concurrent
	// FailOpen admits callers while the counters cannot be reached; otherwise
	// they are refused. Either is logged.
	FailOpen bool
}

// claim is what an attempt takes of one rule's bucket.
type claim struct {
	rule Rule
	key  string // names the bucket over all tenants
	cost int64
}

// Claim is what Counters know of it.
type Claim struct {
	Key        string // "TENANT/RULE/HOLDER"
	Cost       int64  // at most Limit
	Limit      int64
	Window     time.Duration
	Concurrent bool
}

func (c claim) shown() Claim {
	return Claim{Key: c.key, Cost: c.cost, Limit: c.rule.Amount, Window: c.rule.Window, Concurrent: c.rule.Measure == Concurrent}
}

// claims are what the rules ask of an attempt.
func claims(rules []Rule, who httpapi.Caller, d broker.Deployment, ask broker.Ask) []claim {
	var out []claim
	for _, r := range rules {
		id := holder(r.Holder, who, d, ask)
		if id == "" || (r.Holds != "" && r.Holds != id) {
			continue
		}
		if r.Holds != "" {
			id = "-" // there is one bucket, and a name may be long
		}
		out = append(out, claim{rule: r, key: strings.Join([]string{who.TenantID, r.ID, id}, "/"), cost: cost(r, ask.Bound)})
	}
	return out
}

// holder is who of the kind the attempt belongs to; empty: nobody.
func holder(kind Holder, who httpapi.Caller, d broker.Deployment, ask broker.Ask) string {
	switch kind {
	case OfTenant:
		return who.TenantID
	case OfUser:
		return who.UserID
	case OfRole:
		return who.Role
	case OfKey:
		return who.KeyID
	case OfModel:
		return ask.Model
	case OfDeployment:
		return cmp.Or(d.Offer, d.ID)
	}
	return ""
}

// cost is what is taken before an attempt. One that may use more than the whole
// limit waits for a full bucket and not for ever.
func cost(r Rule, b broker.Bound) int64 {
	n := int64(1)
	switch r.Measure {
	case InputTokens:
		n = int64(b.Input)
	case OutputTokens:
		n = int64(b.MaxOutput) * int64(max(b.Choices, 1))
	case Requests, Concurrent:
	}
	return min(max(n, 1), r.Amount)
}

// used is what the attempt really took of the rule's bucket.
func used(r Rule, a broker.Attempt) int64 {
	switch r.Measure {
	case InputTokens:
		return int64(a.Usage.Input)
	case OutputTokens:
		return int64(a.Usage.Output)
	case Requests, Concurrent:
	}
	return 1
}

// words say the limit as a refused caller reads it.
func (r Rule) words() string { return r.most() + " for this " + string(r.Holder) }

// most is the limit without whose it is.
func (r Rule) most() string {
	what := map[Measure]string{
		Requests: "requests", InputTokens: "input tokens", OutputTokens: "output tokens", Concurrent: "calls at a time",
	}[r.Measure]
	if r.Measure == Concurrent {
		return fmt.Sprintf("%d %s", r.Amount, what)
	}
	return fmt.Sprintf("%d %s in %s", r.Amount, what, span(r.Window))
}

// bound is words for programs. A place of a concurrency limit is free again
// when a call ends, and nobody knows when that is.
func (r Rule) bound(again time.Time) *fault.Bound {
	b := &fault.Bound{Kind: "limit", Holder: string(r.Holder), Measure: string(r.Measure), Amount: r.Amount}
	if r.Measure != Concurrent {
		again = again.UTC()
		b.Window, b.ResetsAt = int64(r.Window/time.Second), &again
	}
	return b
}

func span(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "a minute"
	case d == time.Hour:
		return "an hour"
	case d == 24*time.Hour:
		return "a day"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%d seconds", d/time.Second)
}
