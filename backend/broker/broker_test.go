package broker_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

// routes serves every model from the same deployments.
type routes []broker.Deployment

func (r routes) Candidates(_ context.Context, q broker.Query) (broker.Route, error) {
	if q.Model == "unknown" {
		return broker.Route{}, nil
	}
	return broker.Route{Deployments: r}, nil
}

func (r routes) Models(context.Context) ([]llm.Model, error) { return []llm.Model{{ID: "m"}}, nil }

func newBroker(t *testing.T, all ...broker.Deployment) *broker.Broker {
	t.Helper()
	b, err := broker.New(broker.Config{Routes: routes(all), Log: slog.New(slog.DiscardHandler), Rand: rand.New(rand.NewPCG(1, 2))})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// deploy puts a scripted upstream behind a client with deadlines that a test
// can wait for. Priority orders deployments, so tests know who is asked first.
func deploy(t testing.TB, u *up.Upstream, id string, priority int) broker.Deployment {
	t.Helper()
	c, err := openai.New(openai.Config{
		BaseURL: u.URL, APIKey: "sk-test", HTTP: u.Client, Log: slog.New(slog.DiscardHandler),
		Deadlines: openai.Deadlines{Answer: 2 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	return broker.Deployment{
		ID: id, Name: "D " + id, Provider: "p-" + id, Model: "up-" + id, Key: "k-" + id, Client: c, Forwarder: c, Priority: priority,
		Deadlines: broker.Deadlines{Connect: 2 * time.Second, FirstToken: 700 * time.Millisecond, BetweenTokens: 600 * time.Millisecond},
	}
}

func ask(model string) llm.ChatRequest {
	return llm.ChatRequest{Model: model, Messages: []llm.Message{{Role: llm.User, Text: "hi"}}}
}

// codes are the outcomes of a report's attempts, "" for success.
func codes(r broker.Report) (out []fault.Code) {
	for _, a := range r.Attempts {
		out = append(out, a.Code)
	}
	return out
}

// failures are ways to fail before any content, and who may be asked again.
var failures = map[string]struct {
	script      []up.Act
	code        fault.Code
	other, same bool // retried on another deployment; on the only one
}{
	"500":                   {up.Reply(500, `oops`), fault.UpstreamFailed, true, true},
	"429":                   {up.Reply(429, `{}`), fault.RateLimited, true, true},
	"429, wait long":        {up.Reply(429, `{}`, "Retry-After", "60"), fault.RateLimited, true, false},
	"429, wait a moment":    {up.Reply(429, `{}`, "Retry-After-Ms", "20"), fault.RateLimited, true, true},
	"bad key":               {up.Reply(401, `{}`), fault.UpstreamRefused, true, false},
	"unknown there":         {up.Reply(404, `{}`), fault.ModelUnknown, true, false},
	"loading":               {up.Reply(503, `{"error":{"message":"Loading model"}}`), fault.ModelUnready, true, true},
	"200 with no bytes":     {[]up.Act{up.Head()}, fault.UpstreamFailed, true, true},
	"only the end marker":   {[]up.Act{up.Head(), up.Done()}, fault.UpstreamFailed, true, true},
	"connection breaks":     {[]up.Act{up.Cut()}, fault.UpstreamFailed, true, true},
	"breaks after comments": {[]up.Act{up.Head(), up.Ping(), up.Cut()}, fault.UpstreamFailed, true, true},
	"garbage":               {[]up.Act{up.Head(), up.Raw("data: <html>\n\n")}, fault.UpstreamFailed, true, true},
	"error in the stream":   {[]up.Act{up.Head(), up.Raw(`data: {"error":{"message":"x","code":500}}` + "\n\n")}, fault.UpstreamFailed, true, true},
	"silence":               {[]up.Act{up.Wait(3 * time.Second)}, fault.Timeout, true, false},
	"silence after head":    {[]up.Act{up.Head(), up.Wait(3 * time.Second)}, fault.Timeout, true, false},
}

func TestChatFallsBackOnce(t *testing.T) {
	t.Parallel()
	for name, f := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := up.Serve(t, f.script), up.Serve(t, up.Answer("fine"))
			one, two := deploy(t, first, "one", 0), deploy(t, second, "two", 1)
			b := newBroker(t, two, one)
			got, report, err := b.ChatWithReport(t.Context(), ask("m"), broker.Options{}, nil)
			if err != nil || got.Text != "fine" {
				t.Fatalf("%q %v", got.Text, err)
			}
			if c := codes(report); len(c) != 2 || c[0] != f.code || c[1] != "" {
				t.Errorf("attempts %q, want %q first", c, f.code)
			}
			last, _ := report.Last()
			if last.Provider != "p-two" || last.Model != "up-two" || last.Usage.Input != 3 || last.FirstToken.IsZero() || last.Ended.Before(last.FirstToken) {
				t.Errorf("last %+v", last)
			}
			if b.InFlight("one") != 0 || b.InFlight("two") != 0 {
				t.Error("something still counts as in flight")
			}
		})
	}
}

func TestChatAsksTheOnlyDeploymentAgainIfSafe(t *testing.T) {
	t.Parallel()
	for name, f := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := up.Serve(t, f.script, up.Answer("fine"))
			got, report, err := newBroker(t, deploy(t, u, "one", 0)).ChatWithReport(t.Context(), ask("m"), broker.Options{}, nil)
			if f.same && (err != nil || got.Text != "fine" || len(report.Attempts) != 2) {
				t.Errorf("%q %v after %d attempts", got.Text, err, len(report.Attempts))
			}
			if !f.same && (fault.CodeOf(err) != f.code || len(report.Attempts) != 1) {
				t.Errorf("%v after %d attempts", err, len(report.Attempts))
			}
		})
	}
}

func TestWhatIsNoPlainTextIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	tool := `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}}]}` + "\n\n"
	for name, c := range map[string]struct {
		change func(*llm.ChatRequest)
		say    up.Act
	}{
		"schema":       {func(r *llm.ChatRequest) { r.Schema = []byte(`{"type":"object"}`) }, up.Say("half")},
		"JSON":         {func(r *llm.ChatRequest) { r.JSON = true }, up.Say("half")},
		"tools":        {func(r *llm.ChatRequest) { r.Tools = []llm.ToolSpec{{Name: "f"}} }, up.Say("half")},
		"two choices":  {func(r *llm.ChatRequest) { r.Choices = 2 }, up.Say("half")},
		"a tool call":  {func(*llm.ChatRequest) {}, up.Raw(tool)},
		"all was said": {func(*llm.ChatRequest) {}, up.Raw(up.Content("half") + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hold := make(chan struct{})
			first, second := up.Serve(t, []up.Act{up.Head(), c.say, until(hold), up.Cut()}), up.Serve(t, up.Answer("other"))
			request := ask("m")
			c.change(&request)
			once := sync.OnceFunc(func() { close(hold) })
			_, report, err := newBroker(t, deploy(t, first, "one", 0), deploy(t, second, "two", 1)).ChatWithReport(t.Context(), request, broker.Options{}, func(llm.Delta) error {
				once()
				return nil
			})
			if fault.CodeOf(err) != fault.UpstreamFailed || len(second.Requests()) != 0 || len(report.Attempts) != 1 {
				t.Errorf("%v %+v", err, report)
			}
			if u := report.Attempts[0].Usage; !u.Estimated || u.Output == 0 || report.Delivered != u {
				t.Errorf("usage of half an answer is %+v, delivered %+v", u, report.Delivered)
			}
		})
	}
}

// until holds a script until ch is closed: what comes before has been taken.
func until(ch <-chan struct{}) up.Act {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-ch:
		case <-r.Context().Done():
		}
	}
}

func TestABadRequestIsNotRepeated(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]fault.Code{`{}`: fault.BadRequest, `{"error":{"code":"context_length_exceeded","message":""}}`: fault.ContextTooLong} {
		first, second := up.Serve(t, up.Reply(400, body)), up.Serve(t, up.Answer("other"))
		_, report, err := newBroker(t, deploy(t, first, "one", 0), deploy(t, second, "two", 1)).ChatWithReport(t.Context(), ask("m"), broker.Options{}, nil)
		if fault.CodeOf(err) != want || len(report.Attempts) != 1 {
			t.Errorf("%v after %d attempts", err, len(report.Attempts))
		}
	}
}

func TestCancelFreesTheProviderAndEndsTheRequest(t *testing.T) {
	t.Parallel()
	var u *up.Upstream
	stall := func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }
	u = up.Serve(t, []up.Act{up.Head(), up.Say("a"), stall})
	ctx, cancel := context.WithCancel(t.Context())
	var left time.Time
	_, report, err := newBroker(t, deploy(t, u, "one", 0), deploy(t, u, "two", 1)).ChatWithReport(ctx, ask("m"), broker.Options{}, func(llm.Delta) error {
		left = time.Now()
		cancel()
		return nil
	})
	if !u.WaitGone(time.Second) || time.Since(left) > 100*time.Millisecond {
		t.Errorf("freed after %v", time.Since(left))
	}
	if fault.CodeOf(err) != fault.Canceled || len(report.Attempts) != 1 || report.Attempts[0].Code != fault.Canceled {
		t.Errorf("%v %+v", err, report)
	}
}

func TestEmbedFallsBackAndModelsAreTheRouters(t *testing.T) {
	t.Parallel()
	first, second := up.Serve(t, up.Reply(500, ``)), up.Serve(t, up.Reply(200, `{"data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":2}}`))
	b := newBroker(t, deploy(t, first, "one", 0), deploy(t, second, "two", 1))
	got, report, err := b.EmbedWithReport(t.Context(), llm.EmbedRequest{Model: "m", Inputs: []string{"a"}}, broker.Options{})
	if err != nil || got.Dim != 2 || len(report.Attempts) != 2 || report.Attempts[1].Usage.Input != 2 {
		t.Errorf("%+v %+v %v", got, report, err)
	}
	if models, err := b.Models(t.Context()); err != nil || len(models) != 1 {
		t.Errorf("%v %v", models, err)
	}
	if _, err := b.Embed(t.Context(), llm.EmbedRequest{Model: "m"}); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("no input is %v", err)
	}
	if _, err := b.Chat(t.Context(), ask("unknown"), nil); fault.CodeOf(err) != fault.ModelUnknown {
		t.Errorf("an unknown model is %v", err)
	}
	if _, err := broker.New(broker.Config{}); err == nil {
		t.Error("an empty Config was accepted")
	}
}
