package localapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"nexusai/app/feed"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Send implements httpapi.Chat.
func (a *API) Send(ctx context.Context, r httpapi.ChatRequest) (httpapi.Run, error) {
	// A page that leaves in the middle has still asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return a.cfg.Dispatcher.Send(ctx, r)
}

// Run implements httpapi.Chat.
func (a *API) Run(ctx context.Context, id string) (httpapi.Run, error) {
	return a.cfg.Dispatcher.Snapshot(ctx, id)
}

// Stop implements httpapi.Chat.
func (a *API) Stop(ctx context.Context, id string) (httpapi.Run, error) {
	return a.cfg.Dispatcher.Stop(ctx, id)
}

// ListModels implements httpapi.Models: the server's, as it told last, and
// this device's own.
func (a *API) ListModels(ctx context.Context) ([]httpapi.Model, error) {
	state := a.cfg.Team.State().Phase
	if state == "connected" || state == "connecting" {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if models, err := a.cfg.Team.Models(ctx); err == nil {
			a.keepModels(ctx, models)
		}
	}
	models := append(a.knownModels(ctx), a.cfg.Engine.Models()...)
	return models, nil
}

func (a *API) keepModels(ctx context.Context, models []httpapi.Model) {
	for i := range models {
		models[i].Local = false // on that machine perhaps, not on this one
	}
	a.mu.Lock()
	a.models = models
	a.mu.Unlock()
	if err := a.cfg.DB.SaveSetting(ctx, "models", models); err != nil {
		a.cfg.Log.WarnContext(ctx, "models not kept", "err", fault.Cause(err))
	}
}

// knownModels are the server's; while it is away they can be chosen, and what
// is sent to them waits.
func (a *API) knownModels(ctx context.Context) []httpapi.Model {
	a.mu.Lock()
	known := append([]httpapi.Model{}, a.models...)
	a.mu.Unlock()
	if len(known) == 0 {
		if err := a.cfg.DB.Setting(ctx, "models", &known); err != nil {
			a.cfg.Log.WarnContext(ctx, "models not read", "err", fault.Cause(err))
		}
	}
	if a.cfg.Team.State().Phase == "connected" {
		return known
	}
	for i := range known {
		known[i].State, known[i].Detail = "unready", "The server is not connected: messages wait in the queue."
	}
	return known
}

// Spend implements httpapi.Usage: what the server counted; nothing costs
// anything here.
func (a *API) Spend(ctx context.Context) (httpapi.Spend, error) {
	if a.cfg.Team.Missing() != "" {
		return httpapi.Spend{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return a.cfg.Team.Spend(ctx)
}

// streamRun answers with every event of a run after a number, to its end.
func (a *API) streamRun(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if err != nil && r.FormValue("after") != "" || after < 0 {
		httpapi.WriteProblem(w, fault.New(fault.BadRequest, "after is not a number.", err).At("query.after"))
		return
	}
	id := r.FormValue("run_id")
	if _, err := a.cfg.Dispatcher.Snapshot(r.Context(), id); err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	out := feed.StartSSE(w)
	// The page may leave, or the run be forgotten: the stream just ends.
	_ = a.cfg.Dispatcher.Follow(r.Context(), id, after, func(e httpapi.RunEvent) error {
		return out.Send(httpapi.Event{Type: "run", Run: &e})
	})
}

// beat takes what a page reports of itself: a name and a number, nothing else.
func (a *API) beat(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Name  string  `json:"name"`
		Value float64 `json:"value"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1024)).Decode(&b)
	if err != nil || b.Name == "" || len(b.Name) > 40 {
		httpapi.WriteProblem(w, fault.New(fault.BadRequest, "A beat has a name and a value.", err))
		return
	}
	a.cfg.Beat(b.Name, b.Value)
	w.WriteHeader(http.StatusNoContent)
}
