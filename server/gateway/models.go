package gateway

import (
	"encoding/json"
	"net/http"
	"slices"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// listed is a model as OpenAI's clients read it.
type listed struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func list(m httpapi.Model) listed {
	// Nobody knows when a provider's model was made; clients want a number.
	return listed{ID: m.ID, Object: "model", Created: 0, OwnedBy: m.Provider}
}

func (g *Gateway) models(w http.ResponseWriter, r *http.Request, _ httpapi.Caller) {
	all, err := g.Fleet.ListModels(r.Context())
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	if anthropics(r) {
		page, err := pageOf(all, r.URL.Query())
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		reply(w, page)
		return
	}
	data := make([]listed, 0, len(all))
	for _, m := range all {
		data = append(data, list(m))
	}
	reply(w, map[string]any{"object": "list", "data": data})
}

func (g *Gateway) model(w http.ResponseWriter, r *http.Request, _ httpapi.Caller) {
	all, err := g.Fleet.ListModels(r.Context())
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	id := r.PathValue("id")
	at := slices.IndexFunc(all, func(m httpapi.Model) bool { return m.ID == id })
	switch {
	case at < 0:
		g.refuse(w, r, fault.New(fault.ModelUnknown, "The model does not exist or you do not have access to it.", nil).At("model"))
	case anthropics(r):
		reply(w, info(all[at]))
	default:
		reply(w, list(all[at]))
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that has left cannot be told anything
}
