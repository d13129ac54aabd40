package broker_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
)

// Faults that come after the first content, when the caller has a part.

// numbers are the words "1 ", "2 " … from first to last.
func numbers(first, last int) (words []string) {
	for n := first; n <= last; n++ {
		words = append(words, itoa(n)+" ")
	}
	return words
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestFaultCutAfter40Tokens(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		half, rest := numbers(1, 40), numbers(41, 50)
		r.deploy(r.first(half, up.Raw(`data: {"id":"c1","choi`), up.Cut()))
		two := r.deploy(up.Answer(rest...))
		r.all[1].Skills.Prefill = true
		got := r.send()
		r.whole(got, strings.Join(half, "")+strings.Join(rest, ""))
		r.attempts(got, "a only upstream.failed", "b rescue ")
		sent := string(two.Requests()[0].Body)
		if !strings.Contains(sent, `{"role":"assistant","content":"1 2 3 `) || strings.Contains(sent, "cut off") {
			t.Errorf("the rescuer was asked %s", sent)
		}
		first, second := got.report.Attempts[0], got.report.Attempts[1]
		if !first.Delivered || !second.Delivered || first.Usage.Output == 0 || !first.Usage.Estimated || second.Usage.Output != len(rest) || second.Lane != broker.LaneTranslated {
			t.Errorf("attempts %+v", got.report.Attempts)
		}
		want := llm.Usage{Input: first.Usage.Input, Output: first.Usage.Output + second.Usage.Output, Estimated: true}
		if got.report.Delivered != want {
			t.Errorf("delivered %+v, want %+v", got.report.Delivered, want)
		}
		if got.usage.Input != want.Input || got.usage.Output != want.Output {
			t.Errorf("the caller was told %+v, want %+v", got.usage, want)
		}
	})
}

func TestFaultStallAfter20(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		var one *up.Upstream
		one = r.deploy(r.first(numbers(1, 20), func(w http.ResponseWriter, q *http.Request) { one.Stall(w, q) }))
		r.deploy(up.Answer("21 ", "22"))
		got := r.send()
		r.whole(got, strings.Join(numbers(1, 20), "")+"21 22")
		r.attempts(got, "a only timeout", "b rescue ")
		r.owes(got, "~ 13", "3 2")
		if !one.WaitGone(5 * time.Second) {
			t.Error("the stalled provider was not freed")
		}
	})
}

func TestFaultMalformedChunk(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"one two"}, up.Raw("data: <html>502</html>\n\n"), up.Say("never"), up.Finish("stop"), up.Done()))
		r.deploy(up.Answer(" three"))
		r.all[1].Skills.Prefill = true
		got := r.send()
		r.whole(got, "one two three")
		r.attempts(got, "a only upstream.failed", "b rescue ")
		r.owes(got, "~ 2", "3 1")
		if strings.Contains(got.raw, "html") {
			t.Errorf("garbage was passed on: %q", got.raw)
		}
	})
}

func TestFaultErrorInTheStream(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"one two"}, up.Raw(`data: {"error":{"message":"overloaded","code":529}}`+"\n\n")))
		r.deploy(up.Answer(" three"))
		r.all[1].Skills.Prefill = true
		got := r.send()
		r.whole(got, "one two three")
		r.attempts(got, "a only upstream.failed", "b rescue ")
		r.owes(got, "~ 2", "3 1")
	})
}

// TestFaultPolicyRefusalInTheStream: what one filter cuts off nobody else says.
func TestFaultPolicyRefusalInTheStream(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"one two"}, up.Raw(`data: {"error":{"code":"content_filter","message":"no"}}`+"\n\n")))
		two := r.deploy(up.Answer(" three"))
		got := r.send()
		r.broke(got, fault.BadRequest)
		r.attempts(got, "a only request.invalid")
		r.owes(got, "~ 2")
		if len(two.Requests()) != 0 {
			t.Error("a refusal was routed around")
		}
	})
}

// TestARescueKeepsToTheLimit: who asks for so many tokens gets them over both
// halves.
func TestARescueKeepsToTheLimit(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	two := up.Serve(t, up.Answer(" on"))
	b := newBroker(t, deploy(t, up.Serve(t, []up.Act{up.Head(), up.Say(strings.Repeat("word", 40)), until(hold), up.Cut()}), "one", 0), deploy(t, two, "two", 1))
	f, err := b.Forward(t.Context(), request(`{"model":"m","stream":true,"max_tokens":100,`+hi+`}`, &reports{}))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	close(hold)
	if raw, err := drain(t, f); err != nil {
		t.Errorf("%q %v", raw, err)
	}
	var sent struct {
		Max  int `json:"max_tokens"`
		Max2 int `json:"max_completion_tokens"`
	}
	if err := json.Unmarshal(two.Requests()[0].Body, &sent); err != nil || sent.Max+sent.Max2 != 60 {
		t.Errorf("the rest may have %+v tokens", sent)
	}
}

