package main

import (
	"log/slog"
	"path/filepath"

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
