//go:build integration

package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
	"nexusai/backend/llm"
	"nexusai/backend/provider"
	"nexusai/backend/provider/completions"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gauge"
)

// engines runs the real llama.cpp over the models in the cache, which make setup
// puts there.
func engines(t *testing.T) *llamacpp.Host {
	t.Helper()
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	store, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if !store.Installed() || !store.Have(llamacpp.ChatSmall) || !store.Have(llamacpp.Embed) {
		t.Fatalf("engine or models are missing in %s: run `make setup`", dir)
	}
	h, err := llamacpp.NewHost(llamacpp.HostConfig{Store: store, Dir: filepath.Join(t.TempDir(), "run"), Log: log, ChatModel: llamacpp.ChatSmall})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return h
}

func open(t *testing.T, at llamacpp.Endpoint) provider.Client {
	t.Helper()
	c, err := provider.Open(provider.Config{
		Kind: provider.LlamaCPP, BaseURL: at.BaseURL, Key: endpoint.Secret(at.Key), HTTP: at.HTTP,
		Deadlines:  endpoint.Deadlines{Connect: 3 * time.Minute, FirstToken: 3 * time.Minute, BetweenTokens: time.Minute, Answer: 3 * time.Minute},
		ForceTools: func(string) bool { return true }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func say(text string) llm.ChatRequest {
	zero := 0.0
	return llm.ChatRequest{Model: llamacpp.ChatSmall, MaxTokens: 48, Temperature: &zero, Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
}

// TestRealEngine asks the real engine for all that its dialect says it can do.
func TestRealEngine(t *testing.T) {
	h := engines(t)
	at := h.Endpoint(llamacpp.Chat)
	c := open(t, at)

	pieces := 0
	got, err := c.Chat(t.Context(), say("Count from one to ten in words."), func(llm.Delta) error { pieces++; return nil })
	must(t, err)
	if got.Text == "" || pieces < 3 || got.Usage.Input == 0 || got.Usage.Output == 0 || got.Usage.Estimated || got.Finish == "" || got.RequestID == "" {
		t.Errorf("%d pieces of %+v", pieces, got)
	}

	again, err := c.Chat(t.Context(), say("Count from one to ten in words."), nil)
	must(t, err)
	if again.Usage.Cached == 0 || again.Usage.Cached > again.Usage.Input {
		t.Errorf("the prompt that it has just read is not cached: %+v", again.Usage)
	}

	short := say("Count to a hundred.")
	short.MaxTokens = 4
	got, err = c.Chat(t.Context(), short, nil)
	must(t, err)
	if got.Finish != llm.FinishLength || got.Usage.Output > 4 {
		t.Errorf("four tokens end as %s after %d", got.Finish, got.Usage.Output)
	}

	schema := say("Name a city in Portugal and how many people live there.")
	schema.Schema = json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"},"people":{"type":"integer"}},"required":["city","people"],"additionalProperties":false}`)
	got, err = c.Chat(t.Context(), schema, nil)
	must(t, err)
	var city struct {
		City   string
		People int
	}
	if err := json.Unmarshal([]byte(got.Text), &city); err != nil || city.City == "" {
		t.Errorf("%v: %q follows no schema", err, got.Text)
	}

	goOn := say("Which animal barks?")
	goOn.Messages = append(goOn.Messages, llm.Message{Role: llm.Assistant, Text: "The animal that barks is the d"})
	got, err = c.Chat(t.Context(), goOn, nil)
	must(t, err)
	if strings.HasPrefix(got.Text, "The animal") || got.Text == "" {
		t.Errorf("it does not go on from a partial answer: %q", got.Text)
	}

	long := say(strings.Repeat("word ", 40_000))
	if _, err := c.Chat(t.Context(), long, nil); fault.CodeOf(err) != fault.ContextTooLong {
		t.Errorf("too long a prompt is %v", err)
	}

	models, err := c.Models(t.Context())
	must(t, err)
	if len(models) != 1 || models[0].ID != llamacpp.ChatSmall {
		t.Errorf("it serves %v", models)
	}
}

// TestRealToolCalls: a model of half a billion weights calls tools when a schema
// makes it, and reads their results.
func TestRealToolCalls(t *testing.T) {
	c := open(t, engines(t).Endpoint(llamacpp.Chat))
	req := say("What is the weather in Lisbon? Use the tool.")
	req.Tools = []llm.ToolSpec{{
		Name: "weather", Description: "Tells the weather in a city.",
		Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}`),
	}}
	req.ToolChoice.Mode = llm.ToolsRequired
	got, err := c.Chat(t.Context(), req, nil)
	must(t, err)
	var input struct{ City string }
	if len(got.ToolCalls) != 1 || got.ToolCalls[0].Name != "weather" || got.ToolCalls[0].ID == "" || got.Finish != llm.FinishTools ||
		json.Unmarshal([]byte(got.ToolCalls[0].Arguments), &input) != nil || input.City == "" {
		t.Fatalf("got %+v", got)
	}
	req.Messages = append(req.Messages,
		llm.Message{Role: llm.Assistant, ToolCalls: got.ToolCalls},
		llm.Message{Role: llm.Tool, ToolCallID: got.ToolCalls[0].ID, Text: "Sunny, 24 degrees."})
	req.ToolChoice.Mode = llm.ToolsAuto
	heard := ""
	got, err = c.Chat(t.Context(), req, func(d llm.Delta) error { heard += d.Text; return nil })
	must(t, err)
	if got.Text != heard || strings.HasPrefix(strings.TrimSpace(got.Text), "{") || got.Text == "" && len(got.ToolCalls) == 0 {
		t.Errorf("got %+v, heard %q", got, heard)
	}
}

// TestRealBytes passes a stream of the old wire on, and looks at the load.
func TestRealBytes(t *testing.T) {
	at := engines(t).Endpoint(llamacpp.Chat)
	c := open(t, at)
	request, err := completions.ReadRequest([]byte(`{"prompt":"func add(a, b int) int {","max_tokens":12,"temperature":0,"stream":true,"model":"x"}`))
	must(t, err)
	resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAICompletions, Body: request.Rewrite(llamacpp.ChatSmall, 0), Stream: true})
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	w := completions.NewWatcher(request, nil)
	w.Flush(w.Feed(nil, body))
	if f := w.End(); f != nil {
		t.Errorf("%s: %s", fault.Cause(f), body)
	}
	if seen := w.Seen(); seen.Text == "" || !seen.HasUsage || seen.Usage.Output == 0 || seen.Finish == "" {
		t.Errorf("%+v of %s", seen, body)
	}

	board, err := gauge.New(gauge.Config{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Every: 50 * time.Millisecond, Timeout: 10 * time.Second})
	must(t, err)
	g := board.Of(gauge.Engine{BaseURL: at.BaseURL, Key: endpoint.Secret(at.Key), HTTP: at.HTTP})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { _ = board.Run(ctx) }() // it returns nil when ctx ends
	for ok := false; !ok; _, _, ok = g.Load() {
		if ctx.Err() != nil {
			t.Fatal("the engine does not tell its load")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestRealEmbeddings(t *testing.T) {
	c := open(t, engines(t).Endpoint(llamacpp.Embeddings))
	got, err := c.Embed(t.Context(), llm.EmbedRequest{Model: llamacpp.Embed, Inputs: []string{"query: bread", "query: pão"}})
	must(t, err)
	if got.Dim != 384 || len(got.Vectors) != 2 || got.Usage.Input == 0 || got.Usage.Estimated {
		t.Errorf("%d vectors of %d, %+v", len(got.Vectors), got.Dim, got.Usage)
	}
	if _, err := c.Embed(t.Context(), llm.EmbedRequest{Model: llamacpp.Embed, Inputs: []string{strings.Repeat("word ", 2000)}}); fault.CodeOf(err) != fault.ContextTooLong {
		t.Errorf("too long an input is %v", err)
	}
}
