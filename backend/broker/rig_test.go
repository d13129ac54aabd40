package broker_test

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/chat"
)

// way is how a request comes in and goes on.
type way struct {
	name       string
	stream     bool // the caller sees pieces
	translated bool // the deployment does not speak the caller's wire
	inside     bool // the caller is the product itself
}

var (
	bytesStream = way{name: "bytes, streamed", stream: true}
	bytesWhole  = way{name: "bytes, whole"}
	wordsStream = way{name: "translated, streamed", stream: true, translated: true}
	wordsWhole  = way{name: "translated, whole", translated: true}
	insideWay   = way{name: "inside", stream: true, translated: true, inside: true}

	allWays = []way{bytesStream, bytesWhole, wordsStream, wordsWhole, insideWay}
	// pieces are the ways on which something can break after it has begun.
	pieces = []way{bytesStream, wordsStream, insideWay}
)

// events says that the provider is asked for a stream: a translating client
// always does.
func (w way) events() bool { return w.stream || w.translated }

// good is a whole answer of that many words.
func (w way) good(words ...string) []up.Act {
	if w.events() {
		return up.Answer(words...)
	}
	text, _ := json.Marshal(strings.Join(words, ""))
	return up.Reply(200, `{"id":"c1","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":`+string(text)+`},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":`+string(rune('0'+len(words)))+`}}`)
}

// rig is a broker over scripted deployments with a gate that keeps books.
type rig struct {
	t    *testing.T
	way  way
	b    *broker.Broker
	gate *books
	hold chan struct{} // closed once the caller has the first content
	ups  []*up.Upstream
	all  []broker.Deployment
	// route of all models but those in others.
	route  broker.Route
	others map[string]broker.Route
	via    string // what the last query of one of these came from
}

// each runs a test on each of ways.
func each(t *testing.T, ways []way, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			test(t, &rig{t: t, way: w, hold: make(chan struct{}), gate: &books{t: t, open: map[int]broker.Deployment{}}})
		})
	}
}

// deploy adds a deployment; the first one is asked first.
func (r *rig) deploy(scripts ...[]up.Act) *up.Upstream {
	u := up.Serve(r.t, scripts...)
	r.add(u, deploy(r.t, u, string(rune('a'+len(r.all))), len(r.all)))
	return u
}

func (r *rig) add(u *up.Upstream, d broker.Deployment) {
	if r.way.translated {
		d.Forwarder = nil
	}
	r.ups, r.all = append(r.ups, u), append(r.all, d)
}

// first is a script that answers half and goes on with rest once the caller has
// that.
func (r *rig) first(half []string, rest ...up.Act) []up.Act {
	script := []up.Act{up.Head()}
	for _, word := range half {
		script = append(script, up.Say(word))
	}
	return append(append(script, until(r.hold)), rest...)
}

func (r *rig) Candidates(_ context.Context, q broker.Query) (broker.Route, error) {
	if route, ok := r.others[q.Model]; ok {
		r.via = q.Via
		return route, nil
	}
	route := r.route
	route.Deployments = r.all
	return route, nil
}

func (r *rig) Models(context.Context) ([]llm.Model, error) { return nil, nil }

// result is what the caller got.
type result struct {
	text   string // of the answer
	raw    string
	status int
	err    error // of Forward, or of reading
	usage  llm.Usage
	report broker.Report
	answer *broker.Forwarded
}

func (r *rig) broker() *broker.Broker {
	if r.b == nil {
		b, err := broker.New(broker.Config{Routes: r, Gate: r.gate, Log: quiet(), Rand: rand.New(rand.NewPCG(1, 2))})
		if err != nil {
			r.t.Fatal(err)
		}
		r.b = b
	}
	return r.b
}

func (r *rig) send() result {
	return r.sendWith(context.WithoutCancel(r.t.Context()), broker.Options{})
}

