package app

import (
	"context"
	"log/slog"
	"sync"

	"nexusai/app/dispatch"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
)

// shares is how many long answers at a time the context is divided among: the
// engine gives each what the others leave.
const shares = 2

// ownEngine offers this device's inference engine to the queue and the pages.
type ownEngine struct {
	host *llamacpp.Host
	log  *slog.Logger

	mu     sync.Mutex // guards client
	client llm.Client
}

// Open implements dispatch's engine. The engine starts with the first request,
// after checking that memory suffices.
func (e *ownEngine) Open(_ context.Context, model string) (llm.Client, int, error) {
	for _, m := range e.host.Models() {
		if m.ID != model || m.Kind != llamacpp.Chat {
			continue
		}
		if m.State.Slow() && m.State.Phase != llamacpp.Absent {
			return nil, 0, fault.New(fault.ModelUnready, "The local model is not ready yet.", nil)
		}
		client, err := e.chat()
		return client, m.Context / shares, err
	}
	return nil, 0, fault.New(fault.ModelUnknown, "This device does not have that local model.", nil).WithHint("Choose another model.")
}

func (e *ownEngine) chat() (llm.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client != nil {
		return e.client, nil
	}
	at := e.host.Endpoint(llamacpp.Chat)
	client, err := openai.New(openai.Config{
		BaseURL: at.BaseURL, APIKey: openai.Secret(at.Key), Dialect: openai.LlamaCPP(), HTTP: at.HTTP, Deadlines: openai.Local(), Log: e.log,
		ForceTools: func(string) bool { return true }, // what make setup fetches is too small to call tools by itself
	})
	if err != nil {
		return nil, err
	}
	e.client = client
	return client, nil
}

// Models implements localapi.Engine: the chat model that this device serves.
func (e *ownEngine) Models() []httpapi.Model {
	var out []httpapi.Model
	for _, m := range e.host.Models() {
		if m.Kind != llamacpp.Chat {
			continue
		}
		state, detail := "ready", "" // stopped is ready: it starts in seconds when asked
		switch m.State.Phase {
		case llamacpp.Starting:
			state = "starting"
		case llamacpp.Building, llamacpp.Fetching:
			state, detail = "starting", phases[m.State.Phase]
		case llamacpp.Absent, llamacpp.Failed:
			state, detail = "unready", phases[m.State.Phase]
		}
		if m.State.Err != nil {
			detail = m.State.Err.Safe
		}
		out = append(out, httpapi.Model{
			ID: dispatch.LocalPrefix + m.ID, Name: m.Title, Family: "qwen", Kind: "chat", Local: true,
			Provider: "This device", ContextTokens: m.Context / shares, State: state, Detail: detail,
		})
	}
	return out
}

var phases = map[llamacpp.Phase]string{
	llamacpp.Building: "The engine is being built.",
	llamacpp.Fetching: "The model is being fetched.",
	llamacpp.Absent:   "It is not on this device; make setup fetches it.",
	llamacpp.Failed:   "The engine did not start.",
}

// Status implements localapi.Engine.
func (e *ownEngine) Status() httpapi.EngineStatus {
	s := e.host.State(llamacpp.Chat)
	out := httpapi.EngineStatus{State: string(s.Phase), Model: s.Model, Done: s.Done, Total: s.Total, Detail: s.Note}
	if s.Err != nil {
		out.Detail = s.Err.Safe
		if s.Err.Hint != "" {
			out.Detail += " " + s.Err.Hint
		}
	}
	return out
}
