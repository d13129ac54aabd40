package broker_test

import (
	"net/http"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	up "nexusai/backend/provider/openai/openaitest"
)

type (
	httpWriter  = http.ResponseWriter
	httpRequest = http.Request
)

func TestHedgeWhenTheFirstTokenIsLate(t *testing.T) {
	each(t, append([]way{wordsWhole}, pieces...), func(t *testing.T, r *rig) {
		var one *up.Upstream
		slow := []up.Act{func(w httpWriter, q *httpRequest) { one.Stall(w, q) }}
		scripts := [][]up.Act{}
		for range 20 { // hedges are at most 5 % of the calls: the first 19 earn it
			scripts = append(scripts, r.way.good("fine"))
		}
		one = r.deploy(append(scripts[:19:19], slow, r.way.good("fine"))...)
		two := r.deploy(r.way.good("fi", "ne"))
		r.route.HedgeAfter = 50 * time.Millisecond
		for range 19 {
			r.whole(r.send(), "fine")
		}
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only canceled", "b hedge ")
		if !one.WaitGone(5 * time.Second) {
			t.Error("the loser was not cancelled")
		}
		if len(two.Requests()) != 1 || got.report.Attempts[0].Usage.Input == 0 || got.report.Attempts[0].Delivered {
			t.Errorf("attempts %+v", got.report.Attempts)
		}
	})
}

// TestWhatHasBegunIsNotHedged: neither an answer that takes long after its first
// token, nor one of which nothing shows before its end.
func TestWhatHasBegunIsNotHedged(t *testing.T) {
	each(t, []way{wordsWhole, bytesWhole}, func(t *testing.T, r *rig) {
		scripts := [][]up.Act{}
		for range 20 {
			scripts = append(scripts, r.way.good("fine"))
		}
		long := append([]up.Act{up.Wait(time.Second)}, r.way.good("long")...)
		if r.way.translated {
			long = []up.Act{up.Head(), up.Say("lo"), up.Wait(time.Second), up.Say("ng"), up.Finish("stop"), up.Usage(3, 2), up.Done()}
		}
		r.deploy(append(scripts, long)...)
		two := r.deploy(r.way.good("hedged"))
		r.all[0].Deadlines.FirstToken, r.all[0].Deadlines.BetweenTokens = 5*time.Second, 5*time.Second
		r.route.HedgeAfter = 700 * time.Millisecond
		for range 20 { // they earn a hedge
			r.whole(r.send(), "fine")
		}
		r.whole(r.send(), "long")
		if n := len(two.Requests()); n != 0 {
			t.Errorf("the second was asked %d times", n)
		}
	})
}

func TestHedgesAreFew(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		late := append([]up.Act{up.Wait(40 * time.Millisecond)}, r.way.good("fine")...)
		r.deploy(late)
		two := r.deploy(r.way.good("fine"))
		r.route.HedgeAfter = time.Millisecond
		for range 41 {
			r.whole(r.send(), "fine")
		}
		if n := len(two.Requests()); n > 2 {
			t.Errorf("%d of 41 calls were hedged", n)
		}
	})
}

func TestAHedgeThatFailsLeavesTheFirstAlone(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		hedged := make(chan struct{})
		scripts := [][]up.Act{}
		for range 19 {
			scripts = append(scripts, r.way.good("fine"))
		}
		r.deploy(append(scripts, append([]up.Act{until(hedged)}, r.way.good("late")...))...)
		r.deploy(up.Reply(500, `{}`))
		r.gate.settle = func(a broker.Attempt) {
			if a.Why == broker.WhyHedge {
				close(hedged)
			}
		}
		r.route.HedgeAfter = 10 * time.Millisecond
		r.all[0].Deadlines.FirstToken, r.all[0].Deadlines.BetweenTokens = 5*time.Second, 5*time.Second
		for range 19 {
			r.whole(r.send(), "fine")
		}
		got := r.send()
		r.whole(got, "late")
		r.attempts(got, "a only ", "b hedge "+string(fault.UpstreamFailed))
	})
}
