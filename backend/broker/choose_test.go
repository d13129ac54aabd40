package broker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/chat"
)

func TestAConversationStaysWhereItsCacheIs(t *testing.T) {
	t.Parallel()
	b := newBroker(t, at("a", 0, 1, fine), at("b", 0, 1, fine), at("c", 0, 2, fine))
	where := func(b *broker.Broker, key string) string {
		_, report, err := b.ChatWithReport(t.Context(), ask("m"), broker.Options{Affinity: key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if last, _ := report.Last(); last.Why != broker.WhyAffinity {
			t.Errorf("chosen by %s", last.Why)
		}
		last, _ := report.Last()
		return last.Deployment
	}
	count, home := map[string]int{}, map[string]string{}
	for n := range 400 {
		key := fmt.Sprint("conversation ", n)
		home[key] = where(b, key)
		count[home[key]]++
		if again := where(b, key); again != home[key] {
			t.Fatalf("%s moved from %s to %s", key, home[key], again)
		}
	}
	if count["a"] < 60 || count["b"] < 60 || count["c"] < 150 {
		t.Errorf("shares %v, want 1:1:2", count)
	}
	fewer := newBroker(t, at("a", 0, 1, fine), at("c", 0, 2, fine)) // another process, and b is gone
	for key, was := range home {
		if now := where(fewer, key); was != "b" && now != was {
			t.Errorf("%s moved from %s to %s though that is still there", key, was, now)
		}
	}
}

// TestWhatGoesOnGoesToWhoSaidIt: what was sealed opens with the key that got it,
// so that is asked while it can be.
func TestWhatGoesOnGoesToWhoSaidIt(t *testing.T) {
	t.Parallel()
	one, two := at("pool", 0, 1, fine), at("pool", 0, 1, fine)
	one.Key, two.Key = "one", "two"
	b := newBroker(t, one, two, at("other", 0, 9, fine))
	ask := func(home broker.Place) broker.Attempt {
		_, report, err := b.ChatWithReport(t.Context(), ask("m"), broker.Options{Home: home, Affinity: "c"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		last, _ := report.Last()
		return last
	}
	for _, key := range []string{"one", "two"} {
		for range 20 {
			if got := ask(broker.Place{Deployment: "pool", Key: key}); got.Deployment != "pool" || got.Key != key || got.Why != broker.WhyAffinity {
				t.Fatalf("%s went on at %s %s, %s", key, got.Deployment, got.Key, got.Why)
			}
		}
	}
	if gone, without := ask(broker.Place{Deployment: "pool", Key: "gone"}), ask(broker.Place{}); gone.Deployment != without.Deployment || gone.Key != without.Key {
		t.Errorf("when it is gone %s %s, by its name %s %s", gone.Deployment, gone.Key, without.Deployment, without.Key)
	}
}

// TestAGuessedTieGivesWayToLoad: a hundred requests that begin alike may be one
// conversation's or a hundred's.
func TestAGuessedTieGivesWayToLoad(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]int{broker.Tie([]byte("a")): 2, "said by the caller": 1} {
		synctest.Test(t, func(t *testing.T) {
			asked, hold := map[string]int{}, make(chan struct{})
			held := func(id string) broker.Deployment {
				return at(id, 0, 1, func(context.Context, func(llm.Delta) error) error {
					asked[id]++ // one at a time: see Wait
					<-hold
					return nil
				})
			}
			b := newBroker(t, held("a"), held("b"))
			for range 20 {
				go func() { _, _, _ = b.ChatWithReport(t.Context(), ask("m"), broker.Options{Affinity: key}, nil) }()
				synctest.Wait()
			}
			if len(asked) != want {
				t.Errorf("%s: went to %v", key, asked)
			}
			close(hold)
			synctest.Wait()
		})
	}
}

func TestConversationsAreToldApartByWhatBeganThem(t *testing.T) {
	t.Parallel()
	tie := func(parts ...string) string {
		var all [][]byte
		for _, p := range parts {
			all = append(all, []byte(p))
		}
		return broker.Tie(all...)
	}
	long := strings.Repeat("x", 1<<20)
	again := tie("a", "b")
	if tie("a", "b") != again || tie("a", "b") == tie("ab", "") || tie("a", "b") == tie("b", "a") || tie(long+"a") != tie(long+"b") {
		t.Error("ties do not follow what they are of")
	}
}

// loaded is what a vLLM says.
type loaded struct {
	waiting int
	cache   float64
}

func (l loaded) Load() (int, float64, bool) { return l.waiting, l.cache, true }

func TestChoiceReadsWhatTheEngineSays(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]loaded{"queue": {3, 0}, "full cache": {0, 0.99}} {
		busy := at("busy", 0, 1, fine)
		busy.Metrics = l
		if got := shares(t, newBroker(t, busy, at("idle", 0, 1, fine)), 200); got["busy"] != 0 {
			t.Errorf("%s: the busy one got %.2f", name, got["busy"])
		}
	}
}

func TestChoicePrefersWhoBeginsSooner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after := func(d time.Duration) inMemory {
			return func(_ context.Context, onDelta func(llm.Delta) error) error {
				time.Sleep(d)
				return onDelta(llm.Delta{Text: "a"})
			}
		}
		b := newBroker(t, at("slow", 0, 1, after(time.Second)), at("fast", 0, 1, after(100*time.Millisecond)))
		shares(t, b, 30) // learns
		if got := shares(t, b, 50); got["slow"] > 0.1 {
			t.Errorf("the slow one got %.2f", got["slow"])
		}
		time.Sleep(10 * time.Minute) // an average that nobody renews is forgotten
		if h := b.Health(at("slow", 0, 1, fine)); h.FirstToken > time.Millisecond {
			t.Errorf("still remembers %v", h.FirstToken)
		}
	})
}

func TestACircuitProbesAndCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls, well := 0, false
		flaky := func(context.Context, func(llm.Delta) error) error {
			calls++
			if well {
				return nil
			}
			return fault.New(fault.UpstreamFailed, "", nil)
		}
		one := at("one", 0, 1, flaky)
		b := newBroker(t, one, at("two", 1, 1, fine))
		send := func() (last broker.Attempt) {
			_, report, err := b.ChatWithReport(t.Context(), ask("m"), broker.Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return report.Attempts[0]
		}
		for range 8 {
			send()
		}
		if calls != 5 || b.Health(one).Circuit != broker.CircuitOpen {
			t.Fatalf("asked %d times, %+v", calls, b.Health(one))
		}
		for _, wait := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute} {
			before := calls
			time.Sleep(wait - 2*time.Second)
			send()
			if calls != before {
				t.Errorf("asked before %v were over", wait)
			}
			time.Sleep(2 * time.Second)
			if h := b.Health(one); h.Circuit != broker.CircuitHalfOpen {
				t.Errorf("after %v: %+v", wait, h)
			}
			if first := send(); calls != before+1 || first.Why != broker.WhyProbe {
				t.Errorf("after %v asked %d times, %s", wait, calls-before, first.Why)
			}
			send()
			if calls != before+1 {
				t.Error("a second probe was sent")
			}
		}
		time.Sleep(time.Minute)
		well = true
		if first := send(); first.Why != broker.WhyProbe || first.Code != "" || b.Health(one).Circuit != broker.CircuitClosed {
			t.Errorf("%+v %+v", first, b.Health(one))
		}
		if first := send(); first.Deployment != "one" || first.Why != broker.WhyOnly {
			t.Errorf("closed, and asked is %+v", first)
		}
	})
}

// TestCallersWhoLeaveProveNothing: a provider is not to blame for their haste.
func TestCallersWhoLeaveProveNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one := at("one", 0, 1, func(ctx context.Context, _ func(llm.Delta) error) error { <-ctx.Done(); return ctx.Err() })
		b := newBroker(t, one)
		for range 8 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := b.Chat(ctx, ask("m"), nil); err == nil {
				t.Error("a caller who left was answered")
			}
			cancel()
			ctx, leave := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leave)
			if _, err := b.Chat(ctx, ask("m"), nil); fault.CodeOf(err) != fault.Canceled {
				t.Errorf("a caller who left got %v", err)
			}
		}
		if h := b.Health(one); h.Circuit != broker.CircuitClosed || h.Failed != 0 || h.Succeeded != 0 || len(h.Failures) != 0 {
			t.Errorf("%+v", h)
		}
	})
}

