//go:build unix

package llamacpp_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
)

// fakeHost is a Host over a store with one model of each kind, published at
// url; the engine's binary is there when built is set.
func fakeHost(t *testing.T, built bool, change func(*llamacpp.HostConfig)) (*llamacpp.Host, *llamacpp.Store, string) {
	t.Helper()
	file := content(50_000)
	server, _ := publisher(t, file, nil)
	public := &llamacpp.Public{URL: server.URL, Size: int64(len(file)), SHA256: sum(file)}
	dir := t.TempDir()
	store := tinyStore(t, server.URL, file, func(c *llamacpp.StoreConfig) {
		c.Dir = dir
		c.Models = append(c.Models,
			llamacpp.Model{ID: "large", Kind: llamacpp.Chat, File: "large.gguf", Public: public},
			llamacpp.Model{ID: "vectors", Kind: llamacpp.Embeddings, File: "vectors.gguf", Dim: 384, Public: public})
	})
	if built {
		install(t, store)
	}
	cfg := llamacpp.HostConfig{
		Store: store, Dir: filepath.Join(t.TempDir(), "run"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		EmbedModel: "vectors", Fetch: true, Poll: 5 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	h, err := llamacpp.NewHost(cfg)
	if err != nil {
		t.Fatal(err)
	}
	run(t, h.Run)
	return h, store, dir
}

// install puts the fake server where the store looks for the engine.
func install(t *testing.T, s *llamacpp.Store) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(s.Bin()), 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\n%s='' exec '%s' \"$@\"\n", fakeVariable, self)
	if err := os.WriteFile(s.Bin()+".new", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.Bin()+".new", s.Bin()); err != nil {
		t.Fatal(err)
	}
}

func TestHostFetchesAndServesBothKinds(t *testing.T) {
	t.Parallel()
	h, store, _ := fakeHost(t, true, nil)
	if _, err := h.Chat(t.Context()); err != nil {
		t.Fatal(fault.Cause(err))
	}
	if _, err := h.Embed(t.Context()); err != nil {
		t.Fatal(fault.Cause(err))
	}
	models := h.Models()
	if len(models) != 2 || models[0].ID != "large" || models[1].ID != "vectors" || models[1].State.Phase != llamacpp.Ready {
		t.Errorf("models %+v", models)
	}
	if !store.Have("large") || store.Have(tinyID) {
		t.Error("it fetched something else than the largest model that memory suffices for")
	}
}

func TestHostServesWhatIsThere(t *testing.T) {
	t.Parallel()
	h, store, _ := fakeHost(t, true, func(c *llamacpp.HostConfig) {
		c.Fetch = false
		if err := c.Store.Fetch(t.Context(), tinyID, nil); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := h.Chat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.State(llamacpp.Chat).Model; got != tinyID {
		t.Errorf("serves %q", got)
	}
	if _, err := h.Embed(t.Context()); fault.CodeOf(err) != fault.ModelUnready {
		t.Errorf("a model that is not there: %v", err)
	}
	if s := h.State(llamacpp.Embeddings); s.Phase != llamacpp.Absent {
		t.Errorf("state %+v", s)
	}
	_ = store
}

func TestHostWithoutEngineSaysSo(t *testing.T) {
	t.Parallel()
	h, _, _ := fakeHost(t, false, nil)
	_, err := h.Chat(t.Context())
	if f := fault.From(err); f.Code != fault.ModelUnready || f.Hint == "" {
		t.Errorf("got %+v", f)
	}
}

func TestHostWaitsForTheBuild(t *testing.T) {
	t.Parallel()
	h, store, dir := fakeHost(t, false, func(c *llamacpp.HostConfig) { c.Warm = true })
	progress := filepath.Join(dir, "engine.progress")
	if err := os.WriteFile(progress, fmt.Appendf(nil, "engine 37 206 %d\n", os.Getpid()), 0o644); err != nil {
		t.Fatal(err)
	}
	reaches(t, h, func(s llamacpp.State) bool { return s.Phase == llamacpp.Building && s.Done == 37 && s.Total == 206 })
	install(t, store)
	if err := os.Remove(progress); err != nil {
		t.Fatal(err)
	}
	reaches(t, h, phase(llamacpp.Ready))
}

func TestAskingForAMissingModelFetchesIt(t *testing.T) {
	t.Parallel()
	h, store, _ := fakeHost(t, true, nil)
	if err := h.Coming("vectors"); fault.CodeOf(err) != fault.ModelUnready || fault.From(err).RetryAfter == 0 {
		t.Errorf("a model that nobody has fetched: %v", err)
	}
	if err := h.Coming("large"); fault.CodeOf(err) != fault.ModelUnready {
		t.Errorf("a model that nobody has fetched: %v", err)
	}
	reaches(t, h, phase(llamacpp.Ready))
	if err := h.Coming("large"); err != nil || !store.Have("large") {
		t.Errorf("once it is here: %v", err)
	}
	if err := h.Coming("nope"); err != nil {
		t.Errorf("a model of nobody: %v", err)
	}
}

func TestAModelThatCannotBeFetchedSaysWhy(t *testing.T) {
	t.Parallel()
	h, _, _ := fakeHost(t, true, func(c *llamacpp.HostConfig) {
		c.Store = tinyStore(t, "http://127.0.0.1:1", content(10), func(s *llamacpp.StoreConfig) {
			s.Models = append(s.Models, llamacpp.Model{ID: "vectors", Kind: llamacpp.Embeddings, File: "v.gguf"})
		})
		install(t, c.Store)
	})
	if err := h.Coming(tinyID); fault.CodeOf(err) != fault.ModelUnready {
		t.Errorf("before it was tried: %v", err)
	}
	reaches(t, h, phase(llamacpp.Failed))
	if err := h.Coming(tinyID); fault.CodeOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0 {
		t.Errorf("after it was tried: %v", err)
	}
	if _, err := h.Chat(t.Context()); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("asking: %v", err)
	}
}

// reaches waits for a state of the chat engine.
func reaches(t *testing.T, h *llamacpp.Host, ok func(llamacpp.State) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for s := range h.Watch(ctx, llamacpp.Chat) {
		if ok(s) {
			return
		}
	}
	t.Fatalf("never; last state %+v", h.State(llamacpp.Chat))
}

func TestHostReportsAFailedBuild(t *testing.T) {
	t.Parallel()
	h, _, dir := fakeHost(t, false, nil)
	if err := os.WriteFile(filepath.Join(dir, "engine.progress"), []byte("failed 1 cmake is missing\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := h.Chat(t.Context())
	if f := fault.From(err); f.Code != fault.Unavailable || fault.Cause(err) == "" || f.Hint == "" {
		t.Errorf("got %+v", f)
	}
	if s := h.State(llamacpp.Chat); s.Phase != llamacpp.Failed {
		t.Errorf("state %+v", s)
	}
}

func TestHostRefusesUnknownModels(t *testing.T) {
	t.Parallel()
	store := tinyStore(t, "", content(1), nil)
	for _, cfg := range []llamacpp.HostConfig{
		{},
		{Store: store, Dir: "x", Log: slog.Default(), ChatModel: "nonsense"},
		{Store: store, Dir: "x", Log: slog.Default(), EmbedModel: tinyID}, // a chat model
	} {
		if _, err := llamacpp.NewHost(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
