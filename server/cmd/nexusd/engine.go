package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
)

// newEngine prepares the local models; nil when the operator wants none.
func newEngine(s settings, log *slog.Logger) (*llamacpp.Host, error) {
	if !s.is("engine") {
		return nil, nil //nolint:nilnil // no engine is no error
	}
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		return nil, err
	}
	files, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: log, Source: llamacpp.Source(s["model_source"].text)})
	if err != nil {
		return nil, err
	}
	return llamacpp.NewHost(llamacpp.HostConfig{
		Store: files, Dir: filepath.Join(s["data"].text, "engine"), Log: log,
		ChatModel: s["chat_model"].text, Fetch: s.is("fetch_models"), Warm: s.is("warm"), IdleAfter: s.duration("idle_after"),
	})
}

// engineNewsEvery bounds how often clients look again while something is built
// or fetched.
const engineNewsEvery = time.Second

// tellOfEngine lets every client look again when a local model changes its
// state, until ctx ends.
func (srv *server) tellOfEngine(ctx context.Context) error {
	var all sync.WaitGroup
	for _, kind := range []llamacpp.Kind{llamacpp.Chat, llamacpp.Embeddings} {
		all.Go(func() {
			for range srv.engine.Watch(ctx, kind) {
				srv.bus.HintAll(httpapi.Hint{Topic: "models"}, httpapi.Hint{Topic: "providers"})
				select {
				case <-time.After(engineNewsEvery):
				case <-ctx.Done():
				}
			}
		})
	}
	all.Wait()
	return nil
}
