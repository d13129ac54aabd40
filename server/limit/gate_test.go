package limit_test

import (
	"context"
	"slices"
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

// both serve one model; the first is asked first.
type both struct{ asked []string }

func (b *both) Candidates(context.Context, broker.Query) (broker.Route, error) {
	return broker.Route{Deployments: []broker.Deployment{
		{ID: "d1", Client: scripted{b, "d1"}}, {ID: "d2", Client: scripted{b, "d2"}, Priority: 1},
	}}, nil
}

func (*both) Models(context.Context) ([]llm.Model, error) { return nil, nil }

type scripted struct {
	*both
	name string
}

func (s scripted) Chat(context.Context, llm.ChatRequest, func(llm.Delta) error) (llm.Completion, error) {
	s.asked = append(s.asked, s.name)
	return llm.Completion{Text: "a", Finish: llm.FinishStop}, nil
}

func (scripted) Embed(context.Context, llm.EmbedRequest) (llm.Embeddings, error) {
	return llm.Embeddings{}, nil
}

// TestALimitOfADeploymentSendsElsewhere is the limiter with a real broker.
func TestALimitOfADeploymentSendsElsewhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		holder limit.Holder
		want   fault.Code
		asked  []string
	}{
		"of one deployment": {limit.OfDeployment, "", []string{"d1", "d2"}},
		"of the key":        {limit.OfKey, fault.RateLimited, []string{"d1"}},
	} {
		route := &both{}
		holds := map[limit.Holder]string{limit.OfDeployment: "d1", limit.OfKey: who.KeyID}[tt.holder]
		gate := limit.Gate{Limits: newLimiter(t, limit.NewMemory(nil), limit.Rule{ID: "r", Holder: tt.holder, Holds: holds, Measure: limit.Requests, Amount: 1, Window: time.Hour})}
		b, err := broker.New(broker.Config{Routes: route, Gate: gate, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		var last error
		for range 2 {
			_, last = b.Chat(asCaller(t), llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "hi"}}}, nil)
		}
		if fault.CodeOf(last) != tt.want || !slices.Equal(route.asked, tt.asked) {
			t.Errorf("%s: %v after asking %v", name, last, route.asked)
		}
	}
}
