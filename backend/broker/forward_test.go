package broker_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/chat"
)

const (
	hi       = `"messages":[{"role":"user","content":"hi"}]`
	streamed = `{ "model":"m", "stream":true, "seed":1.0, ` + hi + ` }`
	whole    = `{"model":"m",` + hi + `}`
)

// reports collects what Done was told.
type reports struct {
	calls atomic.Int32
	last  atomic.Pointer[broker.Report]
}

func (r *reports) done(got broker.Report) {
	r.calls.Add(1)
	r.last.Store(&got)
}

func (r *reports) only(t *testing.T) broker.Report {
	t.Helper()
	if n := r.calls.Load(); n != 1 {
		t.Fatalf("reported %d times", n)
	}
	return *r.last.Load()
}

func request(body string, r *reports) broker.ForwardRequest {
	return broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(body), Done: r.done}
}

// drain reads and closes an answer.
func drain(t *testing.T, f *broker.Forwarded) (string, error) {
	t.Helper()
	body, err := io.ReadAll(f.Body)
	if err := f.Body.Close(); err != nil {
		t.Error(err)
	}
	_ = f.Body.Close() // a second Close must do nothing
	return string(body), err
}

func TestForwardPassesAStreamOn(t *testing.T) {
	t.Parallel()
	usage := `data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}` + "\n\n"
	finish := `data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	script := append([]up.Act{up.Head(), up.Ping()}, up.Answer("Olá", " mundo")[1:]...)
	for name, c := range map[string]struct{ body, sent, kept string }{
		"usage not asked": {streamed, `{ "model":"up-one", "stream":true, "seed":1.0, ` + hi + `,"stream_options":{"include_usage":true} }`, ""},
		"usage asked": {
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + hi + `}`,
			`{"model":"up-one","stream":true,"stream_options":{"include_usage":true},` + hi + `}`, usage,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, r := up.Serve(t, script), &reports{}
			b := newBroker(t, deploy(t, u, "one", 0))
			f, err := b.Forward(t.Context(), request(c.body, r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			if b.InFlight("one") != 1 || r.calls.Load() != 0 {
				t.Error("an open stream is not in flight")
			}
			got, err := drain(t, f)
			want := ": keep-alive\n\n" + up.Content("Olá") + up.Content(" mundo") + finish + c.kept + "data: [DONE]\n\n"
			if err != nil || got != want {
				t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
			}
			if sent := string(u.Requests()[0].Body); sent != c.sent {
				t.Errorf("sent %s", sent)
			}
			report := r.only(t)
			a := report.Attempts[0]
			if report.Model != "m" || a.Model != "up-one" || a.Code != "" || a.Usage != (llm.Usage{Input: 3, Output: 2}) || a.Finish != llm.FinishStop || a.FirstToken.IsZero() || b.InFlight("one") != 0 {
				t.Errorf("attempt %+v", a)
			}
			if !f.Stream || f.Status != 200 || f.ContentType != "text/event-stream" {
				t.Errorf("forwarded %+v", f)
			}
		})
	}
}

func TestForwardFallsBackOnce(t *testing.T) {
	t.Parallel()
	for name, f := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reports{}
			one, two := deploy(t, up.Serve(t, f.script), "one", 0), deploy(t, up.Serve(t, up.Answer("fine")), "two", 1)
			b := newBroker(t, one, two)
			got, err := b.Forward(t.Context(), request(streamed, r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			text, err := drain(t, got)
			if err != nil || !strings.HasPrefix(text, up.Content("fine")) || strings.Contains(text, "keep-alive") {
				t.Errorf("%q %v: bytes of the first attempt must not show", text, err)
			}
			if c := codes(r.only(t)); len(c) != 2 || c[0] != f.code || c[1] != "" || b.InFlight("one") != 0 {
				t.Errorf("attempts %q, want %q first", c, f.code)
			}
		})
	}
}

func TestForwardReportsFailureOfAll(t *testing.T) {
	t.Parallel()
	r := &reports{}
	limited := up.Reply(429, `{}`, "Retry-After", "7")
	b := newBroker(t, deploy(t, up.Serve(t, limited), "one", 0), deploy(t, up.Serve(t, limited), "two", 1))
	_, err := b.Forward(t.Context(), request(streamed, r))
	if f := fault.From(err); f.Code != fault.RateLimited || f.RetryAfter != 7*time.Second {
		t.Errorf("got %+v", f)
	}
	if c := codes(r.only(t)); len(c) != 2 {
		t.Errorf("attempts %q", c)
	}
}

func TestForwardTellsACutFromAnEnd(t *testing.T) {
	t.Parallel()
	const tools = `{"model":"m","stream":true,"tools":[{"type":"function","function":{"name":"f"}}],` + hi + `}`
	for name, c := range map[string]struct {
		end  []up.Act
		code fault.Code
	}{
		"connection breaks": {[]up.Act{up.Cut()}, fault.UpstreamFailed},
		"half an event":     {[]up.Act{up.Raw(`data: {"choices":[{"ind`), up.Cut()}, fault.UpstreamFailed},
		"no end marker":     {[]up.Act{up.Finish("stop")}, fault.UpstreamFailed},
		"no finish reason":  {[]up.Act{up.Done()}, fault.UpstreamFailed},
		"error chunk":       {[]up.Act{up.Raw(`data: {"error":{"message":"x","code":429}}` + "\n\n")}, fault.RateLimited},
		"stall":             {[]up.Act{up.Wait(3 * time.Second)}, fault.Timeout},
		"cut after the end": {[]up.Act{up.Finish("stop"), up.Done(), up.Cut()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, other, hold := &reports{}, up.Serve(t, up.Answer("other")), make(chan struct{})
			b := newBroker(t, deploy(t, up.Serve(t, append([]up.Act{up.Head(), up.Say("half"), until(hold)}, c.end...)), "one", 0), deploy(t, other, "two", 1))
			f, err := b.Forward(t.Context(), request(tools, r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			close(hold)
			text, err := drain(t, f)
			if fault.CodeOf(err) != c.code || !strings.HasPrefix(text, up.Content("half")) || len(other.Requests()) != 0 {
				t.Errorf("%q %v", text, err)
			}
			if told := strings.Contains(text, "\n\ndata: {\"error\":{"); told != (c.code != "") || strings.Contains(text, `{"ind`+"\n") || strings.Count(text, `"error"`) > 1 {
				t.Errorf("%q", text)
			}
			a := r.only(t).Attempts
			if len(a) != 1 || a[0].Code != c.code || !a[0].Usage.Estimated || !a[0].Delivered {
				t.Errorf("attempts %+v", a)
			}
		})
	}
}

func TestForwardKeepsAliveOnComments(t *testing.T) {
	t.Parallel()
	script := []up.Act{up.Head(), up.Say("a")}
	for range 8 {
		script = append(script, up.Wait(150*time.Millisecond), up.Ping())
	}
	d := deploy(t, up.Serve(t, append(script, up.Finish("stop"), up.Done())), "one", 0)
	d.Deadlines.BetweenTokens = time.Second // less than all of them together
	f, err := newBroker(t, d).Forward(t.Context(), request(streamed, &reports{}))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if text, err := drain(t, f); err != nil || strings.Count(text, "keep-alive") != 8 {
		t.Errorf("%q %v", text, err)
	}
}

func TestLeavingAForwardFreesTheProvider(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*broker.Forwarded, context.CancelFunc){
		"close":  func(f *broker.Forwarded, _ context.CancelFunc) { _ = f.Body.Close() },
		"cancel": func(_ *broker.Forwarded, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var u *up.Upstream
			u = up.Serve(t, []up.Act{up.Head(), up.Say("half"), func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }})
			r := &reports{}
			b := newBroker(t, deploy(t, u, "one", 0))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f, err := b.Forward(ctx, request(streamed, r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			start := time.Now()
			leave(f, cancel)
			if !u.WaitGone(time.Second) || time.Since(start) > 100*time.Millisecond {
				t.Errorf("freed after %v", time.Since(start))
			}
			_, _ = drain(t, f)
			if a := r.only(t).Attempts[0]; a.Code != fault.Canceled || !a.Usage.Estimated || a.Usage.Output == 0 || b.InFlight("one") != 0 {
				t.Errorf("attempt %+v", a)
			}
		})
	}
}

func TestForwardOfAWholeAnswer(t *testing.T) {
	t.Parallel()
	answer := `{"id":"x", "choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`
	for name, bad := range map[string][]up.Act{
		"empty": up.Reply(200, ``), "cut": append(up.Reply(200, answer[:50]), up.Cut()), "not JSON": up.Reply(200, `<html>`),
		"no choices": up.Reply(200, `{}`), "error in 200": up.Reply(200, `{"error":{"message":"x"}}`), "huge": up.Reply(200, `{"a":"`+strings.Repeat("x", 2<<20)+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reports{}
			b, err := broker.New(broker.Config{
				Routes: routes{deploy(t, up.Serve(t, bad), "one", 0), deploy(t, up.Serve(t, up.Reply(200, answer)), "two", 1)},
				Log:    quiet(), MaxAnswer: 1 << 20,
			})
			if err != nil {
				t.Fatal(err)
			}
			f, err := b.Forward(t.Context(), request(whole, r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			if text, err := drain(t, f); err != nil || text != answer || f.Stream || f.ContentType != "application/json" {
				t.Errorf("%q %v", text, err)
			}
			a := r.only(t).Attempts
			if len(a) != 2 || a[0].Code != fault.UpstreamFailed || a[1].Usage.Input != 3 || a[1].Finish != llm.FinishLength {
				t.Errorf("attempts %+v", a)
			}
		})
	}
}

func TestForwardPassesTheProvidersWordsOnABadRequest(t *testing.T) {
	t.Parallel()
	words := `{"error":{"message":"temperature is too high","param":"temperature"}}`
	other := up.Serve(t, up.Answer("other"))
	r := &reports{}
	f, err := newBroker(t, deploy(t, up.Serve(t, up.Reply(400, words)), "one", 0), deploy(t, other, "two", 1)).Forward(t.Context(), request(streamed, r))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if text, err := drain(t, f); f.Status != 400 || text != words || err != nil || len(other.Requests()) != 0 {
		t.Errorf("%d %q %v", f.Status, text, err)
	}
	if a := r.only(t).Attempts[0]; a.Code != fault.BadRequest || a.Usage != (llm.Usage{}) {
		t.Errorf("attempt %+v", a)
	}
}

func TestForwardRefusesWhatItCannotSend(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Answer("a"))
	d := deploy(t, u, "one", 0)
	noForward := d
	noForward.Forwarder, noForward.Client = nil, nil
	for name, c := range map[string]struct {
		d    broker.Deployment
		body string
		code fault.Code
	}{
		"no JSON": {d, `{`, fault.BadRequest}, "no model": {d, `{"stream":true,` + hi + `}`, fault.BadRequest}, "unknown model": {d, `{"model":"unknown",` + hi + `}`, fault.ModelUnknown},
		"no forwarder": {noForward, streamed, fault.BadRequest},
	} {
		r := &reports{}
		if _, err := newBroker(t, c.d).Forward(t.Context(), request(c.body, r)); fault.CodeOf(err) != c.code {
			t.Errorf("%s is %v", name, err)
		}
		if got := r.only(t); len(got.Attempts) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if n := len(u.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestForwardBoundsWhatItHolds(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	comment := ": " + strings.Repeat("x", 64<<10) + "\n\n"
	flood := func(w http.ResponseWriter, _ *http.Request) {
		for sent.Load() < 256<<20 {
			n, err := io.WriteString(w, comment)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
	endless := deploy(t, up.Serve(t, []up.Act{up.Head(), flood}), "one", 0)
	endless.Deadlines.FirstToken = time.Minute
	f, err := newBroker(t, endless, deploy(t, up.Serve(t, up.Answer("fine")), "two", 1)).Forward(t.Context(), request(streamed, &reports{}))
	if err != nil || f.Deployment != "two" {
		t.Fatalf("%+v %v", f, err)
	}
	_, _ = drain(t, f)
	if got := sent.Load(); got > 32<<20 { // the rest of 1 MiB is in socket buffers
		t.Errorf("took %d MiB before giving up", got>>20)
	}
}