// TestASuccessFromBeforeProvesNothing: what began when all was well may end well
// after the circuit has opened.
func TestASuccessFromBeforeProvesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold, held := make(chan struct{}), true
		one := at("one", 0, 1, func(context.Context, func(llm.Delta) error) error {
			if held {
				held = false
				<-hold
				return nil
			}
			return fault.New(fault.UpstreamFailed, "", nil)
		})
		b := newBroker(t, one, at("two", 1, 1, fine))
		go func() { _, _ = b.Chat(t.Context(), ask("m"), nil) }()
		synctest.Wait()
		for range 5 {
			_, _ = b.Chat(t.Context(), ask("m"), nil)
		}
		close(hold)
		synctest.Wait()
		if h := b.Health(one); h.Circuit != broker.CircuitOpen || h.Succeeded != 1 {
			t.Errorf("%+v", h)
		}
	})
}

func TestOnlyOneProbeAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, hold := 0, make(chan struct{})
		failing := true
		one := at("one", 0, 1, func(context.Context, func(llm.Delta) error) error {
			asked++
			if failing {
				return fault.New(fault.UpstreamFailed, "", nil)
			}
			<-hold
			return nil
		})
		b := newBroker(t, one, at("two", 1, 1, fine))
		for range 5 {
			_, _ = b.Chat(t.Context(), ask("m"), nil)
		}
		time.Sleep(5 * time.Second)
		failing, asked = false, 0
		for range 10 {
			go func() { _, _ = b.Chat(t.Context(), ask("m"), nil) }()
		}
		synctest.Wait()
		if asked != 1 {
			t.Errorf("%d probes at once", asked)
		}
		close(hold)
		synctest.Wait()
		if b.Health(one).Circuit != broker.CircuitClosed || b.InFlight("one") != 0 {
			t.Errorf("%+v", b.Health(one))
		}
	})
}

func TestAtLeastHalfOfAGroupStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		flapping := func(id string) broker.Deployment {
			n := 0
			return at(id, 0, 1, func(context.Context, func(llm.Delta) error) error {
				if n++; n%3 != 0 { // never five in a row
					return fault.New(fault.UpstreamFailed, "", nil)
				}
				return nil
			})
		}
		all := []broker.Deployment{flapping("a"), flapping("b"), at("c", 0, 1, fine)}
		b := newBroker(t, all...)
		for range 90 {
			_, _ = b.Chat(t.Context(), ask("m"), nil)
			out := 0
			for _, d := range all {
				if !b.Health(d).EjectedUntil.IsZero() {
					out++
				}
			}
			if out > 1 {
				t.Fatalf("%d of 3 are set aside", out)
			}
		}
		if f := b.Health(all[0]).Failed + b.Health(all[1]).Failed; f < 10 {
			t.Errorf("the two that flap failed %d times: one was to stay", f)
		}
	})
}

func TestRetriesAreAShareOfTheTraffic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, calls := 0, 0
		half := func(context.Context, func(llm.Delta) error) error {
			calls++
			if n++; n%3 != 0 { // never five in a row
				return fault.New(fault.UpstreamFailed, "", nil)
			}
			return nil
		}
		b := newBroker(t, at("a", 0, 1, half))
		const sent = 2000
		for range sent {
			_, _ = b.Chat(t.Context(), ask("m"), nil)
			time.Sleep(time.Millisecond)
		}
		// 10 % of the attempts, and what the floor gives in the time that passed.
		if extra := calls - sent; extra < sent/12 || extra > sent/4 {
			t.Errorf("%d retries of %d calls", extra, sent)
		}
	})
}

