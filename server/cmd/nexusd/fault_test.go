package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/ledger"
)

// day is what one provider does on a bad day. A is asked before B, who is well.
type day struct {
	a, b   [][]up.Act // scripts of A and of B; b nil: it answers "fine" in two pieces
	alone  bool       // there is no B
	calls  int        // 0: one
	equal  bool       // B is asked as often as A
	model  string     // more of what is declared of both
	larger bool       // B has the larger context

	status int      // 0: 200
	text   string   // of each answer
	broken bool     // the stream says that it broke off
	log    []string // attempts as "deployment reason code input output", "~" for an estimate; nil: any
	most   int      // how often A may be asked; 0: any
}

func once(acts ...up.Act) [][]up.Act { return [][]up.Act{acts} }

// said is a stream that has begun: what follows comes after its caller has that.
func said(words []string, rest ...up.Act) [][]up.Act {
	script := []up.Act{up.Head()}
	for _, word := range words {
		script = append(script, up.Say(word))
	}
	return once(append(append(script, up.Wait(100*time.Millisecond)), rest...)...)
}

func numbers(first, last int) (words []string) {
	for n := first; n <= last; n++ {
		words = append(words, fmt.Sprint(n, " "))
	}
	return words
}

func days() map[string]day {
	good, forever := up.Answer("fi", "ne"), up.Wait(time.Minute)
	failed := []string{"A only upstream.failed 0 0", "B fallback ok 3 2"}
	late := []string{"A only timeout ~ 0", "B fallback ok 3 2"}
	pings := []up.Act{up.Head()}
	for range 100 {
		pings = append(pings, up.Wait(50*time.Millisecond), up.Ping())
	}
	flapping := [][]up.Act{}
	for range 40 { // never five in a row
		flapping = append(flapping, up.Reply(500, `{}`), up.Reply(500, `{}`), good)
	}
	upTo40, upTo20 := strings.Join(numbers(1, 40), ""), strings.Join(numbers(1, 20), "")
	return map[string]day{
		"429 with Retry-After": {
			a: once(up.Reply(429, `{}`, "Retry-After", "60")...), calls: 2, text: "fine",
			log: []string{"A only rate.limited 0 0", "B fallback ok 3 2", "B only ok 3 2"},
		},
		"429 without Retry-After": {
			a: [][]up.Act{up.Reply(429, `{}`), good}, alone: true, text: "fine", log: []string{"A only rate.limited 0 0", "A retry ok 3 2"},
		},
		"500 once": {a: [][]up.Act{up.Reply(500, `oops`), good}, alone: true, text: "fine", log: []string{"A only upstream.failed 0 0", "A retry ok 3 2"}},
		"503 for long": {
			a: once(up.Reply(503, `{}`)...), calls: 7, text: "fine",
			log: append(slices.Repeat(failed, 5), "B only ok 3 2", "B only ok 3 2"),
		},
		"reset before headers": {a: once(up.Cut()), text: "fine", log: failed},
		"silence":              {a: once(forever), text: "fine", log: late},
		"slow first token":     {a: once(pings...), text: "fine", log: late},
		"cut after 40 tokens": {
			a: said(numbers(1, 40), up.Raw(`data: {"id":"c1","choi`), up.Cut()), b: once(up.Answer("41 ", "42")...), model: "prefill: true",
			text: upTo40 + "41 42", log: []string{"A only upstream.failed ~ 28", "B rescue ok 3 2"},
		},
		"stall after 20": {
			a: said(numbers(1, 20), forever), b: once(up.Answer("21 ", "22")...), model: "prefill: true",
			text: upTo20 + "21 22", log: []string{"A only timeout ~ 13", "B rescue ok 3 2"},
		},
		"malformed chunk": {
			a: said([]string{"one two"}, up.Raw("data: <html>502</html>\n\n"), up.Say("never"), up.Finish("stop"), up.Done()), b: once(up.Answer(" three")...),
			model: "prefill: true", text: "one two three", log: []string{"A only upstream.failed ~ 2", "B rescue ok 3 1"},
		},
		"missing end marker": {a: said([]string{"all of it"}, up.Finish("stop")), text: "all of it", broken: true, log: []string{"A only upstream.failed ~ 3"}},
		"context length": {
			a: once(up.Reply(400, `{"error":{"code":"context_length_exceeded","message":"maximum context length is 8 tokens"}}`)...), larger: true,
			text: "fine", log: []string{"A only model.context_too_long 0 0", "B larger ok 3 2"},
		},
		"policy refusal": {
			a: once(up.Reply(400, `{"error":{"code":"content_policy_violation","type":"invalid_request_error","message":"no"}}`)...), status: 400,
			log: []string{"A only request.invalid 0 0"},
		},
		"fallback without prefill": {
			a: said(numbers(1, 40), up.Cut()), b: once(up.Answer("38 ", "39 40 ", "41 ", "42")...),
			text: upTo40 + "41 42", log: []string{"A only upstream.failed ~ 28", "B rescue ok 3 4"},
		},
		"flapping primary": {a: flapping, equal: true, calls: 40, text: "fine", most: 22},
		"wrong usage": {
			a: once(up.Head(), up.Say("an answer of many words"), up.Finish("stop"), up.Usage(-5, -7), up.Done()), alone: true,
			text: "an answer of many words", log: []string{"A only ok ~ 6"},
		},
		"empty 200": {a: once(up.Head()), text: "fine", log: failed},
	}
}