func (r *rig) sendWith(ctx context.Context, o broker.Options) (out result) {
	r.t.Helper()
	b := r.broker()
	release := sync.OnceFunc(func() {
		select {
		case <-r.hold:
		default:
			close(r.hold)
		}
	})
	o.CallID = "call"
	if r.way.inside {
		out.status = 200
		var done llm.Completion
		done, out.report, out.err = b.ChatWithReport(ctx, ask("m"), o, func(d llm.Delta) error {
			out.text += d.Text
			release()
			return nil
		})
		out.usage = done.Usage
		if out.err == nil && done.Text != out.text {
			r.t.Errorf("told %q, returned %q", out.text, done.Text)
		}
	} else {
		out = r.forward(ctx, o, release)
	}
	r.gate.balance(out.report)
	for _, d := range r.all {
		if n := b.InFlight(d.ID); n != 0 {
			r.t.Errorf("%d attempts at %s still count as in flight", n, d.ID)
		}
	}
	return out
}

func (r *rig) forward(ctx context.Context, o broker.Options, release func()) (out result) {
	body := `{"model":"m",` + hi + `}`
	if r.way.stream {
		body = `{"model":"m","stream":true,"stream_options":{"include_usage":true},` + hi + `}`
	}
	reported := 0
	f, err := r.broker().Forward(ctx, broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(body), Options: o, Done: func(report broker.Report) {
		out.report = report
		reported++
	}})
	if err != nil {
		out.err = err
	} else {
		release()
		out.answer, out.status = f, f.Status
		var data []byte
		data, out.err = io.ReadAll(f.Body)
		out.raw = string(data)
		f.Body.Close()
		out.text, out.usage = r.read(out.raw, f)
	}
	if reported != 1 {
		r.t.Errorf("reported %d times", reported)
	}
	return out
}

