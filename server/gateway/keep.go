package gateway

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/provider/sse"
	"nexusai/backend/surface/responses"
	"nexusai/server/response"
)

// Responses keeps what callers may go on from; *response.Book is one.
type Responses interface {
	Save(ctx context.Context, h response.Holder, t response.Turn) error
	History(ctx context.Context, h response.Holder, id string) ([]response.Turn, error)
	Find(ctx context.Context, h response.Holder, id string) (response.Turn, error)
	Delete(ctx context.Context, h response.Holder, id string) error
}

// keepWithin bounds the wait for an answer to be kept, during which its caller
// does not hear its end.
const keepWithin = 5 * time.Second

func holder(c httpapi.Caller) response.Holder {
	if c.KeyID != "" {
		return response.Holder{TenantID: c.TenantID, ID: c.KeyID}
	}
	return response.Holder{TenantID: c.TenantID, ID: c.UserID}
}

// unkept says why a caller's responses are not kept; nil: they are.
func (g *Gateway) unkept(c httpapi.Caller) error {
	var why string
	switch {
	case c.Private:
		why = "This key is private: its responses are not kept, so none can be gone on from."
	case !g.Policy.KeepsResponses(c.TenantID):
		why = "Responses are not kept here: the organisation's policy for prompts and answers does not allow it, so none can be gone on from."
	default:
		return nil
	}
	return fault.New(fault.BadRequest, why+" Send the conversation in input.", nil).At("previous_response_id")
}

// goOn puts in the place of a previous response what was said until then, and
// prepares to keep the answer.
func (g *Gateway) goOn(ctx context.Context, a *asked) error {
	s, ok := a.surface.(responses.Surface)
	if !ok {
		return nil
	}
	said := responses.AskedOf(a.request)
	if said.Store {
		a.keep = &keeping{gateway: g, turn: response.Turn{Previous: said.Previous, Input: said.Input, Began: g.Now()}, holder: holder(a.caller)}
	}
	if said.Previous == "" {
		return nil
	}
	if a.unkept != nil {
		return a.unkept
	}
	turns, err := g.Responses.History(ctx, holder(a.caller), said.Previous)
	if fault.CodeOf(err) == fault.NotFound {
		return responses.NotFound(said.Previous)
	}
	if err != nil {
		return err
	}
	last := turns[len(turns)-1]
	a.home = broker.Place{Deployment: last.Deployment, Key: last.Key}
	var history [][]byte
	for _, t := range turns {
		answered, _ := responses.AnsweredBy(t.Body) // it was one when it was kept
		history = append(history, t.Input, answered.Output)
	}
	a.request, a.surface, err = expand(a.request, s, history)
	return err
}

func expand(r broker.Request, s responses.Surface, history [][]byte) (broker.Request, surface, error) {
	r, s, err := responses.Expand(r, s, history)
	return r, s, err
}

// keeping watches an answer pass by until it is whole, and keeps it. A nil one
// does nothing.
type keeping struct {
	gateway *Gateway
	holder  response.Holder
	turn    response.Turn
	decoder sse.Decoder
	whole   bytes.Buffer // of an answer that is not streamed
	over    bool
}

// see takes the next bytes before the caller gets them. An answer that comes in
// one piece is whole when it can be read.
func (k *keeping) see(ctx context.Context, p []byte, answer *broker.Forwarded) {
	if k == nil || k.over || answer.Status != http.StatusOK {
		return
	}
	k.turn.Deployment, k.turn.Key = answer.Deployment, answer.Key
	if answer.Stream {
		_ = k.decoder.Feed(p, func(e sse.Event) error { // the callback returns no error
			if body, last := responses.Event(e.Name, e.Data); last {
				k.save(ctx, body)
			}
			return nil
		})
		return
	}
	if k.whole.Len()+len(p) > response.MaxBytes {
		k.over = true
		return
	}
	k.whole.Write(p)
	if p[len(p)-1] == '}' || p[len(p)-1] == '\n' {
		k.save(ctx, k.whole.Bytes())
	}
}

func (k *keeping) save(ctx context.Context, body []byte) {
	answered, ok := responses.AnsweredBy(body)
	if !ok {
		return
	}
	k.over = true
	k.turn.ID, k.turn.Body = answered.ID, answered.Body
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	if err := k.gateway.Responses.Save(ctx, k.holder, k.turn); err != nil {
		k.gateway.Log.ErrorContext(ctx, "response not kept", "tenant_id", k.holder.TenantID, "err", fault.Cause(err))
	}
}

// response shows a kept response to who may see it.
func (g *Gateway) response(w http.ResponseWriter, r *http.Request, caller httpapi.Caller) {
	kept, err := g.Responses.Find(r.Context(), holder(caller), r.PathValue("id"))
	if err != nil {
		g.refuse(w, r, missing(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(kept.Body) // a client that has left cannot be told anything
}

// forget deletes one.
func (g *Gateway) forget(w http.ResponseWriter, r *http.Request, caller httpapi.Caller) {
	id := r.PathValue("id")
	if err := g.Responses.Delete(r.Context(), holder(caller), id); err != nil {
		g.refuse(w, r, missing(err))
		return
	}
	reply(w, map[string]any{"id": id, "object": "response.deleted", "deleted": true})
}

// missing says what is not there, which is no path.
func missing(err error) error {
	if fault.CodeOf(err) != fault.NotFound {
		return err
	}
	return fault.New(fault.NotFound, "There is no such response.", err).At("id")
}