// TestFaults gives each bad day a model of its own, on one server with all that
// it has: what the caller gets, what the log says of each attempt and what is
// booked for it.
func TestFaults(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	w := &badDays{team: newTeam(t, dir, up.Serve(t, up.Answer("fine")).URL), url: p.url, asked: map[string]*up.Upstream{}}
	w.declare(dir)
	t.Run("days", func(t *testing.T) {
		for name, d := range days() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w.spend(t, name, d)
			})
		}
	})
	w.have(`select count(*) from inference_attempt where cost_nano_usd <> input_tokens * 1000 + output_tokens * 10000`, 0)
	v, err := ledger.Verify(t.Context(), w.db, w.id)
	if err != nil || !v.OK() || v.Settled == 0 {
		t.Errorf("verdict %+v %v", v, err)
	}
}

type badDays struct {
	*team
	url   string
	asked map[string]*up.Upstream // A of each day
}

// declare applies a file with the two providers of every day.
func (w *badDays) declare(dir string) {
	w.t.Helper()
	var providers, aliases strings.Builder
	for name, d := range days() {
		one := func(letter, model string, priority int, u *up.Upstream) {
			fmt.Fprintf(&providers, "  - {name: %q, base_url: %q, models: [{id: %q, priority: %d, deadlines: {first_token: 1s, between_tokens: 1s}, usd_per_million: {input: 1, output: 10}, %s}]}\n",
				letter+" "+name, u.URL, model, priority, d.model)
		}
		w.asked[name] = up.Serve(w.t, d.a...)
		first, second, after := name, name, 1
		if d.larger {
			first, second = "small", "large"
			fmt.Fprintf(&aliases, "  %q: {targets: [small], larger: large}\n", name)
		}
		if d.equal {
			after = 0
		}
		one("A", first, 0, w.asked[name])
		if d.b == nil {
			d.b = once(up.Answer("fi", "ne")...)
		}
		if !d.alone {
			one("B", second, after, up.Serve(w.t, d.b...))
		}
	}
	w.apply(dir, "providers:\n"+providers.String()+"aliases:\n"+aliases.String())
}

func (w *badDays) spend(t *testing.T, name string, d day) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	calls := max(d.calls, 1)
	for range calls {
		status, answer := post(ctx, w.url+"/v1/chat/completions", w.key, map[string]any{"model": name, "stream": true, "messages": []any{map[string]string{"role": "user", "content": "hi"}}})
		want := d.status
		if want == 0 {
			want = http.StatusOK
		}
		text, whole := spoken(answer)
		if status != want || text != d.text || whole != (want == http.StatusOK && !d.broken) || d.broken != bytes.Contains(answer, []byte(`data: {"error":{`)) {
			t.Errorf("%d %q: %s", status, text, answer)
		}
	}
	got, logged := w.attempts(ctx, name, calls)
	if d.log != nil && !slices.Equal(got, d.log) {
		t.Errorf("attempts %q, want %q", got, d.log)
	}
	if n := len(w.asked[name].Requests()); d.most > 0 && (n == 0 || n > d.most) {
		t.Errorf("A was asked %d times", n)
	}
	if well := d.status == 0 && !d.broken; logged != calls || well != w.all(ctx, name, "state = 'ok'", calls) {
		t.Errorf("%d calls are logged", logged)
	}
}

// spoken is the text of a stream, and whether it came to its proper end.
func spoken(answer []byte) (text string, whole bool) {
	for event := range bytes.SplitSeq(answer, []byte("\n\n")) {
		data, ok := bytes.CutPrefix(event, []byte("data: "))
		if string(data) == "[DONE]" {
			return text, true
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if ok && json.Unmarshal(data, &chunk) == nil && len(chunk.Choices) > 0 {
			text += chunk.Choices[0].Delta.Content
		}
	}
	return text, false
}

// attempts waits until the calls of a model are stored and lists their attempts.
func (w *badDays) attempts(ctx context.Context, model string, calls int) (out []string, logged int) {
	for logged < calls && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
		w.ask(ctx, &logged, `select count(*)::int from inference_log where model = $1`, model)
	}
	w.ask(ctx, &out, `
		select coalesce(array_agg(left(a.name, 1) || ' ' || a.reason || ' ' || coalesce(nullif(a.error_code, ''), 'ok') || ' '
			|| case when a.estimated then '~' else a.input_tokens::text end || ' ' || a.output_tokens order by l.at, a.attempt), '{}')
		from inference_attempt a join inference_log l on l.tenant_id = a.tenant_id and l.id = a.call_id where l.model = $1`, model)
	return out, logged
}

func (w *badDays) all(ctx context.Context, model, are string, calls int) bool {
	n := 0
	w.ask(ctx, &n, `select count(*)::int from inference_log where model = $1 and `+are, model)
	return n == calls
}

func (w *badDays) ask(ctx context.Context, into any, sql string, args ...any) {
	w.t.Helper()
	if err := w.db.TenantRead(ctx, w.id, func(tx pgx.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(into) }); err != nil && ctx.Err() == nil {
		w.t.Error(err)
	}
}
