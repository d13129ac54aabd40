package broker_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	up "nexusai/backend/provider/openai/openaitest"
)

func refusing(code fault.Code, field string, ids ...string) func(broker.Deployment, broker.Ask) error {
	return func(d broker.Deployment, _ broker.Ask) error {
		for _, id := range ids {
			if d.ID == id {
				f := fault.New(code, "no", nil).At(field)
				f.RetryAfter = time.Minute
				return f
			}
		}
		return nil
	}
}

func TestEveryAttemptIsAskedFor(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		r.deploy(up.Reply(500, `{}`))
		r.deploy(r.way.good("fine"))
		r.gate.limit = 77
		got := r.send()
		r.whole(got, "fine")
		if len(r.gate.asks) != 2 {
			t.Fatalf("asks %+v", r.gate.asks)
		}
		for i, ask := range r.gate.asks {
			if ask.CallID != "call" || ask.Attempt != i+1 || ask.Model != "m" || ask.Operation != broker.CanChat || ask.Bound.Input < 2 || ask.Bound.Choices != 1 || ask.Bound.MaxOutput != 0 {
				t.Errorf("asked %+v", ask)
			}
		}
		var sent struct {
			Max  int `json:"max_tokens"`
			Max2 int `json:"max_completion_tokens"`
		}
		if err := json.Unmarshal(r.ups[1].Requests()[0].Body, &sent); err != nil || sent.Max+sent.Max2 != 77 {
			t.Errorf("a request without a limit went out with %+v", sent)
		}
		if got.report.Attempts[1].MaxOutput != 77 || got.answer != nil && got.answer.MaxOutput != 77 {
			t.Errorf("attempt %+v", got.report.Attempts[1])
		}
	})
}

func TestABudgetThatIsSpentTriesWhoCostsLess(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		for range 3 {
			r.deploy(r.way.good("fine"))
		}
		r.all[0].OutputNano, r.all[1].OutputNano, r.all[2].OutputNano = 100, 200, 50
		r.gate.refuse = refusing(fault.QuotaSpent, "", "a")
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "c cheaper ")
		if x := got.report.Excluded; len(x) != 2 || x[0].Deployment != "a" || x[1].Deployment != "b" || x[0].Reason != broker.ReasonBudget {
			t.Errorf("excluded %+v", x)
		}
	})
}

func TestAGatesRefusalIsTheAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		refuse func(broker.Deployment, broker.Ask) error
		code   fault.Code
	}{
		"nobody costs less":     {refusing(fault.QuotaSpent, "", "a", "b"), fault.QuotaSpent},
		"a limit of the key":    {refusing(fault.RateLimited, "", "a"), fault.RateLimited},
		"limits of both":        {refusing(fault.RateLimited, broker.OnlyHere, "a", "b"), fault.RateLimited},
		"unpriced, all of them": {refusing(fault.QuotaUnpriced, "", "a", "b"), fault.QuotaUnpriced},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, allWays, func(t *testing.T, r *rig) {
				one, two := r.deploy(r.way.good("fine")), r.deploy(r.way.good("fine"))
				r.gate.refuse = c.refuse
				got := r.send()
				if f := fault.From(got.err); f == nil || f.Code != c.code || f.Field != "" || f.RetryAfter != time.Minute || len(got.report.Attempts) != 0 || len(one.Requests())+len(two.Requests()) != 0 {
					t.Errorf("%+v after %v", f, tries(got.report))
				}
			})
		})
	}
}

func TestALimitOfOneDeploymentSendsElsewhere(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		r.deploy(r.way.good("wrong"))
		r.deploy(r.way.good("fine"))
		r.gate.refuse = refusing(fault.RateLimited, broker.OnlyHere, "a")
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "b only ")
	})
}

func TestARescueTheGateRefusesIsAnErrorEvent(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"half"}, up.Cut()))
		two := r.deploy(up.Answer("other"))
		r.gate.refuse = refusing(fault.QuotaSpent, "", "b")
		got := r.send()
		r.broke(got, fault.UpstreamFailed)
		if got.text != "half" || len(two.Requests()) != 0 {
			t.Errorf("%q", got.text)
		}
	})
}

func TestWhoLeavesFreesTheProviderAndSettles(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		var one *up.Upstream
		ctx, leave := context.WithCancel(context.WithoutCancel(t.Context()))
		var left time.Time
		one = r.deploy(r.first([]string{"half"}, func(_ httpWriter, q *httpRequest) {
			left = time.Now()
			leave()
			one.Stall(nil, q)
		}))
		got := r.sendWith(ctx, broker.Options{})
		if !one.WaitGone(5*time.Second) || time.Since(left) > 100*time.Millisecond {
			t.Errorf("freed after %v", time.Since(left))
		}
		if fault.CodeOf(got.err) != fault.Canceled || got.text != "half" || strings.Contains(got.raw, "error") {
			t.Errorf("%v %q", got.err, got.raw)
		}
		if a := got.report.Attempts; len(a) != 1 || a[0].Code != fault.Canceled || !a[0].Usage.Estimated || a[0].Usage.Input == 0 || a[0].Usage.Output != 1 {
			t.Errorf("attempts %+v", a)
		}
	})
}

// TestWhoLeavesEarly leaves before anything came: while the first deployment
// thinks, and while another one is asked for the rest of an answer.
func TestWhoLeavesEarly(t *testing.T) {
	for name, c := range map[string]struct {
		ways     []way
		half     []string
		attempts []string
		owes     []string
	}{
		"before the first token": {allWays, nil, []string{"a only canceled"}, []string{"~ 0"}},
		"during a rescue":        {pieces, []string{"half"}, []string{"a only upstream.failed", "b rescue canceled"}, []string{"~ 1", "~ 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, c.ways, func(t *testing.T, r *rig) {
				ctx, leave := context.WithCancel(context.WithoutCancel(t.Context()))
				var silent *up.Upstream
				var left time.Time
				if c.half != nil {
					r.deploy(r.first(c.half, up.Cut()))
				}
				silent = r.deploy([]up.Act{func(_ httpWriter, q *httpRequest) {
					left = time.Now()
					leave()
					silent.Stall(nil, q)
				}})
				spare := r.deploy(r.way.good("spare"))
				got := r.sendWith(ctx, broker.Options{})
				if !silent.WaitGone(5*time.Second) || time.Since(left) > 100*time.Millisecond {
					t.Errorf("freed after %v", time.Since(left))
				}
				if fault.CodeOf(got.err) != fault.Canceled || len(spare.Requests()) != 0 {
					t.Errorf("%v after %v", got.err, tries(got.report))
				}
				r.attempts(got, c.attempts...)
				r.owes(got, c.owes...)
			})
		})
	}
}
