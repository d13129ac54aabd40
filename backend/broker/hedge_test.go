package broker_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
)

type (
	httpWriter  = http.ResponseWriter
	httpRequest = http.Request
)

func TestHedgeWhenTheFirstTokenIsLate(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
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
		if len(two.Requests()) != 1 || got.report.Attempts[0].Delivered {
			t.Errorf("attempts %+v", got.report.Attempts)
		}
		r.owes(got, "~ 0", "3 2") // the loser had read the prompt
	})
}

// TestWhatHasBegunIsNotHedged: an answer may take long after its first token.
func TestWhatHasBegunIsNotHedged(t *testing.T) {
	each(t, []way{wordsWhole}, func(t *testing.T, r *rig) {
		scripts := [][]up.Act{}
		for range 20 {
			scripts = append(scripts, r.way.good("fine"))
		}
		r.deploy(append(scripts, []up.Act{up.Head(), up.Say("lo"), up.Wait(time.Second), up.Say("ng"), up.Finish("stop"), up.Usage(3, 2), up.Done()})...)
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

// TestTheLoserIsCancelledAtOnce: not only when the winner's answer has ended.
func TestTheLoserIsCancelledAtOnce(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		var one *up.Upstream
		scripts := [][]up.Act{}
		for range 19 {
			scripts = append(scripts, r.way.good("fine"))
		}
		one = r.deploy(append(scripts, []up.Act{func(w httpWriter, q *httpRequest) { one.Stall(w, q) }})...)
		r.deploy([]up.Act{up.Head(), up.Say("fi"), func(httpWriter, *httpRequest) {
			if !one.WaitGone(5 * time.Second) {
				t.Error("the loser goes on beside the winner")
			}
		}, up.Say("ne"), up.Finish("stop"), up.Usage(3, 2), up.Done()})
		r.all[0].Deadlines.FirstToken, r.all[1].Deadlines.BetweenTokens = 10*time.Second, 10*time.Second
		r.route.HedgeAfter = 50 * time.Millisecond
		for range 19 {
			r.whole(r.send(), "fine")
		}
		r.whole(r.send(), "fine")
	})
}

// inTime is a forwarder without sockets that answers each request as a whole
// after some time.
type inTime func() time.Duration

func (inTime) Speaks(w llm.Wire) bool { return w == llm.OpenAIChat }

func (f inTime) Send(ctx context.Context, _ llm.Forward) (*http.Response, error) {
	select {
	case <-time.After(f()):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	body := `{"id":"c","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// TestAWholeAnswerIsLateOverWhatIsUsual: nothing of it shows before its end, so
// that it may take as long as such answers do there.
func TestAWholeAnswerIsLateOverWhatIsUsual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		takes := 20 * time.Second
		r := &rig{route: broker.Route{HedgeAfter: 2 * time.Second}, all: []broker.Deployment{
			{ID: "usual", Forwarder: inTime(func() time.Duration { return takes })},
			{ID: "spare", Priority: 1, Forwarder: inTime(func() time.Duration { return time.Second })},
		}}
		b, err := broker.New(broker.Config{Routes: r, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		send := func() string {
			told := &reports{}
			f, err := b.Forward(t.Context(), request(whole, told))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			_, _ = drain(t, f)
			var all []string
			for _, a := range told.only(t).Attempts {
				all = append(all, a.Deployment+" "+string(a.Code)+" after "+a.Ended.Sub(a.Started).String())
			}
			return strings.Join(all, ", ")
		}
		for range 40 {
			if got := send(); got != "usual  after 20s" {
				t.Fatal(got)
			}
		}
		takes = 5 * time.Minute
		if got := send(); got != "usual canceled after 23s, spare  after 1s" {
			t.Errorf("a late one went %s", got)
		}
	})
}

// TestRetriesEarnNoHedge: hedges are a share of the calls, not of the attempts.
func TestRetriesEarnNoHedge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fails, hedges := 0, 0
		flaky := func(context.Context, func(llm.Delta) error) error {
			if fails++; fails%5 != 0 { // never five in a row
				return fault.New(fault.UpstreamFailed, "", nil)
			}
			return nil
		}
		late := func(ctx context.Context, _ func(llm.Delta) error) error {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			return ctx.Err()
		}
		spare := func(context.Context, func(llm.Delta) error) error { hedges++; return nil }
		r := &rig{all: []broker.Deployment{at("flaky", 0, 1, flaky), at("late", 1, 1, late), at("spare", 2, 1, spare)}, route: broker.Route{HedgeAfter: 10 * time.Millisecond}}
		b, err := broker.New(broker.Config{Routes: r, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		const calls = 60
		for range calls {
			if _, err := b.Chat(t.Context(), ask("m"), nil); err != nil {
				t.Fatal(fault.Cause(err))
			}
		}
		if hedges > calls/20 || hedges == 0 {
			t.Errorf("%d of %d calls were hedged", hedges, calls)
		}
	})
}

func TestHedgesAreFew(t *testing.T) {
	each(t, append([]way{wordsWhole}, pieces...), func(t *testing.T, r *rig) {
		late := append([]up.Act{up.Wait(40 * time.Millisecond)}, r.way.good("fine")...)
		r.deploy(late)
		two := r.deploy(r.way.good("fine"))
		r.route.HedgeAfter = time.Millisecond
		for range 41 {
			r.whole(r.send(), "fine")
		}
		if n := len(two.Requests()); n < 1 || n > 2 {
			t.Errorf("%d of 41 calls were hedged", n)
		}
	})
}

func TestAHedgeThatFailsLeavesTheFirstAlone(t *testing.T) {
	for status, code := range map[int]fault.Code{500: fault.UpstreamFailed, 400: fault.BadRequest} {
		t.Run(string(code), func(t *testing.T) {
			each(t, pieces, func(t *testing.T, r *rig) { hedgeFails(t, r, status, code) })
		})
	}
}

func hedgeFails(t *testing.T, r *rig, status int, code fault.Code) {
	hedged := make(chan struct{})
	scripts := [][]up.Act{}
	for range 19 {
		scripts = append(scripts, r.way.good("fine"))
	}
	r.deploy(append(scripts, append([]up.Act{until(hedged)}, r.way.good("late")...))...)
	r.deploy(up.Reply(status, `{}`))
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
	r.attempts(got, "a only ", "b hedge "+string(code))
}

// TestARefusalIsNotHedgedAway: the first one's refusal is the answer, though
// another was asked because it came late.
func TestARefusalIsNotHedgedAway(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		words := `{"error":{"code":"content_policy_violation","type":"invalid_request_error","message":"no"}}`
		scripts := [][]up.Act{}
		for range 19 {
			scripts = append(scripts, r.way.good("fine"))
		}
		asked := make(chan struct{})
		r.deploy(append(scripts, append([]up.Act{until(asked)}, up.Reply(400, words)...))...)
		var two *up.Upstream
		two = r.deploy([]up.Act{func(w httpWriter, q *httpRequest) {
			close(asked)
			two.Stall(w, q)
		}})
		r.all[0].Deadlines.FirstToken, r.all[1].Deadlines.FirstToken = 10*time.Second, 10*time.Second
		r.route.HedgeAfter = 50 * time.Millisecond
		for range 19 {
			r.whole(r.send(), "fine")
		}
		got := r.send()
		r.attempts(got, "a only request.invalid", "b hedge canceled")
		r.owes(got, "0 0", "~ 0")
		if r.way.translated && fault.CodeOf(got.err) != fault.BadRequest || !r.way.translated && (got.status != 400 || got.raw != words) {
			t.Errorf("%d %q %v", got.status, got.raw, got.err)
		}
	})
}
