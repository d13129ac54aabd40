// Package route says where a request would go, and why, without sending it.
package route

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/surface/audio"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/completions"
	"nexusai/backend/surface/embeddings"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/rerank"
	"nexusai/backend/surface/responses"
)

// Broker chooses as it would for a real request; *broker.Broker is one.
type Broker interface {
	Explain(ctx context.Context, req broker.ForwardRequest) (broker.Explanation, error)
}

// Fleet knows who serves what; *fleet.Fleet is one.
type Fleet interface {
	Candidates(ctx context.Context, q broker.Query) (broker.Route, error)
	// Alias is nil when the name is none.
	Alias(ctx context.Context, tenant, name string) (*httpapi.Alias, error)
	// KeyNames are the names of the tenant's providers' keys by id.
	KeyNames(ctx context.Context, tenant string) (map[string]string, error)
	// Bearer is an API key as a caller, with what it may use.
	Bearer(ctx context.Context, tenant, keyID string) (httpapi.Caller, error)
}

// Explainer answers route questions. Safe for concurrent use.
type Explainer struct {
	broker Broker
	fleet  Fleet
}

// New needs both.
func New(b Broker, f Fleet) (*Explainer, error) {
	if b == nil || f == nil {
		return nil, errors.New("route.New needs a broker and a fleet")
	}
	return &Explainer{b, f}, nil
}

var _ httpapi.Routes = (*Explainer)(nil)

// kind of request: how it is read, and the least one that can be asked about.
type kind struct {
	surface broker.Surface
	need    broker.Capability
	least   func(model string) map[string]any
}

func text(field string, value any) func(string) map[string]any {
	return func(model string) map[string]any { return map[string]any{"model": model, field: value} }
}

func kinds() map[string]kind {
	said := []map[string]any{{"role": "user", "content": "Hello."}}
	return map[string]kind{
		"chat":        {chat.Surface{}, broker.CanChat, text("messages", said)},
		"completions": {completions.Surface{}, broker.CanChat, text("prompt", "Hello.")},
		"responses":   {responses.Surface{}, broker.CanChat, text("input", "Hello.")},
		"messages": {messages.Surface{}, broker.CanChat, func(model string) map[string]any {
			return map[string]any{"model": model, "messages": said, "max_tokens": 256}
		}},
		"embeddings": {embeddings.Surface{}, broker.CanEmbed, text("input", "Hello.")},
		"speech": {audio.Speech{}, broker.CanSpeak, func(model string) map[string]any {
			return map[string]any{"model": model, "input": "Hello.", "voice": "alloy"}
		}},
		"rerank": {rerank.Surface{}, broker.CanRerank, func(model string) map[string]any {
			return map[string]any{"model": model, "query": "Hello.", "documents": []string{"Hello."}}
		}},
	}
}

// ExplainRoute implements httpapi.Routes for the caller in ctx, or for the role
// or key that the question names.
func (e *Explainer) ExplainRoute(ctx context.Context, q httpapi.RouteQuestion) (httpapi.RouteAnswer, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.RouteAnswer{}, err
	}
	as := httpapi.Caller{TenantID: caller.TenantID, UserID: caller.UserID, Role: caller.Role, Models: caller.Models}
	if q.Role != "" {
		as.Role, as.Models = q.Role, nil
	}
	if q.KeyID != "" {
		if as, err = e.fleet.Bearer(ctx, caller.TenantID, q.KeyID); err != nil {
			return httpapi.RouteAnswer{}, err
		}
	}
	request, need, err := ask(q)
	if err != nil {
		return httpapi.RouteAnswer{}, err
	}
	out := httpapi.RouteAnswer{Model: q.Model, Candidates: []httpapi.RouteCandidate{}}
	if out.Alias, err = e.fleet.Alias(ctx, caller.TenantID, q.Model); err != nil {
		return out, err
	}
	names, err := e.fleet.KeyNames(ctx, caller.TenantID)
	if err != nil {
		return out, err
	}
	ctx = httpapi.WithCaller(ctx, as)
	found, err := e.broker.Explain(ctx, request)
	if err != nil && fault.CodeOf(err) == fault.Internal {
		return out, err
	}
	if err != nil {
		out.Problem = httpapi.ProblemOf(err)
	}
	if err != nil && len(found.Candidates) == 0 { // the router refused: it knows whom it passed over
		route, _ := e.fleet.Candidates(ctx, broker.Query{Model: q.Model, Need: need})
		for _, x := range route.Excluded {
			found.Candidates = append(found.Candidates, broker.Candidate{Deployment: x.Deployment, Name: x.Name, Reason: x.Reason})
		}
	}
	tell(&out, found, names)
	return out, nil
}

// ask makes the request that the question is about.
func ask(q httpapi.RouteQuestion) (broker.ForwardRequest, broker.Capability, error) {
	name := q.Surface
	if name == "" {
		name = "chat"
	}
	k, ok := kinds()[name]
	if name == "transcriptions" {
		return transcription(q)
	}
	if !ok {
		return broker.ForwardRequest{}, "", fault.New(fault.BadRequest, "There is no such kind of request.", nil).At("body.surface")
	}
	body, err := bodyOf(q, k)
	if err != nil {
		return broker.ForwardRequest{}, "", err
	}
	return broker.ForwardRequest{
		Surface: k.surface, Body: body, Options: broker.Options{Affinity: q.Affinity, Strict: q.Strict},
	}, k.need, nil
}

// bodyOf is the request as it was given, with the question's model, or the
// least one.
func bodyOf(q httpapi.RouteQuestion, k kind) ([]byte, error) {
	fields := k.least(q.Model)
	if len(q.Request) > 0 && string(q.Request) != "null" {
		given := map[string]json.RawMessage{}
		if err := json.Unmarshal(q.Request, &given); err != nil {
			return nil, fault.New(fault.BadRequest, "The request is a JSON object.", err).At("body.request")
		}
		fields = map[string]any{}
		for name, value := range given {
			fields[name] = value
		}
		fields["model"] = q.Model
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode a request: %w", err)
	}
	return body, nil
}

// tell puts what was found into the contract's words.
func tell(out *httpapi.RouteAnswer, found broker.Explanation, keys map[string]string) {
	out.Larger = found.Larger
	for _, c := range found.Candidates {
		one := httpapi.RouteCandidate{
			DeploymentID: c.Deployment, Deployment: c.Name, Provider: c.Provider, KeyID: c.Key, Key: keys[c.Key], Region: c.Region,
			Priority: c.Priority, Weight: c.Weight, Qualifies: c.Reason == "", Reason: string(c.Reason), Why: string(c.Why),
			InFlight: c.Health.InFlight, Affine: c.Why == broker.WhyAffinity, Losses: c.Losses, Translated: c.Lane == broker.LaneTranslated,
		}
		if ms := c.Health.FirstToken.Milliseconds(); ms > 0 {
			one.FirstTokenMS = &ms
		}
		if c.Score > 0 {
			one.Score = &c.Score
		}
		if c.Why != "" && out.Chosen == "" && one.Qualifies {
			out.Chosen, out.ChosenKey = c.Deployment, c.Key
		}
		out.Candidates = append(out.Candidates, one)
	}
}
