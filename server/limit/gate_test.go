package limit_test

import (
	"context"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/limit"
)

// purse is a gate that refuses while it is empty, and hears what its tickets do.
type purse struct {
	empty   bool
	came    int
	settled []broker.Attempt
}

func (p *purse) Admit(context.Context, broker.Deployment, broker.Ask) (broker.Ticket, error) {
	if p.empty {
		return nil, fault.New(fault.QuotaSpent, "The budget is spent.", nil)
	}
	return receipt{p}, nil
}

type receipt struct{ *purse }

func (receipt) MaxOutput() int            { return 77 }
func (r receipt) Came(bytes int)          { r.came += bytes }
func (r receipt) Settle(a broker.Attempt) { r.settled = append(r.settled, a) }

func TestWhatTheNextGateRefusesCountsAgainstNoLimit(t *testing.T) {
	t.Parallel()
	next := &purse{empty: true}
	g := limit.Gate{Next: next, Limits: newLimiter(t, limit.NewMemory(nil),
		limit.Rule{ID: "rate", Holder: limit.OfTenant, Measure: limit.Requests, Amount: 1, Window: time.Hour},
		limit.Rule{ID: "now", Holder: limit.OfTenant, Measure: limit.Concurrent, Amount: 1})}
	for range 3 {
		if _, err := g.Admit(asCaller(t), dep, ask); fault.CodeOf(err) != fault.QuotaSpent {
			t.Fatalf("refused with %v", err)
		}
	}
	next.empty = false
	if _, err := g.Admit(asCaller(t), dep, ask); err != nil {
		t.Errorf("the first that may: %v", err)
	}
	if _, err := g.Admit(asCaller(t), dep, ask); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("the second: %v", err)
	}
}

func TestTheNextGateHearsOfItsTicket(t *testing.T) {
	t.Parallel()
	next := &purse{}
	g := limit.Gate{Next: next, Limits: newLimiter(t, limit.NewMemory(nil),
		limit.Rule{ID: "now", Holder: limit.OfTenant, Measure: limit.Concurrent, Amount: 1})}
	for n := 1; n <= 2; n++ { // the second has the first one's place
		ticket, err := g.Admit(asCaller(t), dep, ask)
		if err != nil {
			t.Fatal(err)
		}
		follower, ok := ticket.(broker.Follower)
		if !ok || ticket.MaxOutput() != 77 {
			t.Fatalf("a follower %v, at most %d", ok, ticket.MaxOutput())
		}
		follower.Came(5)
		ticket.Settle(broker.Attempt{N: n, Usage: llm.Usage{Output: 3}})
	}
	if next.came != 10 || len(next.settled) != 2 || next.settled[1].N != 2 {
		t.Errorf("heard %d bytes and %+v", next.came, next.settled)
	}
}
