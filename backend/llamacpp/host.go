package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"nexusai/backend/fault"
)

// HostConfig describes a Host.
type HostConfig struct {
	Store *Store       // required
	Dir   string       // required; a folder of this host's own, for sockets and keys
	Log   *slog.Logger // required

	ChatModel  string        // id; default: the best one in the store that memory suffices for
	EmbedModel string        // id; default Embed
	Fetch      bool          // download a model that is not in the store
	Warm       bool          // keep both engines running from the start
	IdleAfter  time.Duration // stop an engine after so long without requests; 0, or Warm: never
	Threads    int           // for each engine; default: the number of CPUs
	// Poll is how often to look for a file that somebody else is making;
	// default 500 ms.
	Poll time.Duration
}

// Host owns the local chat engine and the local embeddings engine. Safe for
// concurrent use.
type Host struct {
	cfg     HostConfig
	engines map[Kind]*Engine
}

// Served is a model that a Host offers.
type Served struct {
	Model
	State State
}

// NewHost checks cfg and builds both engines; Run brings them to life.
func NewHost(cfg HostConfig) (*Host, error) {
	if cfg.Store == nil || cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("llamacpp: host needs Store, Dir and Log")
	}
	if cfg.EmbedModel == "" {
		cfg.EmbedModel = Embed
	}
	if cfg.Poll <= 0 {
		cfg.Poll = 500 * time.Millisecond
	}
	for id, kind := range map[string]Kind{cfg.ChatModel: Chat, cfg.EmbedModel: Embeddings} {
		if m, ok := cfg.Store.Model(id); id != "" && (!ok || m.Kind != kind) {
			return nil, fmt.Errorf("llamacpp: no local %s model %q", kind, id)
		}
	}
	h := &Host{cfg: cfg, engines: map[Kind]*Engine{}}
	for _, kind := range []Kind{Chat, Embeddings} {
		e, err := New(Config{
			Kind: kind, Dir: cfg.Dir, Log: cfg.Log, Threads: cfg.Threads, Warm: cfg.Warm, IdleAfter: cfg.IdleAfter,
			Files:   func(ctx context.Context, report func(State)) (Files, error) { return h.files(ctx, kind, report) },
			Rest:    func() State { return h.atRest(kind) },
			Refused: func(ctx context.Context) string { return h.refused(ctx, kind) },
		})
		if err != nil {
			return nil, err
		}
		h.engines[kind] = e
	}
	return h, nil
}

// Run supervises both engines until ctx ends, then stops them and returns nil.
func (h *Host) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, e := range h.engines {
		g.Go(func() error { return e.Run(ctx) })
	}
	return g.Wait()
}

// Chat waits until the chat engine answers, starting it if need be.
func (h *Host) Chat(ctx context.Context) (Endpoint, error) { return h.ready(ctx, Chat) }

// Embed waits until the embeddings engine answers, starting it if need be.
func (h *Host) Embed(ctx context.Context) (Endpoint, error) { return h.ready(ctx, Embeddings) }

func (h *Host) ready(ctx context.Context, kind Kind) (Endpoint, error) {
	if err := h.engines[kind].Ready(ctx); err != nil {
		return Endpoint{}, err
	}
	return h.engines[kind].Endpoint(), nil
}

// Endpoint never blocks: its requests start the engine and wait for it.
func (h *Host) Endpoint(kind Kind) Endpoint { return h.engines[kind].Endpoint() }

// State is the engine's state now.
func (h *Host) State(kind Kind) State { return h.engines[kind].State() }

// Watch sends the engine's state now and each newer one until ctx ends.
func (h *Host) Watch(ctx context.Context, kind Kind) <-chan State {
	return h.engines[kind].Watch(ctx)
}

// Models lists what the host serves or will serve once it is fetched, chat
// first: one model of each kind.
func (h *Host) Models() []Served {
	out := make([]Served, 0, len(h.engines))
	for _, kind := range []Kind{Chat, Embeddings} {
		state := h.State(kind)
		m, ok := h.cfg.Store.Model(state.Model)
		if !ok {
			m, ok = h.pick(kind)
		}
		if ok {
			out = append(out, Served{Model: m, State: state})
		}
	}
	return out
}

// Coming is nil when the model can be asked now, and when it is not one of
// this host's: asking tells why. Otherwise it says why that takes minutes, and
// a file that is missing is being fetched from now on.
func (h *Host) Coming(id string) error {
	for _, m := range h.Models() {
		if m.ID != id {
			continue
		}
		if m.State.Slow() {
			return m.State.Unready()
		}
		if m.State.Phase == Starting || m.State.Phase == Ready || h.cfg.Store.Have(id) {
			return nil
		}
		h.engines[m.Kind].wish()
		if m.State.Err != nil {
			return later(m.State.Err, h.engines[m.Kind].backoff(1))
		}
		return State{Phase: Fetching}.Unready()
	}
	return nil
}

