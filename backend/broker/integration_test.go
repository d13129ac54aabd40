//go:build integration

package broker_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
	"nexusai/backend/provider/openai"
	"nexusai/backend/surface/chat"
)

// engine is a real llama.cpp process with the small model, and what ends it.
func engine(t *testing.T, store *llamacpp.Store, id string) (broker.Deployment, context.CancelFunc) {
	t.Helper()
	model, ok := store.Model(llamacpp.ChatSmall)
	if !ok || !store.Installed() || !store.Have(llamacpp.ChatSmall) {
		t.Fatal("engine or model are missing: run `make setup`")
	}
	e, err := llamacpp.New(llamacpp.Config{
		Kind: llamacpp.Chat, Dir: filepath.Join(t.TempDir(), "run"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Threads: 1, Parallel: 2,
		Files: llamacpp.Fixed(llamacpp.Files{Bin: store.Bin(), Model: store.Path(model), Alias: "small", Context: 4096}),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var done sync.WaitGroup
	done.Go(func() { _ = e.Run(ctx) })
	t.Cleanup(func() { stop(); done.Wait() })
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(fault.Cause(err))
	}
	at := e.Endpoint()
	client, err := openai.New(openai.Config{BaseURL: at.BaseURL, APIKey: openai.Secret(at.Key), HTTP: at.HTTP, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	return broker.Deployment{ID: id, Model: "small", Local: true, Client: client, Forwarder: client}, stop
}

func TestTwoRealEnginesShareTheLoadAndRescueEachOther(t *testing.T) {
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	store, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	one, stopOne := engine(t, store, "one")
	two, _ := engine(t, store, "two")
	b, err := broker.New(broker.Config{Routes: routes{one, two}, Log: quiet(), Rand: rand.New(rand.NewPCG(1, 2))})
	if err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex // guards count
	count := map[string]int{}
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			for range 3 {
				req := ask("m")
				req.MaxTokens = 12
				done, report, err := b.ChatWithReport(t.Context(), req, broker.Options{}, nil)
				if err != nil || done.Text == "" || done.Usage.Output == 0 || done.Usage.Estimated {
					t.Errorf("%+v %v", done, err)
				}
				last, _ := report.Last()
				mu.Lock()
				count[last.Deployment]++
				mu.Unlock()
			}
		})
	}
	calls.Wait()
	t.Logf("shares %v", count)
	if count["one"]+count["two"] != 12 || count["one"] < 3 || count["two"] < 3 {
		t.Errorf("shares %v: neither may starve", count)
	}

	// The end of a process cuts its stream; the other one goes on with it.
	two.Priority, two.Skills.Prefill = 1, true // llama.cpp goes on from a half message, which it says again first
	if b, err = broker.New(broker.Config{Routes: routes{one, two}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}); err != nil {
		t.Fatal(err)
	}
	var report broker.Report
	f, err := b.Forward(t.Context(), broker.ForwardRequest{
		Surface: chat.Surface{}, Done: func(r broker.Report) { report = r },
		Body: []byte(`{"model":"m","stream":true,"temperature":0,"max_tokens":160,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Count from 1 to 60, separated by single spaces. Write numbers only."}]}`),
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	defer f.Body.Close()
	var raw strings.Builder
	buf := make([]byte, 4096)
	for strings.Count(raw.String(), "data: ") < 30 {
		n, err := f.Body.Read(buf)
		raw.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, raw.String())
		}
	}
	stopOne()
	rest, err := io.ReadAll(f.Body)
	f.Body.Close()
	raw.Write(rest)
	text, usage := (&rig{t: t}).read(raw.String(), f)
	t.Logf("answer %q, usage %+v", text, usage)
	if err != nil || !strings.HasSuffix(raw.String(), "data: [DONE]\n\n") || strings.Contains(raw.String(), `"error"`) {
		t.Errorf("%v: %q", err, raw.String())
	}
	if got := tries(report); len(got) < 2 || !strings.HasPrefix(got[len(got)-1], "two rescue") {
		t.Errorf("attempts %q", got)
	}
	if strings.Count(text, "1 2 3 4 ") != 1 || strings.Contains(text, "131") {
		t.Errorf("the seam shows: %q", text)
	}
	if usage.Output == 0 || report.Delivered.Output != usage.Output || len(text) < 60 {
		t.Errorf("%q: told %+v, delivered %+v", text, usage, report.Delivered)
	}
}
