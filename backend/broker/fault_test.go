package broker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
)

// One named test for each thing that providers do on bad days, on each way that
// a request can take.

func TestFault429WithRetryAfter(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		one, two := r.deploy(up.Reply(429, `{}`, "Retry-After", "60")), r.deploy(r.way.good("fi", "ne"))
		first := r.send()
		r.attempts(first, "a only rate.limited", "b fallback ")
		r.owes(first, "0 0", "3 2")
		for _, got := range []result{first, r.send(), r.send()} {
			r.whole(got, "fine")
		}
		if len(one.Requests()) != 1 || len(two.Requests()) != 3 {
			t.Errorf("the benched key was asked %d times", len(one.Requests()))
		}
		h := r.b.Health(r.all[0])
		if wait := time.Until(h.BenchedUntil); wait < 50*time.Second || wait > time.Minute || h.Circuit != broker.CircuitClosed || h.Failed != 0 {
			t.Errorf("health %+v", h)
		}
	})
}

func TestFault429WithoutRetryAfter(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		r.deploy(up.Reply(429, `{}`), r.way.good("fi", "ne"))
		got := r.send() // the only one: waits a moment and asks again
		r.whole(got, "fine")
		r.attempts(got, "a only rate.limited", "a retry ")
		r.owes(got, "0 0", "3 2")
	})
}

func TestFault429BenchesOneKeyForOneModel(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		limited, free := up.Serve(t, up.Reply(429, `{}`, "Retry-After", "30")), up.Serve(t, r.way.good("fine"))
		one, same := deploy(t, limited, "one", 0), deploy(t, free, "one", 0)
		one.Key, same.Key = "first", "second"
		another := deploy(t, free, "other model", 0)
		another.Key = "first"
		r.add(limited, one)
		r.add(free, same)
		for range 4 {
			r.whole(r.send(), "fine")
		}
		if n := len(limited.Requests()); n > 1 {
			t.Errorf("the benched key was asked %d times", n)
		}
		if r.b.Health(same).BenchedUntil != (time.Time{}) || r.b.Health(another).BenchedUntil != (time.Time{}) {
			t.Error("a 429 benched more than one key for one model")
		}
	})
}

func TestFault500Once(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		r.deploy(up.Reply(500, `oops`), r.way.good("fi", "ne"))
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only upstream.failed", "a retry ")
		r.owes(got, "0 0", "3 2")
	})
}

func TestFault503ForLong(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		one := r.deploy(up.Reply(503, `{}`))
		r.deploy(r.way.good("fi", "ne"))
		for n := range 12 {
			got := r.send()
			r.whole(got, "fine")
			if n < 5 {
				r.attempts(got, "a only upstream.failed", "b fallback ")
				r.owes(got, "0 0", "3 2")
			} else { // nobody asks it any more
				r.attempts(got, "b only ")
				r.owes(got, "3 2")
			}
		}
		if n := len(one.Requests()); n != 5 {
			t.Errorf("it was asked %d times: the circuit opens after 5 failures", n)
		}
		if h := r.b.Health(r.all[0]); h.Circuit != broker.CircuitOpen || h.Failed != 5 || len(h.Failures) != 5 || h.Failures[0].Code != "upstream.failed" || h.Failures[0].Detail == "" || h.OpenUntil.IsZero() {
			t.Errorf("health %+v", h)
		}
	})
}

func TestFault503ForLongWithNobodyElse(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		one := r.deploy(up.Reply(503, `{}`))
		for _, owed := range [][]string{{"0 0", "0 0", "0 0"}, {"0 0", "0 0"}} {
			got := r.send()
			if fault.CodeOf(got.err) != fault.UpstreamFailed {
				t.Errorf("%v", got.err)
			}
			r.owes(got, owed...)
		}
		got := r.send()
		if f := fault.From(got.err); f.Code != fault.Unavailable || f.RetryAfter <= 0 || len(got.report.Attempts) != 0 {
			t.Errorf("%+v after %d attempts", f, len(got.report.Attempts))
		}
		if n := len(one.Requests()); n != 5 {
			t.Errorf("it was asked %d times", n)
		}
		if x := got.report.Excluded; len(x) != 1 || x[0].Reason != broker.ReasonOpen {
			t.Errorf("excluded %+v", x)
		}
	})
}

func TestFaultResetBeforeHeaders(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		r.deploy([]up.Act{up.Cut()})
		r.deploy(r.way.good("fi", "ne"))
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only upstream.failed", "b fallback ")
		r.owes(got, "0 0", "3 2")
	})
}