// read is what a client of the surface makes of an answer: the text, which must
// come as one stream of one completion, and the usage it was told.
func (r *rig) read(raw string, f *broker.Forwarded) (text string, u llm.Usage) {
	if !f.Stream {
		seen, _ := chat.Surface{}.Inspect([]byte(raw))
		var whole struct {
			Choices []struct{ Message struct{ Content string } }
		}
		_ = json.Unmarshal([]byte(raw), &whole)
		if len(whole.Choices) > 0 {
			text = whole.Choices[0].Message.Content
		}
		return text, seen.Usage
	}
	ids := map[string]bool{}
	for _, event := range strings.Split(raw, "\n\n") {
		data, ok := strings.CutPrefix(strings.TrimSpace(event), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		var chunk struct {
			ID      string
			Choices []struct{ Delta struct{ Content string } }
			Usage   *struct {
				Input  int `json:"prompt_tokens"`
				Output int `json:"completion_tokens"`
			}
			Error json.RawMessage
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			r.t.Errorf("a client cannot read %q", event)
		}
		if chunk.Error == nil {
			ids[chunk.ID] = true
		}
		for _, choice := range chunk.Choices {
			text += choice.Delta.Content
		}
		if chunk.Usage != nil {
			u = llm.Usage{Input: chunk.Usage.Input, Output: chunk.Usage.Output}
		}
	}
	if len(ids) > 1 {
		r.t.Errorf("one stream names several completions: %v", ids)
	}
	return text, u
}

// whole checks that the caller got text, with a proper end.
func (r *rig) whole(got result, text string) {
	r.t.Helper()
	if got.err != nil {
		r.t.Fatalf("%s; attempts %v", fault.Cause(got.err), tries(got.report))
	}
	if got.text != text || got.status != 200 {
		r.t.Errorf("%d %q, want %q", got.status, got.text, text)
	}
	if r.way.stream && !r.way.inside && (!strings.HasSuffix(got.raw, "data: [DONE]\n\n") || strings.Contains(got.raw, `"error"`) || strings.Count(got.raw, "[DONE]") != 1) {
		r.t.Errorf("the stream has no proper end: %q", got.raw)
	}
	if last, _ := got.report.Last(); last.Code != "" || !last.Delivered || last.Ended.Before(last.Started) {
		r.t.Errorf("the last attempt is %+v", last)
	}
}

// broke checks that the caller learned, in its surface's way, that the answer is
// not whole.
func (r *rig) broke(got result, code fault.Code) {
	r.t.Helper()
	if fault.CodeOf(got.err) != code {
		r.t.Errorf("%v, want %s; %q", got.err, code, got.raw)
	}
	if strings.Contains(got.raw, "[DONE]") {
		r.t.Errorf("it looks like success: %q", got.raw)
	}
	if got.answer != nil && got.answer.Stream && !strings.Contains(got.raw, `data: {"error":{`) {
		r.t.Errorf("the stream does not say so: %q", got.raw)
	}
}

// attempts checks codes and reasons: "upstream.failed only", " fallback".
func (r *rig) attempts(got result, want ...string) {
	r.t.Helper()
	if have := tries(got.report); strings.Join(have, ", ") != strings.Join(want, ", ") {
		r.t.Errorf("attempts %q, want %q", have, want)
	}
}

// owes checks what each attempt is settled with: "3 2" is input and output as
// the provider counted, "0 0" that nothing is owed, and "~ 2" an estimate of that
// much output, with some input: how much depends on how the request is written.
func (r *rig) owes(got result, want ...string) {
	r.t.Helper()
	var have []string
	for _, a := range got.report.Attempts {
		switch u := a.Usage; {
		case u.Estimated && u.Input > 0:
			have = append(have, "~ "+itoa(u.Output))
		default:
			have = append(have, itoa(u.Input)+" "+itoa(u.Output))
		}
	}
	if strings.Join(have, ", ") != strings.Join(want, ", ") {
		r.t.Errorf("settled %q, want %q", have, want)
	}
}

func tries(report broker.Report) (out []string) {
	for _, a := range report.Attempts {
		out = append(out, a.Deployment+" "+string(a.Why)+" "+string(a.Code))
	}
	return out
}

// books is a gate that sees that every attempt is admitted once and settled once.
type books struct {
	t      *testing.T
	limit  int                                             // MaxOutput of tickets
	settle func(broker.Attempt)                            // may be nil
	refuse func(d broker.Deployment, ask broker.Ask) error // nil admits all

	mu      sync.Mutex // guards what follows
	open    map[int]broker.Deployment
	settled []broker.Attempt
	asks    []broker.Ask
}

type ticket struct {
	gate *books
	n    int
}

func (g *books) Admit(_ context.Context, d broker.Deployment, ask broker.Ask) (broker.Ticket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse != nil {
		if err := g.refuse(d, ask); err != nil {
			return nil, err
		}
	}
	if _, twice := g.open[ask.Attempt]; twice {
		g.t.Errorf("attempt %d was admitted twice", ask.Attempt)
	}
	g.asks = append(g.asks, ask)
	g.open[ask.Attempt] = d
	return ticket{g, ask.Attempt}, nil
}

func (k ticket) MaxOutput() int { return k.gate.limit }

func (k ticket) Settle(a broker.Attempt) {
	g := k.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if d, ok := g.open[k.n]; !ok || d.ID != a.Deployment || a.N != k.n || a.Ended.IsZero() {
		g.t.Errorf("attempt %d was settled as %+v", k.n, a)
	}
	delete(g.open, k.n)
	g.settled = append(g.settled, a)
	if g.settle != nil {
		g.settle(a)
	}
}

// balance checks that nothing is left open and that the report says the same.
func (g *books) balance(report broker.Report) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.open) != 0 {
		g.t.Errorf("admitted and never settled: %v", g.open)
	}
	var booked, told llm.Usage
	for _, a := range g.settled {
		booked.Input, booked.Output = booked.Input+a.Usage.Input, booked.Output+a.Usage.Output
	}
	for _, a := range report.Attempts {
		told.Input, told.Output = told.Input+a.Usage.Input, told.Output+a.Usage.Output
	}
	if booked != told || len(g.settled) != len(report.Attempts) {
		g.t.Errorf("settled %d attempts with %+v, reported %d with %+v", len(g.settled), booked, len(report.Attempts), told)
	}
	g.settled = nil
}
