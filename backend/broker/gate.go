package broker

import (
	"context"
)

// Gate stands before every attempt: it keeps limits and budgets. nil admits
// everything.
type Gate interface {
	// Admit reserves what the attempt can cost at most and takes its place in
	// every limit of the caller in ctx. It does not wait for a commit. A refusal
	// is a fault: RateLimited, QuotaSpent or QuotaUnpriced, with RetryAfter where
	// waiting helps; then nothing was reserved. One at OnlyHere is about this
	// deployment alone: others are asked. After any other RateLimited nobody else
	// is asked, after the two of money only who costs less.
	Admit(ctx context.Context, d Deployment, ask Ask) (Ticket, error)
}

// OnlyHere is the Field of a Gate's refusal that is about one deployment.
// Callers do not see it: they know of no deployments.
const OnlyHere = "deployment"

// Ask is what an attempt is for.
type Ask struct {
	CallID    string // one call, several attempts; Options.CallID
	Attempt   int    // from 1; Attempt.N
	Model     string // as it was asked for
	Operation Capability
	Bound     Bound
}

// Ticket is an admitted attempt.
type Ticket interface {
	// MaxOutput is the limit of output tokens to set because the request sets
	// none and the reservation must have an end; 0: leave it.
	MaxOutput() int
	// Settle ends the attempt; the broker calls it exactly once, before Done, and
	// changes a no more. a.Usage is what the provider reported or, with Estimated,
	// what went out and came in; Settle keeps it below the reservation. Zero
	// usage: the provider refused or was never reached, and nothing is owed. It
	// must not block.
	Settle(a Attempt)
}

// Follower is a Ticket that hears how much of a stream has come, so that it can
// be settled even if this process dies.
type Follower interface {
	// Came says how many bytes of text, reasoning and tool arguments there are so
	// far. It is called for each piece, and must not block.
	Came(bytes int)
}

// noGate admits everything.
type noGate struct{}

func (noGate) Admit(context.Context, Deployment, Ask) (Ticket, error) { return noTicket{}, nil }

type noTicket struct{}

func (noTicket) MaxOutput() int { return 0 }
func (noTicket) Settle(Attempt) {}

var _ Gate = noGate{}

// Place is a deployment with one of its keys: where a conversation's prompt
// cache lives, and who can open the reasoning that was sealed there.
type Place struct{ Deployment, Key string }

// Options are what a caller inside the product says beside its request.
type Options struct {
	CallID   string // names the call in log, ledger and journal; the broker makes none up
	Affinity string // a conversation's id: stay where its prompt cache lives
	Home     Place  // who said what the request goes on from; zero: nobody, or not known
	Strict   bool   // refuse rather than lose something in translation
	// Bound of the request; the zero value is computed from it.
	Bound Bound
}
