package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
)

// RouteQuestion asks where a request would go. Nothing is sent.
type RouteQuestion struct {
	Model    string          `json:"model" minLength:"1" maxLength:"200" doc:"a model or an alias"`
	Surface  string          `json:"surface,omitempty" enum:"chat,completions,responses,messages,embeddings,transcriptions,speech,rerank" doc:"what the request is; default chat"`
	Request  json.RawMessage `json:"request,omitempty" doc:"the request as it would be sent; absent: a short text"`
	Strict   bool            `json:"strict,omitempty" doc:"pass over deployments for which something would be lost"`
	KeyID    string          `json:"key_id,omitempty" maxLength:"36" doc:"ask as this API key"`
	Role     string          `json:"role,omitempty" enum:"owner,admin,developer,member,auditor" doc:"ask as this role; default the caller's own"`
	Affinity string          `json:"affinity,omitempty" maxLength:"200" doc:"a conversation's id"`
}

// RouteAnswer says where it would go now and why.
type RouteAnswer struct {
	Model      string           `json:"model"`
	Alias      *Alias           `json:"alias,omitempty" doc:"when the model is one"`
	Chosen     string           `json:"chosen,omitempty" doc:"id of the deployment; empty: nobody would answer"`
	ChosenKey  string           `json:"chosen_key,omitempty" doc:"id of the provider's key"`
	Problem    *Problem         `json:"problem,omitempty" doc:"why nobody would answer"`
	Larger     string           `json:"larger,omitempty" doc:"the model to ask when the request is too long"`
	Candidates []RouteCandidate `json:"candidates" doc:"in the order in which they would be asked, then those passed over"`
}

// RouteCandidate is one deployment with one of its keys.
type RouteCandidate struct {
	DeploymentID string   `json:"deployment_id"`
	Deployment   string   `json:"deployment" doc:"in words"`
	Provider     string   `json:"provider"`
	KeyID        string   `json:"key_id,omitempty"`
	Key          string   `json:"key,omitempty" doc:"its name"`
	Region       string   `json:"region,omitempty"`
	Priority     int      `json:"priority"`
	Weight       int      `json:"weight"`
	Qualifies    bool     `json:"qualifies"`
	Reason       string   `json:"reason,omitempty" enum:"disabled,rights,region,price,capability,context,lossy,unready,circuit,benched,ejected,budget" doc:"why it is passed over"`
	Why          string   `json:"why,omitempty" enum:"only,load,affinity,probe,fallback,retry,cheaper,larger,hedge,rescue" doc:"why it would be chosen"`
	InFlight     int      `json:"in_flight"`
	FirstTokenMS *int64   `json:"first_token_ms,omitempty" doc:"moving average"`
	Score        *float64 `json:"score,omitempty" doc:"its load, which a choice of two compares: milliseconds to the first token, times one and what is in flight and queued there for its share; lower is better"`
	Affine       bool     `json:"affine,omitempty" doc:"its prompt cache knows the conversation"`
	Losses       []string `json:"losses,omitempty" doc:"what could not be carried there"`
	Translated   bool     `json:"translated,omitempty" doc:"false: the bytes are passed on"`
}

// Routes is implemented by the server.
type Routes interface {
	ExplainRoute(ctx context.Context, q RouteQuestion) (RouteAnswer, error)
}

// RegisterRoutes mounts the group.
func RegisterRoutes(a *API, s Routes) {
	add(a, route{id: "explain-route", method: http.MethodPost, path: "/api/admin/route/explain", tag: "admin", summary: "Where a request would go, without sending it", needs: ReadProviders, limit: textLimit},
		func(ctx context.Context, in *body[RouteQuestion]) (*body[RouteAnswer], error) {
			return reply(s.ExplainRoute(ctx, in.Body))
		})
}
