package openai_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

func TestStatusesBecomeCodes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		status int
		body   string
		header []string
		code   fault.Code
		wait   time.Duration
	}{
		"bad key":             {401, `{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}`, nil, fault.UpstreamRefused, 0},
		"forbidden":           {403, `nope`, nil, fault.UpstreamRefused, 0},
		"unpaid":              {402, ``, nil, fault.UpstreamRefused, 0},
		"no model":            {404, `{"error":{"message":"The model does not exist","code":"model_not_found"}}`, nil, fault.ModelUnknown, 0},
		"limit, seconds":      {429, `{}`, []string{"Retry-After", "7"}, fault.RateLimited, 7 * time.Second},
		"limit, date":         {429, `{}`, []string{"Retry-After", "Fri, 20 Nov 2026 12:00:30 GMT"}, fault.RateLimited, 30 * time.Second},
		"limit, past date":    {429, `{}`, []string{"Retry-After", "Fri, 20 Nov 2026 11:00:00 GMT"}, fault.RateLimited, 0},
		"limit, ms":           {429, `{}`, []string{"Retry-After-Ms", "250", "Retry-After", "9"}, fault.RateLimited, 250 * time.Millisecond},
		"limit, nonsense":     {429, `[[`, []string{"Retry-After", "soon"}, fault.RateLimited, 0},
		"limit, for ever":     {429, ``, []string{"Retry-After", "1e300"}, fault.RateLimited, time.Hour},
		"limit, not a number": {429, ``, []string{"Retry-After", "NaN"}, fault.RateLimited, 0},
		"limit, tokens are gone": {429, `{"error":{"type":"tokens","code":"rate_limit_exceeded","message":"slow down"}}`, []string{
			"X-Ratelimit-Remaining-Requests", "9", "X-Ratelimit-Reset-Requests", "1s", "X-Ratelimit-Remaining-Tokens", "0", "X-Ratelimit-Reset-Tokens", "6m0.5s",
		}, fault.RateLimited, 6*time.Minute + 500*time.Millisecond},
		"limit, the provider's word counts": {429, `{}`, []string{
			"Retry-After", "2", "X-Ratelimit-Remaining-Tokens", "0", "X-Ratelimit-Reset-Tokens", "50s",
		}, fault.RateLimited, 2 * time.Second},
		"limit, nothing is gone":  {429, `{}`, []string{"X-Ratelimit-Remaining-Tokens", "7", "X-Ratelimit-Reset-Tokens", "50s"}, fault.RateLimited, 0},
		"limit, only in words":    {429, `{"error":{"message":"Limit 3, Used 3. Please try again in 1.25s. Visit…"}}`, nil, fault.RateLimited, 1250 * time.Millisecond},
		"limit, words of nothing": {429, `{"error":{"message":"try again in a while"}}`, nil, fault.RateLimited, 0},
		"content filter, Azure":   {400, `{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}`, nil, fault.BadRequest, 0},
		"content filter with 429": {429, `{"error":{"code":"content_policy_violation"}}`, nil, fault.BadRequest, 0},
		"unpaid, DeepSeek":        {402, `{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}`, nil, fault.UpstreamRefused, 0},
		"bad field, Mistral":      {422, `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","x"]}]},"type":"invalid_request_error","code":null}`, nil, fault.BadRequest, 0},
		"quota gone":              {429, `{"error":{"code":"insufficient_quota","message":"pay"}}`, nil, fault.UpstreamRefused, 0},
		"failed":                  {500, `oops`, nil, fault.UpstreamFailed, 0},
		"overloaded":              {529, ``, []string{"Retry-After", "2"}, fault.UpstreamFailed, 2 * time.Second},
		"gateway timeout":         {504, ``, nil, fault.Timeout, 0},
		"bad request":             {400, `{"error":{"message":"bad","param":"temperature"}}`, nil, fault.BadRequest, 0},
		"unprocessable":           {422, `{"detail":[{"loc":["body"]}]}`, nil, fault.BadRequest, 0},
		"too large":               {413, ``, nil, fault.TooLarge, 0},
		"context, OpenAI":         {400, `{"error":{"message":"This model's maximum context length is 8","code":"context_length_exceeded"}}`, nil, fault.ContextTooLong, 0},
		"context, vLLM":           {400, `{"object":"error","message":"This model's maximum context length is 8192 tokens.","code":400}`, nil, fault.ContextTooLong, 0},
		"context, llama.cpp":      {400, `{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}`, nil, fault.ContextTooLong, 0},
		"embedding, llama.cpp":    {500, `{"error":{"code":500,"message":"input is too large to process. increase the physical batch size","type":"server_error"}}`, nil, fault.ContextTooLong, 0},
		"loading, llama.cpp":      {503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, nil, fault.ModelUnready, 0},
		"error as a string":       {500, `{"error":"CUDA out of memory"}`, nil, fault.UpstreamFailed, 0},
		"error with null parts":   {500, `{"error":{"message":null,"code":null,"type":null}}`, nil, fault.UpstreamFailed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for i := 0; i+1 < len(c.header); i += 2 {
				header.Set(c.header[i], c.header[i+1])
			}
			f := openai.Failure(c.status, header, []byte(c.body), now)
			if f.Code != c.code || f.RetryAfter != c.wait {
				t.Errorf("got %s after %v; cause %s", f.Code, f.RetryAfter, fault.Cause(f))
			}
			if f.Safe == "" || strings.Contains(f.Safe, "CUDA") {
				t.Errorf("safe text %q", f.Safe)
			}
		})
	}
}

