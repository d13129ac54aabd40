package gateway

import (
	"context"
	"fmt"
	"net/http"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/surface/audio"
	"nexusai/backend/surface/embeddings"
	"nexusai/backend/surface/responses"
	"nexusai/server/cache"
	"nexusai/server/calllog"
	"nexusai/server/content"
	"nexusai/server/entitlement"
	"nexusai/server/ledger"
	"nexusai/server/limit"
)

// maxModel bounds a model's name in the log, in bytes.
const maxModel = 200

// asked is a request that was understood.
type asked struct {
	operation
	caller  httpapi.Caller
	request broker.Request
	body    []byte
	strict  bool
	unkept  error        // why none of the caller's responses are kept; nil: they are
	keep    *keeping     // the answer is to be kept; nil: not
	home    broker.Place // who answered what it goes on from
}

// ask answers one kind of request.
func (g *Gateway) ask(op operation) func(http.ResponseWriter, *http.Request, httpapi.Caller) {
	return func(w http.ResponseWriter, r *http.Request, caller httpapi.Caller) {
		body, done, err := g.read(w, r, op.most)
		defer done()
		a := asked{operation: op, caller: caller, body: body, strict: r.Header.Get("X-Nexus-Strict") == "1"}
		switch s := op.surface.(type) {
		case audio.Transcriptions:
			a.surface = audio.Transcriptions{ContentType: r.Header.Get("Content-Type")}
		case responses.Surface:
			a.unkept = g.unkept(caller)
			s.Unkept = a.unkept != nil || r.Header.Get(content.Header) == "0"
			a.surface = s
		}
		if err == nil {
			a.request, err = a.surface.Read(body)
		}
		if err == nil {
			err = g.goOn(r.Context(), &a)
		}
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		g.call(w, r, a)
	}
}

// call has a request answered and records it.
func (g *Gateway) call(w http.ResponseWriter, r *http.Request, a asked) {
	record := g.Calls.Begin(a.record(w.Header().Get(requestID)))
	var report broker.Report
	ctx, done := entitlement.While(r.Context(), g.Revocations, a.caller)
	defer done()
	ctx, rates := limit.Noted(ctx)
	ctx, cached := cache.Noted(ctx)
	answer, err := g.Broker.Forward(ctx, broker.ForwardRequest{
		Surface: a.surface, Request: a.request, Header: r.Header, Body: a.body,
		Options: broker.Options{CallID: record.ID(), Strict: a.strict, Home: a.home},
		Done:    func(done broker.Report) { report = done },
	})
	rated(w.Header(), rates(), g.Now())
	w.Header().Set(cache.Header, string(cached()))
	half := false
	if err == nil {
		err = g.relay(r.Context(), w, answer, a.keep)
		half = err != nil && answer.Raw
		_ = answer.Body.Close() // makes the report final
	} else {
		g.refuse(w, r, g.inWords(r.Context(), a, err))
	}
	record.End(calllog.OutcomeOf(report, err, func(last broker.Attempt) (string, ledger.Price) {
		if last.Provider == cache.Provider {
			return cache.Provider, ledger.Price{Known: true, Version: cache.Provider} // of nothing
		}
		return g.Fleet.Settle(context.WithoutCancel(r.Context()), a.caller.TenantID, report.Model, last)
	}))
	if half {
		panic(http.ErrAbortHandler) // half a sound must not look whole
	}
}

// inWords says of an input to embed what "the conversation is too long" would
// say of a chat.
func (g *Gateway) inWords(ctx context.Context, a asked, err error) error {
	if _, embeds := a.surface.(embeddings.Surface); !embeds || fault.CodeOf(err) != fault.ContextTooLong {
		return err
	}
	text := "The input is too long for this model."
	if n := g.Fleet.Window(ctx, a.request.Model()); n > 0 {
		text = fmt.Sprintf("The input is too long: this model reads at most %d tokens of each input.", n)
	}
	return fault.New(fault.ContextTooLong, text, err).At("input")
}

func (a asked) record(id string) calllog.Call {
	model := a.request.Model()
	c := calllog.Call{
		TenantID: a.caller.TenantID, Surface: "v1", Operation: a.name, Model: model[:min(len(model), maxModel)],
		UserID: a.caller.UserID, KeyID: a.caller.KeyID, Streamed: a.request.Stream(), RequestID: id,
	}
	if c.KeyID != "" {
		c.UserID = "" // the key made the call, whoever made the key
	}
	return c
}