func TestFaultSilence(t *testing.T) {
	each(t, []way{bytesStream, wordsStream, wordsWhole, insideWay}, func(t *testing.T, r *rig) {
		var one *up.Upstream
		one = r.deploy([]up.Act{func(w http.ResponseWriter, q *http.Request) { one.Stall(w, q) }})
		r.deploy(r.way.good("fi", "ne"))
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only timeout", "b fallback ")
		if !one.WaitGone(5 * time.Second) {
			t.Error("the silent provider was not freed")
		}
		r.owes(got, "~ 0", "3 2") // it may bill what it was asked
	})
}

func TestFaultSlowFirstToken(t *testing.T) {
	each(t, []way{bytesStream, wordsStream, wordsWhole, insideWay}, func(t *testing.T, r *rig) {
		pings := []up.Act{up.Head()}
		for range 1000 { // alive, but it says nothing
			pings = append(pings, up.Wait(20*time.Millisecond), up.Ping())
		}
		r.deploy(pings)
		r.all[0].Deadlines.Connect = time.Minute // counted from the connection
		r.deploy(r.way.good("fi", "ne"))
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only timeout", "b fallback ")
		r.owes(got, "~ 0", "3 2")
		if strings.Contains(got.raw, "keep-alive") && strings.Index(got.raw, "keep-alive") < strings.Index(got.raw, "fi") {
			t.Errorf("bytes of the first attempt show: %q", got.raw)
		}
	})
}

// TestAWholeAnswerHasNoFirstToken: what is not streamed may take longer than a
// first token, for nothing of it comes before its end.
func TestAWholeAnswerHasNoFirstToken(t *testing.T) {
	each(t, []way{bytesWhole}, func(t *testing.T, r *rig) {
		r.deploy(append([]up.Act{up.Wait(600 * time.Millisecond)}, r.way.good("fi", "ne")...))
		r.all[0].Deadlines.Connect, r.all[0].Deadlines.FirstToken = 100*time.Millisecond, 100*time.Millisecond
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only ")
		r.owes(got, "3 2")
	})
}

func TestFaultContextLength(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		tooLong := up.Reply(400, `{"error":{"code":"context_length_exceeded","message":"maximum context length is 8 tokens"}}`)
		r.deploy(tooLong)
		equal := r.deploy(r.way.good("wrong"))
		large := up.Serve(t, r.way.good("fi", "ne"))
		d := deploy(t, large, "large", 0)
		if r.way.translated {
			d.Forwarder = nil
		}
		r.route.Larger = "m-large"
		r.others = map[string]broker.Route{"m-large": {Deployments: []broker.Deployment{d}}}
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only model.context_too_long", "large larger ")
		r.owes(got, "0 0", "3 2")
		if got.report.Larger != "m-large" || r.via != "m" || len(equal.Requests()) != 0 {
			t.Errorf("report %+v", got.report)
		}
	})
}

func TestFaultContextLengthWithNothingLarger(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		words := `{"error":{"code":"context_length_exceeded","message":"maximum context length is 8 tokens"}}`
		r.deploy(up.Reply(400, words))
		two := r.deploy(r.way.good("wrong"))
		got := r.send()
		r.attempts(got, "a only model.context_too_long")
		r.owes(got, "0 0")
		if r.way.translated && fault.CodeOf(got.err) != fault.ContextTooLong || !r.way.translated && (got.status != 400 || got.raw != words) || len(two.Requests()) != 0 {
			t.Errorf("%d %q %v", got.status, got.raw, got.err)
		}
	})
}

func TestFaultPolicyRefusal(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		words := `{"error":{"code":"content_policy_violation","type":"invalid_request_error","message":"no"}}`
		r.deploy(up.Reply(400, words))
		two := r.deploy(r.way.good("what the first one refused"))
		got := r.send()
		r.attempts(got, "a only request.invalid")
		r.owes(got, "0 0")
		if len(two.Requests()) != 0 {
			t.Error("a refusal was routed around")
		}
		if r.way.translated && got.err == nil || !r.way.translated && (got.status != 400 || got.raw != words) {
			t.Errorf("%d %q %v", got.status, got.raw, got.err)
		}
	})
}

