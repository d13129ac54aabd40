package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/responses"
	"nexusai/server/cache"
)

// world is a cache before a broker that numbers its answers.
type world struct {
	*cache.Cache
	t      *testing.T
	asked  int
	answer broker.Forwarded // Body is made anew
	body   string           // %d is the number
	report broker.Report
	broken error             // ends the body instead of io.EOF
	routes map[string]string // model asked for to the provider's
	now    time.Time
}

func newWorld(t *testing.T, change func(*cache.Config)) *world {
	w := &world{
		t: t, now: time.Unix(1000, 0), routes: map[string]string{"fast": "vendor/fast-1"}, body: `{"n":%d}`,
		answer: broker.Forwarded{Status: 200, ContentType: "application/json"},
		report: broker.Report{Attempts: []broker.Attempt{{Model: "vendor/fast-1", Finish: llm.FinishStop, Usage: llm.Usage{Input: 3, Output: 2}}}},
	}
	cfg := cache.Config{Next: w, Routes: w, Now: func() time.Time { return w.now }}
	if change != nil {
		change(&cfg)
	}
	c, err := cache.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.Cache = c
	return w
}

// Candidates implements cache.Router.
func (w *world) Candidates(_ context.Context, q broker.Query) (broker.Route, error) {
	model, ok := w.routes[q.Model]
	if !ok {
		return broker.Route{}, fault.New(fault.ModelUnknown, "no", nil)
	}
	return broker.Route{Deployments: []broker.Deployment{{Provider: "vendor", Model: model}}}, nil
}

// next is the broker behind the cache.
func (w *world) Forward(_ context.Context, req broker.ForwardRequest) (*broker.Forwarded, error) {
	w.asked++
	answer := w.answer
	var body io.Reader = strings.NewReader(strings.ReplaceAll(w.body, "%d", fmt.Sprint(w.asked)))
	if w.broken != nil {
		body = io.MultiReader(body, iotest.ErrReader(w.broken))
	}
	answer.Body = &closing{Reader: body, done: func() { req.Done(w.report) }}
	return &answer, nil
}

type closing struct {
	io.Reader
	done func()
}

func (c *closing) Close() error { c.done(); return nil }

// ask is a request of a tenant: its answer and what the cache had to do with it.
func (w *world) ask(tenant, body string, change ...func(*broker.ForwardRequest, *httpapi.Caller)) (string, cache.State, broker.Report) {
	w.t.Helper()
	var report broker.Report
	req := broker.ForwardRequest{
		Surface: chat.Surface{}, Header: http.Header{cache.Header: {"use"}}, Body: []byte(body),
		Done: func(r broker.Report) { report = r },
	}
	caller := httpapi.Caller{TenantID: tenant}
	for _, one := range change {
		one(&req, &caller)
	}
	ctx, state := cache.Noted(httpapi.WithCaller(w.t.Context(), caller))
	answer, err := w.Cache.Forward(ctx, req)
	if err != nil {
		w.t.Fatal(fault.Cause(err))
	}
	text, _ := io.ReadAll(answer.Body) // broken in some tests
	if err := answer.Body.Close(); err != nil {
		w.t.Fatal(err)
	}
	return string(text), state(), report
}

const hello = `{"model":"fast","messages":[{"role":"user","content":"hi"}]}`

func (w *world) want(state cache.State, answer string, tenant, body string, change ...func(*broker.ForwardRequest, *httpapi.Caller)) {
	w.t.Helper()
	if got, is, _ := w.ask(tenant, body, change...); is != state || got != answer {
		w.t.Errorf("%s %s, want %s %s", is, got, state, answer)
	}
}

func header(key, value string) func(*broker.ForwardRequest, *httpapi.Caller) {
	return func(r *broker.ForwardRequest, _ *httpapi.Caller) { r.Header.Set(key, value) }
}

func TestTheSameRequestIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.want(cache.Miss, `{"n":1}`, "a", hello)
	w.want(cache.Hit, `{"n":1}`, "a", hello)
	w.want(cache.Hit, `{"n":1}`, "a", strings.ReplaceAll(hello, ",", " ,\n"))
	_, _, report := w.ask("a", hello)
	last, ok := report.Last()
	if !ok || last.Provider != cache.Provider || last.Usage != (llm.Usage{Input: 3, Output: 2}) || !last.Delivered || report.Model != "fast" || report.Delivered != last.Usage {
		t.Errorf("reported %+v", report)
	}
	if w.asked != 1 {
		t.Errorf("the provider was asked %d times", w.asked)
	}
}

func TestOthersGetAnswersOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.want(cache.Miss, `{"n":1}`, "a", hello)
	w.want(cache.Miss, `{"n":2}`, "b", hello)
	w.want(cache.Hit, `{"n":2}`, "b", hello)
	w.want(cache.Miss, `{"n":3}`, "a", strings.ReplaceAll(hello, "hi", "ho"))
	w.want(cache.Miss, `{"n":4}`, "a", hello, header("Openai-Beta", "x"))
	w.routes["fast"] = "vendor/fast-2" // the alias points elsewhere now
	w.want(cache.Miss, `{"n":5}`, "a", hello)
	w.routes["fast"] = "vendor/fast-1"
	w.want(cache.Hit, `{"n":1}`, "a", hello)
	delete(w.routes, "fast") // the right to use it is gone
	w.want(cache.Off, `{"n":6}`, "a", hello)
}

func TestOnlyWhoAsksForItGetsOldAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	key := func(r *broker.ForwardRequest, c *httpapi.Caller) { c.Cache = true; r.Header.Del(cache.Header) }
	w.want(cache.Off, `{"n":1}`, "a", hello, header(cache.Header, ""))
	w.want(cache.Miss, `{"n":2}`, "a", hello, key)
	w.want(cache.Hit, `{"n":2}`, "a", hello, key)
	w.want(cache.Hit, `{"n":2}`, "a", hello)
	w.want(cache.Off, `{"n":3}`, "a", hello, key, header(cache.Header, "off"))
	w.want(cache.Off, `{"n":4}`, "a", `{"model":"fast","input":"a"}`, func(r *broker.ForwardRequest, _ *httpapi.Caller) { r.Surface = responses.Surface{} })
	w.want(cache.Off, `{"n":5}`, "a", `{"model":7}`) // the broker says what is wrong
}

func TestOnlyWholeAnswersAreKept(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*world){
		"refused":              func(w *world) { w.report.Attempts[0].Finish = llm.FinishRefusal },
		"failed":               func(w *world) { w.report.Attempts[0].Code = fault.UpstreamFailed },
		"nobody tried":         func(w *world) { w.report.Attempts = nil },
		"cut":                  func(w *world) { w.broken = errors.New("cut") },
		"the provider's no":    func(w *world) { w.answer.Status = 400 },
		"empty":                func(w *world) { w.body = "" },
		"too large":            func(w *world) { w.body = strings.Repeat("x", 101) },
		"limited by a budget":  func(w *world) { w.answer.MaxOutput = 5; w.report.Attempts[0].Finish = llm.FinishLength },
		"larger than a tenant": func(w *world) { w.body = strings.Repeat("x", 100) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *cache.Config) { c.MaxAnswer, c.MaxTenant = 100, 1123 })
			w.answer.Stream = true
			spoil(w)
			w.ask("a", hello)
			if _, state, _ := w.ask("a", hello); state != cache.Miss {
				t.Errorf("the second time is a %s", state)
			}
		})
	}
}

func TestAnswersOfCallersWhoLeaveAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx := httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: "a"})
	answer, err := w.Cache.Forward(ctx, broker.ForwardRequest{
		Surface: chat.Surface{}, Header: http.Header{cache.Header: {"use"}}, Body: []byte(hello), Done: func(broker.Report) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer.Body.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	w.want(cache.Miss, `{"n":2}`, "a", hello)
}

func TestStreamsComeAsStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.body, w.answer.ContentType, w.answer.Stream, w.answer.Losses = "data: %d\n\ndata: [DONE]\n\n", "text/event-stream", true, []string{"seed"}
	w.want(cache.Miss, "data: 1\n\ndata: [DONE]\n\n", "a", hello)
	ctx := httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: "a", Cache: true})
	answer, err := w.Cache.Forward(ctx, broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(hello)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || string(text) != "data: 1\n\ndata: [DONE]\n\n" || !answer.Stream || answer.ContentType != "text/event-stream" || len(answer.Losses) != 1 {
		t.Errorf("%q %v %+v", text, err, answer)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnswersGrowOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cache.Config) { c.MaxAge = time.Hour })
	w.want(cache.Miss, `{"n":1}`, "a", hello)
	w.now = w.now.Add(time.Hour - time.Second)
	w.want(cache.Hit, `{"n":1}`, "a", hello)
	w.now = w.now.Add(time.Second)
	w.want(cache.Miss, `{"n":2}`, "a", hello)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cache.Config) { c.MaxBytes, c.MaxTenant = 10<<10, 6<<10 }) // with 1 KiB each beside their bytes
	request := func(i int) string { return strings.ReplaceAll(hello, "hi", fmt.Sprint(i)) }
	for i := range 20 {
		w.ask("a", request(i))
	}
	hits := 0
	for i := 15; i < 20; i++ {
		if _, state, _ := w.ask("a", request(i)); state == cache.Hit {
			hits++
		}
	}
	if hits != 5 {
		t.Errorf("of five answers of the last used %d are there", hits)
	}
	if _, state, _ := w.ask("a", request(14)); state != cache.Miss {
		t.Error("one tenant has more than its part")
	}
	for i := range 5 {
		w.ask("b", request(i))
	}
	for i := range 5 {
		w.want(cache.Hit, fmt.Sprintf(`{"n":%d}`, 22+i), "b", request(i)) // a, who had most, gave way
	}
}
