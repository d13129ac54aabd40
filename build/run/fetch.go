package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
)

// aliases are short names for models in commands.
var aliases = map[string]string{"chat": llamacpp.ChatLarge, "chat-small": llamacpp.ChatSmall, "embed": llamacpp.Embed}

// fetchModels is the models subcommand.
func fetchModels(ctx context.Context, names []string) error {
	store, err := openStore(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	for _, name := range names {
		id := name
		if full, ok := aliases[name]; ok {
			id = full
		}
		if err := fetchModel(ctx, store, id); err != nil {
			return err
		}
	}
	return nil
}

// fetchModel makes one model present and says how far it is.
func fetchModel(ctx context.Context, store *llamacpp.Store, id string) error {
	if store.Have(id) {
		fmt.Printf("model %s: here and verified\n", id)
		return nil
	}
	show := &meter{name: "model " + id}
	if err := store.Fetch(ctx, id, show.tell); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := fault.From(err)
		return sentencef("model %s: %s %s (%s)", id, f.Safe, f.Hint, fault.Cause(err))
	}
	fmt.Printf("model %s: here and verified\n", id)
	return nil
}

// starterModels are what a run fetches: the chat model that memory suffices
// for, unless one is named, and the embeddings model.
func starterModels() []string {
	chat := os.Getenv("NEXUS_CHAT_MODEL")
	if chat == "" {
		chat = llamacpp.ChatLarge
		if m, ok := llamacpp.Lookup(chat); ok && llamacpp.CheckMemory(m.Memory) != nil {
			chat = llamacpp.ChatSmall
		}
	}
	return []string{chat, llamacpp.Embed}
}

// fetchInBackground builds the engine and fetches the models while the window
// is open already: both show how far they are.
func (r *runner) fetchInBackground(ctx context.Context) {
	r.background.Go(func() {
		if r.store.Installed() {
			return
		}
		fmt.Println("run: building the local engine; the window shows how far it is")
		show := &meter{name: "engine"}
		c, err := r.family.start("engine.sh", 5*time.Second, nil, show.line, "build/setup/engine.sh")
		if err == nil {
			err = c.wait(ctx)
		}
		if err != nil && ctx.Err() == nil {
			fmt.Println("run: the local engine could not be built; other models work, build/setup/engine.sh shows why")
		}
	})
	r.background.Go(func() {
		for _, id := range starterModels() {
			if r.store.Have(id) {
				continue
			}
			if err := fetchModel(ctx, r.store, id); err != nil && ctx.Err() == nil {
				fmt.Println("run:", err)
			}
		}
	})
}

// meter prints progress, a line for each tenth.
type meter struct {
	name string
	mu   sync.Mutex // guards last
	last int64
}

func (m *meter) tell(done, total int64) {
	if total <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	tenth := 10 * done / total
	if tenth == m.last {
		return
	}
	m.last = tenth
	fmt.Printf("%s: %d %%\n", m.name, 10*tenth)
}

// line understands a set-up script's output: progress lines feed the meter,
// others are shown.
func (m *meter) line(text string) {
	var name string
	var done, total int64
	if !strings.HasPrefix(text, "progress ") {
		fmt.Println(text)
		return
	}
	if _, err := fmt.Sscanf(text, "progress %s %d %d", &name, &done, &total); err == nil {
		m.tell(done, total)
	}
}