// TestFaultPolicyRefusalInTheAnswer: a filter that ends an answer before its
// first word is an answer, too.
func TestFaultPolicyRefusalInTheAnswer(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		refusal := []up.Act{up.Head(), up.Finish("content_filter"), up.Usage(3, 0), up.Done()}
		if !r.way.events() {
			refusal = up.Reply(200, `{"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":3,"completion_tokens":0}}`)
		}
		r.deploy(refusal)
		two := r.deploy(r.way.good("what the first one refused"))
		got := r.send()
		r.whole(got, "")
		r.attempts(got, "a only ")
		r.owes(got, "3 0")
		if len(two.Requests()) != 0 || got.report.Attempts[0].Finish != llm.FinishRefusal {
			t.Errorf("a refusal was routed around, or not said: %+v", got.report.Attempts)
		}
	})
}

// TestFaultNoBadRequestAfterAll: the status blames the request, the body says
// that it is the provider's own trouble.
func TestFaultNoBadRequestAfterAll(t *testing.T) {
	for body, code := range map[string]string{
		`{"error":{"type":"rate_limit_exceeded","message":"slow down"}}`:   "rate.limited",
		`{"error":{"code":"model_not_found","message":"no such model"}}`:   "model.unknown",
		`{"error":{"type":"insufficient_quota","message":"pay us first"}}`: "upstream.refused",
	} {
		t.Run(code, func(t *testing.T) {
			each(t, allWays, func(t *testing.T, r *rig) {
				r.deploy(up.Reply(400, body))
				r.deploy(r.way.good("fi", "ne"))
				got := r.send()
				r.whole(got, "fine")
				r.attempts(got, "a only "+code, "b fallback ")
				r.owes(got, "0 0", "3 2")
			})
		})
	}
}

func TestFaultFlappingPrimary(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		var scripts [][]up.Act
		for range 40 { // fails two times out of three, never five in a row
			scripts = append(scripts, up.Reply(500, `{}`), up.Reply(500, `{}`), r.way.good("fine"))
		}
		one := r.deploy(scripts...)
		r.deploy(r.way.good("fine"))
		r.all[1].Priority = 0
		for n := 0; n < 60 && r.broker().Health(r.all[0]).EjectedUntil.IsZero(); n++ {
			r.whole(r.send(), "fine")
		}
		for range 10 {
			r.whole(r.send(), "fine")
		}
		if n := len(one.Requests()); n != 10 { // as many as it takes to judge
			t.Errorf("it was asked %d times of 60", n)
		}
		if h := r.b.Health(r.all[0]); h.EjectedUntil.IsZero() || h.Circuit != broker.CircuitClosed {
			t.Errorf("health %+v", h)
		}
	})
}

func TestFaultWrongUsage(t *testing.T) {
	for name, c := range map[string]struct {
		input, output int
		want          llm.Usage
	}{
		"negative":  {-5, -7, llm.Usage{Input: 5, Output: 6, Estimated: true}},
		"nothing":   {0, 0, llm.Usage{Input: 5, Output: 6, Estimated: true}},
		"plausible": {7, 4, llm.Usage{Input: 7, Output: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, pieces, func(t *testing.T, r *rig) {
				r.deploy([]up.Act{up.Head(), up.Say("an answer of many words"), up.Finish("stop"), up.Usage(c.input, c.output), up.Done()})
				got := r.send()
				r.whole(got, "an answer of many words")
				u, want := got.report.Attempts[0].Usage, c.want
				if want.Estimated {
					want.Input = u.Input // depends on how the request is written
				}
				if u != want || u.Input == 0 {
					t.Errorf("usage %+v, want %+v", u, want)
				}
			})
		})
	}
}

func TestFaultEmpty200(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		empty := []up.Act{up.Head()}
		if !r.way.events() {
			empty = up.Reply(200, ``)
		}
		r.deploy(empty)
		r.deploy(r.way.good("fi", "ne"))
		got := r.send()
		r.whole(got, "fine")
		r.attempts(got, "a only upstream.failed", "b fallback ")
		r.owes(got, "0 0", "3 2")
	})
}

func TestFaultEmpty200WithNobodyElse(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		empty := []up.Act{up.Head(), up.Done()}
		if !r.way.events() {
			empty = up.Reply(200, ``)
		}
		r.deploy(empty)
		got := r.send()
		if fault.CodeOf(got.err) != fault.UpstreamFailed || got.answer != nil {
			t.Errorf("%v %+v", got.err, got.answer)
		}
	})
}

func TestFaultProviderRefusesOurKey(t *testing.T) {
	each(t, allWays, func(t *testing.T, r *rig) {
		one := r.deploy(up.Reply(401, `{}`))
		r.deploy(r.way.good("fi", "ne"))
		for range 3 {
			r.whole(r.send(), "fine")
		}
		if n := len(one.Requests()); n != 1 {
			t.Errorf("a key that is refused was used %d times", n)
		}
	})
}