func TestChatReportsFailures(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(429, `{"error":{"message":"slow down"}}`, "Retry-After", "3"))
	_, err := newClient(t, u, quick).Chat(t.Context(), hello(), nil)
	if f := fault.From(err); f.Code != fault.RateLimited || f.RetryAfter != 3*time.Second {
		t.Errorf("got %+v", f)
	}
	gone, err := openai.New(openai.Config{BaseURL: "http://127.0.0.1:1/v1", HTTP: &http.Client{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Chat(t.Context(), hello(), nil); fault.CodeOf(err) != fault.UpstreamFailed {
		t.Errorf("a closed port is %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	slow := up.Serve(t, []up.Act{up.Wait(5 * time.Second)})
	if _, err := newClient(t, slow, openai.Hosted()).Chat(ctx, hello(), nil); fault.CodeOf(err) != fault.Timeout {
		t.Errorf("the caller's deadline is %v", err)
	}
}

func TestConnectingHasItsOwnDeadline(t *testing.T) {
	t.Parallel()
	nowhere := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done() // a host that drops packets
		return nil, ctx.Err()
	}}}
	c, err := openai.New(openai.Config{
		BaseURL: "http://models.example/v1", HTTP: nowhere, Log: slog.New(slog.DiscardHandler),
		Deadlines: openai.Deadlines{Connect: 30 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Chat(t.Context(), hello(), nil)
	if fault.CodeOf(err) != fault.Timeout || !strings.Contains(fault.Cause(err), "connect took over 30ms") {
		t.Errorf("got %v: %s", err, fault.Cause(err))
	}
}

func TestTheEgressPolicyIsHeard(t *testing.T) {
	t.Parallel()
	policy, err := egress.New(egress.Config{})
	if err != nil {
		t.Fatal(err)
	}
	u := up.Serve(t, up.Answer("a"))
	c, err := openai.New(openai.Config{BaseURL: u.URL, HTTP: policy.Client(0), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	_, chatErr := c.Chat(t.Context(), hello(), nil)
	_, modelsErr := c.Models(t.Context())
	_, forwardErr := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: []byte(`{}`)})
	for _, err := range []error{chatErr, modelsErr, forwardErr} {
		if fault.CodeOf(err) != egress.Refused {
			t.Errorf("a loopback address is %v", err)
		}
	}
	if len(u.Requests()) != 0 {
		t.Error("the request was sent")
	}
}

func TestTheKeyIsShownNowhere(t *testing.T) {
	t.Parallel()
	echo := `{"error":{"message":"Incorrect API key provided: ` + key + `","code":"x"}}`
	u := up.Serve(t, up.Reply(401, echo), up.Reply(200, echo), []up.Act{up.Head(), up.Raw("data: " + echo + "\n\n")},
		up.Reply(200, echo), up.Reply(500, echo))
	c := newClient(t, u, quick)
	var texts []string
	for range 3 {
		_, err := c.Chat(t.Context(), hello(), nil)
		texts = append(texts, fault.Cause(err), err.Error(), fmt.Sprintf("%+v", fault.From(err)))
	}
	for range 2 {
		_, err := c.Embed(t.Context(), llm.EmbedRequest{Model: "m", Inputs: []string{"a"}})
		texts = append(texts, fault.Cause(err), fmt.Sprintf("%+v", fault.From(err)))
	}
	secret := openai.Secret(key)
	encoded, _ := json.Marshal(map[string]any{"k": secret})
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "k", secret, "c", openai.Config{APIKey: secret})
	texts = append(texts, string(encoded), log.String(), fmt.Sprintf("%v %s %q %d %x %#v %+v", secret, secret, secret, secret, secret, secret, openai.Config{APIKey: secret}))
	for i, text := range texts {
		if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("text %d shows the key: %s", i, text)
		}
	}
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	u := up.Serve(t,
		up.Reply(200, `{"model":"e","data":[{"index":1,"embedding":[0.5,1]},{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":4}}`),
		up.Reply(200, `{"data":[{"index":0,"embedding":[1]}]}`),
		up.Reply(200, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`),
		up.Reply(200, `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`),
		up.Reply(200, ` `), up.Reply(200, `<html>`), up.Reply(200, `{"data":[{"index":-1,"embedding":[1]},{"index":1,"embedding":[1]}]}`))
	c := newClient(t, u, quick)
	req := llm.EmbedRequest{Model: "e", Inputs: []string{"a", "b"}, Dim: 2, User: "ana"}
	got, err := c.Embed(t.Context(), req)
	if err != nil || got.Dim != 2 || got.Vectors[0][0] != 1 || got.Vectors[1][0] != 0.5 || got.Usage.Input != 4 {
		t.Errorf("%+v %v", got, err)
	}
	if body := string(u.Requests()[0].Body); body != `{"input":["a","b"],"model":"e","user":"ana","encoding_format":"float","dimensions":2}` {
		t.Errorf("asked %s", body)
	}
	for range 6 {
		if _, err := c.Embed(t.Context(), req); fault.CodeOf(err) != fault.UpstreamFailed {
			t.Errorf("a wrong answer is %v", err)
		}
	}
	if _, err := c.Embed(t.Context(), llm.EmbedRequest{}); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("no input is %v", err)
	}
}

func TestModelsAndTheirBound(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(200, `{"data":[{"id":"a"},{"id":"b"}]}`), up.Reply(200, `{"data":[`+strings.Repeat(" ", 2000)+`]}`))
	c, err := openai.New(openai.Config{BaseURL: u.URL + "/", HTTP: u.Client, MaxAnswer: 1000, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	models, err := c.Models(t.Context())
	if err != nil || len(models) != 2 || models[1].ID != "b" || u.Requests()[0].Header.Get("Authorization") != "" {
		t.Errorf("%v %v", models, err)
	}
	for _, bad := range []string{`{"error":{"message":"no"}}`, `{}`, `[]`} {
		other := newClient(t, up.Serve(t, up.Reply(200, bad)), quick)
		if models, err := other.Models(t.Context()); fault.CodeOf(err) != fault.UpstreamFailed {
			t.Errorf("%s is %v %v", bad, models, err)
		}
	}
	if _, err := c.Models(t.Context()); fault.CodeOf(err) != fault.UpstreamFailed {
		t.Errorf("a huge answer is %v", err)
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	for _, cfg := range []openai.Config{
		{}, {BaseURL: "ftp://x/v1", HTTP: &http.Client{}, Log: log}, {BaseURL: "https://u:p@x/v1", HTTP: &http.Client{}, Log: log},
		{BaseURL: "https://x/v1", Log: log}, {BaseURL: "https://x/v1", HTTP: &http.Client{}},
		{BaseURL: "https://x/v1?a=b", HTTP: &http.Client{}, Log: log}, {BaseURL: "https://x/v1", APIKey: "a\nb", HTTP: &http.Client{}, Log: log},
	} {
		if _, err := openai.New(cfg); err == nil {
			t.Errorf("accepted %+v", cfg)
		}
	}
}

func FuzzFailureNeverPanics(f *testing.F) {
	f.Add(429, "1", []byte(`{"error":{"message":["a","b"],"code":12}}`))
	f.Add(500, "Fri, 20 Nov 2026 12:00:30 GMT", []byte(`{"error":"x"}`))
	f.Fuzz(func(t *testing.T, status int, wait string, body []byte) {
		got := openai.Failure(status, http.Header{"Retry-After": {wait}}, body, time.Unix(1, 0))
		if got.Code == "" || got.Safe == "" || got.RetryAfter < 0 || got.RetryAfter > time.Hour {
			t.Errorf("got %+v", got)
		}
	})
}