func TestFaultMissingEndMarker(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"all of it"}, up.Finish("stop")))
		two := r.deploy(up.Answer("other"))
		got := r.send()
		r.broke(got, fault.UpstreamFailed)
		r.attempts(got, "a only upstream.failed")
		r.owes(got, "~ 3")
		if got.text != "all of it" || len(two.Requests()) != 0 {
			t.Errorf("%q", got.text)
		}
	})
}

func TestFaultMissingEndMarkerBeforeAnythingWasSeen(t *testing.T) {
	each(t, []way{wordsWhole}, func(t *testing.T, r *rig) {
		r.deploy([]up.Act{up.Head(), up.Say("all of it"), up.Finish("stop")})
		r.deploy(r.way.good("fine"))
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only upstream.failed", "b fallback ")
		r.owes(got, "~ 3", "3 1") // what was thrown away is billed all the same
	})
}

func TestFaultFallbackWithoutPrefill(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		half := numbers(1, 40)
		r.deploy(r.first(half, up.Cut()))
		two := r.deploy(up.Answer("38 ", "39 40 ", "41 ", "42"))
		got := r.send()
		r.whole(got, strings.Join(numbers(1, 41), "")+"42")
		r.attempts(got, "a only upstream.failed", "b rescue ")
		r.owes(got, "~ 28", "3 4")
		sent := string(two.Requests()[0].Body)
		if !strings.Contains(sent, `"role":"assistant"`) || !strings.Contains(sent, `39 40\"`) || !strings.Contains(sent, "cut off") {
			t.Errorf("the rescuer was asked %s", sent)
		}
	})
}

func TestFaultRescueFailsToo(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"one two"}, up.Cut()))
		r.deploy(up.Reply(500, `{}`))
		r.deploy([]up.Act{up.Head(), up.Cut()})
		got := r.send()
		r.broke(got, fault.UpstreamFailed)
		r.owes(got, "~ 2", "0 0", "0 0")
		if got.text != "one two" || len(got.report.Attempts) != 3 {
			t.Errorf("%q %v", got.text, tries(got.report))
		}
	})
}

func TestFaultCutTwice(t *testing.T) {
	each(t, pieces, func(t *testing.T, r *rig) {
		r.deploy(r.first([]string{"one "}, up.Cut()))
		r.deploy([]up.Act{up.Head(), up.Say("two "), up.Cut()})
		r.deploy(up.Answer("three"))
		for i := range r.all {
			r.all[i].Skills.Prefill = true
		}
		got := r.send()
		r.whole(got, "one two three")
		r.attempts(got, "a only upstream.failed", "b rescue upstream.failed", "c rescue ")
		r.owes(got, "~ 1", "~ 1", "3 1")
	})
}

// TestAStrictRequestIsNotGoneOnWithByWhoLosesSomething: its bytes were passed on
// whole, and the rest would be asked for in translation.
func TestAStrictRequestIsNotGoneOnWithByWhoLosesSomething(t *testing.T) {
	t.Parallel()
	for strict, want := range map[bool]string{true: "one upstream.failed", false: "one upstream.failed, careless "} {
		hold := make(chan struct{})
		one := deploy(t, up.Serve(t, []up.Act{up.Head(), up.Say("one two"), until(hold), up.Cut()}, up.Reply(400, `{}`)), "one", 0)
		one.Client = forgetful{fine} // in translation it would lose it, too
		careless := deploy(t, up.Serve(t, up.Answer(" three")), "careless", 1)
		careless.Client, careless.Skills.Prefill = forgetful{func(_ context.Context, tell func(llm.Delta) error) error { return tell(llm.Delta{Text: " three"}) }}, true
		b := newBroker(t, one, careless)
		r := &reports{}
		q := request(`{"model":"m","stream":true,"seed":1,`+hi+`}`, r)
		q.Options.Strict = strict
		f, err := b.Forward(t.Context(), q)
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		close(hold)
		raw, err := drain(t, f)
		var got []string
		for _, a := range r.only(t).Attempts {
			got = append(got, a.Deployment+" "+string(a.Code))
		}
		if strings.Join(got, ", ") != want || (err != nil) != strict || strings.Contains(raw, `"error"`) != strict {
			t.Errorf("strict %v: %q %v, attempts %q", strict, raw, err, got)
		}
	}
}