// TestRetriesAtOnceAreFew: little traffic may be retried a few times at once, and
// idle time saves up no more than that.
func TestRetriesAtOnceAreFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		b := newBroker(t, at("a", 0, 1, func(context.Context, func(llm.Delta) error) error {
			if n++; n%2 != 0 { // never five in a row
				return fault.New(fault.UpstreamFailed, "", nil)
			}
			return nil
		}))
		const calls = 200
		for range 3 {
			n = 0
			for range calls { // only the waits before retries take time
				_, _ = b.Chat(t.Context(), ask("m"), nil)
			}
			if extra := n - calls; extra < 20+calls/10 || extra > 20+calls/10+20 {
				t.Errorf("%d retries of %d calls", extra, calls)
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestWhatARequestNeedsFilters(t *testing.T) {
	t.Parallel()
	known := func(d broker.Deployment, s broker.Skills) broker.Deployment {
		s.Known = true
		d.Skills = s
		return d
	}
	small := at("small", 0, 1, fine)
	small.Context = 100
	all := routes{known(at("text", 0, 1, fine), broker.Skills{}), known(at("eyes", 1, 1, fine), broker.Skills{Images: true}), known(at("hands", 2, 1, fine), broker.Skills{Tools: true, Schema: true}), small}
	picture := ask("m")
	picture.Messages[0].Images = []llm.Image{{URL: "https://example.com/a.png"}}
	tools := ask("m")
	tools.Tools = []llm.ToolSpec{{Name: "f"}}
	schema := ask("m")
	schema.Schema = []byte(`{"type":"object"}`)
	long := ask("m")
	long.Messages[0].Text = strings.Repeat("word ", 1000)
	for name, c := range map[string]struct {
		req  llm.ChatRequest
		from routes
		want string
		code fault.Code
	}{
		"plain":                    {ask("m"), all[:3], "text", ""},
		"pictures":                 {picture, all[:3], "eyes", ""},
		"tools":                    {tools, all[:3], "hands", ""},
		"a schema":                 {schema, all[:3], "hands", ""},
		"long":                     {long, routes{small, at("large", 1, 1, fine)}, "large", ""},
		"long, asked all the same": {long, routes{small}, "small", ""},
		"nobody sees":              {picture, all[:1], "", fault.BadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report, err := newBroker(t, c.from...).ChatWithReport(t.Context(), c.req, broker.Options{}, nil)
			if fault.CodeOf(err) != c.code {
				t.Fatal(fault.Cause(err))
			}
			if last, _ := report.Last(); last.Deployment != c.want {
				t.Errorf("went to %q", last.Deployment)
			}
			if c.want == "large" && (len(report.Excluded) != 1 || report.Excluded[0].Reason != broker.ReasonContext) {
				t.Errorf("excluded %+v", report.Excluded)
			}
		})
	}
}

// forgetful is a client whose wire has no seed.
type forgetful struct{ inMemory }

func (forgetful) Losses(r llm.ChatRequest) []string {
	if r.Seed != nil {
		return append(r.Unknown, "seed")
	}
	return r.Unknown
}

func TestStrictPassesOverWhoWouldLoseSomething(t *testing.T) {
	t.Parallel()
	seed := int64(1)
	req := ask("m")
	req.Seed = &seed
	lossy := broker.Deployment{ID: "lossy", Client: forgetful{fine}}
	_, report, err := newBroker(t, lossy).ChatWithReport(t.Context(), req, broker.Options{}, nil)
	if err != nil || len(report.Attempts[0].Losses) != 1 || report.Attempts[0].Losses[0] != "seed" {
		t.Errorf("%v %+v", err, report.Attempts)
	}
	_, report, err = newBroker(t, lossy).ChatWithReport(t.Context(), req, broker.Options{Strict: true}, nil)
	if f := fault.From(err); f == nil || f.Code != fault.Lossy || !strings.Contains(f.Safe, "seed") || len(report.Attempts) != 0 || report.Excluded[0].Reason != broker.ReasonLossy {
		t.Errorf("%+v %+v", f, report)
	}
	_, report, err = newBroker(t, lossy, at("careful", 1, 1, fine)).ChatWithReport(t.Context(), req, broker.Options{Strict: true}, nil)
	if last, _ := report.Last(); err != nil || last.Deployment != "careful" {
		t.Errorf("%v %+v", err, report)
	}
}

func TestACallFallsFromOneLaneIntoTheOther(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{true, false} {
		w := bytesWhole
		if stream {
			w = bytesStream
		}
		r := &rig{t: t, way: w, hold: make(chan struct{}), gate: &books{t: t, open: map[int]broker.Deployment{}}}
		r.deploy(up.Reply(500, `{}`))
		r.deploy(up.Answer("fi", "ne"))
		r.all[1].Forwarder = nil
		got := r.send()
		r.whole(got, "fine")
		if a := got.report.Attempts; a[0].Lane != broker.LaneBytes || a[1].Lane != broker.LaneTranslated {
			t.Errorf("lanes of %+v", a)
		}
	}
}

func TestLocalEnginesGetTimeToReadTheirPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var given llm.Deadlines
		local := broker.Deployment{ID: "local", Local: true, Client: asked{func(r llm.ChatRequest) { given = r.Deadlines }}}
		req := ask("m")
		req.Messages[0].Text = strings.Repeat("abcd", 2000) // about 2,000 tokens
		if _, err := newBroker(t, local).Chat(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
		if want := (llm.Deadlines{Connect: 5 * time.Minute, FirstToken: 220 * time.Second, BetweenTokens: 15 * time.Second}); given != want {
			t.Errorf("a local engine got %+v, want %+v", given, want)
		}
		engine := broker.Deployment{ID: "engine", Engine: true, Client: local.Client, Skills: broker.Skills{Reasoning: true}}
		if _, err := newBroker(t, engine).Chat(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
		if want := (llm.Deadlines{Connect: 5 * time.Second, FirstToken: 220 * time.Second, BetweenTokens: 15 * time.Second}); given != want {
			t.Errorf("the team's own engine got %+v, want %+v", given, want)
		}
		hosted := broker.Deployment{ID: "hosted", Client: local.Client, Deadlines: broker.Deadlines{FirstToken: time.Second}}
		if _, err := newBroker(t, hosted).Chat(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
		if want := (llm.Deadlines{Connect: 5 * time.Second, FirstToken: time.Second, BetweenTokens: 15 * time.Second}); given != want {
			t.Errorf("a hosted one got %+v, want %+v", given, want)
		}
	})
}

// asked is a client that shows what it was asked.
type asked struct{ see func(llm.ChatRequest) }

func (c asked) Chat(_ context.Context, req llm.ChatRequest, _ func(llm.Delta) error) (llm.Completion, error) {
	c.see(req)
	return llm.Completion{Text: "a", Finish: llm.FinishStop}, nil
}

func (asked) Embed(context.Context, llm.EmbedRequest) (llm.Embeddings, error) {
	return llm.Embeddings{}, nil
}

func (asked) Models(context.Context) ([]llm.Model, error) { return nil, nil }

func TestExplainSaysWhereARequestWouldGo(t *testing.T) {
	each(t, []way{bytesStream}, func(t *testing.T, r *rig) {
		limited := r.deploy(up.Reply(429, `{}`, "Retry-After", "60"))
		r.deploy(up.Answer("fine"))
		r.deploy(up.Answer("fine"))
		r.deploy(up.Answer("fine"))
		r.all[2].Forwarder = nil
		r.all[3].Skills = broker.Skills{Known: true, Tools: true}
		r.route.Excluded = []broker.Excluded{{Deployment: "far", Name: "Far", Reason: broker.ReasonRegion}}
		r.whole(r.send(), "fine") // benches the first
		sent := len(limited.Requests()) + len(r.ups[1].Requests())
		body := `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}],"logit_bias":{"5":1}}`
		got, err := r.b.Explain(t.Context(), broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(body)})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		var said []string
		for _, c := range got.Candidates {
			said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", c.Deployment, c.Lane, c.Why, c.Reason, strings.Join(c.Losses, " "))))
		}
		want := []string{"b bytes only", "c translated   logit_bias", "a bytes  benched", "d bytes  capability", "far   region"}
		if strings.Join(said, "\n") != strings.Join(want, "\n") || got.Model != "m" {
			t.Errorf("%q", said)
		}
		if h := got.Candidates[2].Health; h.BenchedUntil.IsZero() || len(h.Failures) != 1 || h.Failures[0].Code != "rate.limited" {
			t.Errorf("health %+v", h)
		}
		for i, c := range got.Candidates {
			if far := i == len(got.Candidates)-1; (c.Score >= 50) == far {
				t.Errorf("%s has a load of %v", c.Deployment, c.Score)
			}
		}
		if n := len(limited.Requests()) + len(r.ups[1].Requests()); n != sent || len(r.gate.open) != 0 || r.b.InFlight("b") != 0 {
			t.Error("explaining asked somebody")
		}
		if _, err := r.b.Explain(t.Context(), broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(`{"model":"m"}`)}); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("a bad request is %v", err)
		}
	})
}