// pick chooses the model to serve: the configured one; else the largest chat
// model in the store that memory suffices for; else the smallest there is in
// the store; else, to be fetched, the largest that memory suffices for.
func (h *Host) pick(kind Kind) (Model, bool) {
	id := h.cfg.ChatModel
	if kind == Embeddings {
		id = h.cfg.EmbedModel
	}
	if id != "" {
		return h.cfg.Store.Model(id)
	}
	var here, fits []Model
	for _, m := range h.cfg.Store.cfg.Models {
		if m.Kind != kind {
			continue
		}
		if CheckMemory(m.Memory) == nil {
			fits = append(fits, m)
		}
		if h.cfg.Store.Have(m.ID) {
			here = append(here, m)
		}
	}
	for i := len(here) - 1; i >= 0; i-- {
		if CheckMemory(here[i].Memory) == nil {
			return here[i], true
		}
	}
	switch {
	case len(here) > 0:
		return here[0], true // starting it will say how much memory is missing
	case len(fits) > 0:
		return fits[len(fits)-1], true
	}
	return h.cfg.Store.Model(ChatSmall)
}

// files waits for the engine's binary while it is being built and gets the
// model where that is allowed.
func (h *Host) files(ctx context.Context, kind Kind, report func(State)) (Files, error) {
	if err := h.awaitBinary(ctx, kind, report); err != nil {
		return Files{}, err
	}
	m, ok := h.pick(kind)
	if !ok {
		return Files{}, fault.New(fault.ModelUnknown, "There is no local model of this kind.", nil)
	}
	if !h.cfg.Store.Have(m.ID) {
		if !h.cfg.Fetch {
			report(State{Phase: Absent, Model: m.ID})
			return Files{}, fault.New(fault.ModelUnready, "The local model is not on this machine.", nil).
				WithHint("Run make setup, or allow downloads.")
		}
		if err := h.fetch(ctx, m, report); err != nil {
			return Files{}, fmt.Errorf("fetch %s: %w", m.ID, err)
		}
	}
	return Files{Bin: h.cfg.Store.Bin(), Model: h.cfg.Store.Path(m), Alias: m.ID, Memory: m.Memory, Context: m.Context}, nil
}

// fetch gets the model; what it replaces, if anything, was damaged.
func (h *Host) fetch(ctx context.Context, m Model, report func(State)) error {
	s := State{Phase: Fetching, Model: m.ID, Total: m.Size()}
	if fileSize(h.cfg.Store.Path(m)) > 0 {
		s.Note = "The model file was damaged. It was deleted and is being fetched again."
	}
	report(s)
	return h.cfg.Store.Fetch(ctx, m.ID, func(done, total int64) {
		s.Done, s.Total = done, total
		report(s)
	})
}

// awaitBinary waits as long as somebody is building the engine.
func (h *Host) awaitBinary(ctx context.Context, kind Kind, report func(State)) error {
	for !h.cfg.Store.Installed() {
		b, building := h.cfg.Store.Building()
		if b.Failed != "" {
			report(State{Phase: Failed, Model: h.atRest(kind).Model})
			return fault.New(fault.Unavailable, "The local engine could not be built.", errors.New(b.Failed)).
				WithHint("make setup shows why and tries again.")
		}
		report(h.atRest(kind))
		if !building {
			return fault.New(fault.ModelUnready, "The local engine is not installed.", nil).
				WithHint("Run make setup.")
		}
		if !pause(ctx, h.cfg.Poll) {
			return ctx.Err()
		}
	}
	return nil
}

// atRest is what to show of an engine that is not running.
func (h *Host) atRest(kind Kind) State {
	m, _ := h.pick(kind)
	s := State{Phase: Stopped, Model: m.ID}
	if h.cfg.Store.Installed() {
		if !h.cfg.Store.Have(m.ID) && !h.cfg.Fetch {
			s.Phase = Absent
		}
		return s
	}
	s.Phase = Absent
	if b, building := h.cfg.Store.Building(); building {
		s.Phase, s.Done, s.Total = Building, b.Done, b.Total
	}
	return s
}

// refused finds out whether a damaged model file kept the engine from
// starting; if so it is deleted and the next start fetches it again.
func (h *Host) refused(ctx context.Context, kind Kind) string {
	m, ok := h.pick(kind)
	if !ok || !errors.Is(h.cfg.Store.Verify(ctx, m.ID), errNotTheModel) {
		return ""
	}
	return "The model file was damaged. It was deleted; the next start fetches it again."
}
