// Package playground asks one model once, for somebody who compares models.
package playground

import (
	"context"
	"errors"
	"sync"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/calllog"
	"nexusai/server/edge"
	"nexusai/server/entitlement"
	"nexusai/server/ledger"
)

// atOnce is how many answers one person has written at a time: a page compares
// up to four models, and a second page may be open.
const atOnce = 8

// Broker sends a chat to a provider; *broker.Broker is one.
type Broker interface {
	ChatWithReport(ctx context.Context, req llm.ChatRequest, o broker.Options, onDelta func(llm.Delta) error) (llm.Completion, broker.Report, error)
}

// Fleet knows prices; *fleet.Fleet is one.
type Fleet interface {
	Settle(ctx context.Context, tenant, asked string, a broker.Attempt) (deployment string, price ledger.Price)
}

// Config of a Playground; all fields but Now are required.
type Config struct {
	Broker      Broker
	Fleet       Fleet
	Calls       *calllog.Book
	Revocations entitlement.Revocations
	Now         func() time.Time
}

// Playground is safe for concurrent use. It keeps nothing of what is asked itself.
type Playground struct {
	Config
	mu   sync.Mutex     // guards what follows
	busy map[string]int // answers being written, by tenant and user; no zeros
}

var _ httpapi.Playground = (*Playground)(nil)

// New checks cfg.
func New(cfg Config) (*Playground, error) {
	if cfg.Broker == nil || cfg.Fleet == nil || cfg.Calls == nil || cfg.Revocations == nil {
		return nil, errors.New("playground.Config needs Broker, Fleet, Calls and Revocations")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Playground{Config: cfg, busy: map[string]int{}}, nil
}

// Try implements httpapi.Playground. When the caller leaves or may not go on, so
// does the call at the provider.
func (p *Playground) Try(ctx context.Context, t httpapi.Trial, send func(httpapi.TrialEvent) error) error {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	leave, err := p.enter(caller)
	if err != nil {
		return err
	}
	defer leave()
	ctx, done := entitlement.While(ctx, p.Revocations, caller)
	defer done()
	one := &trial{p: p, caller: caller, asked: t, send: send, began: p.Now()}
	return one.run(ctx)
}

func (p *Playground) enter(c httpapi.Caller) (leave func(), err error) {
	who := c.TenantID + "/" + c.UserID + "/" + c.KeyID
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[who] >= atOnce {
		f := fault.New(fault.RateLimited, "You have as many answers being written in the playground as you can have at once.", nil)
		f.Key, f.RetryAfter = "fault.rate.playground", time.Second
		return nil, f
	}
	p.busy[who]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.busy[who]--; p.busy[who] == 0 {
			delete(p.busy, who)
		}
	}, nil
}

// trial is one answer on its way.
type trial struct {
	p      *Playground
	caller httpapi.Caller
	asked  httpapi.Trial
	send   func(httpapi.TrialEvent) error
	began  time.Time
	told   bool // an event was sent
}

func (t *trial) run(ctx context.Context) error {
	call := calllog.Call{
		TenantID: t.caller.TenantID, Surface: "playground", Operation: "chat", Model: t.asked.Model, UserID: t.caller.UserID, KeyID: t.caller.KeyID,
		Streamed: true, RequestID: edge.RequestID(ctx),
	}
	if call.KeyID != "" {
		call.UserID = "" // the key made the call, whoever made the key
	}
	record := t.p.Calls.Begin(call)
	done, report, err := t.p.Broker.ChatWithReport(ctx, t.request(), broker.Options{CallID: record.ID()}, t.piece)
	result := &httpapi.TrialResult{CallID: record.ID(), Finish: string(done.Finish), Attempts: len(report.Attempts), LatencyMS: t.elapsed()}
	result.CostNanoUSD = record.End(calllog.OutcomeOf(report, err, func(last broker.Attempt) (string, ledger.Price) {
		return t.p.Fleet.Settle(context.WithoutCancel(ctx), t.caller.TenantID, t.asked.Model, last)
	}))
	t.describe(ctx, result, report)
	if err == nil {
		return t.tell(httpapi.TrialEvent{Type: "done", Outcome: result})
	}
	if !t.told {
		return err
	}
	return t.tell(httpapi.TrialEvent{Type: "failed", Outcome: result, Problem: httpapi.ProblemOf(fault.From(err))})
}

func (t *trial) request() llm.ChatRequest {
	out := llm.ChatRequest{
		Model: t.asked.Model, Temperature: t.asked.Temperature, TopP: t.asked.TopP, MaxTokens: t.asked.MaxTokens, Effort: llm.Effort(t.asked.Effort),
	}
	for _, m := range t.asked.Messages {
		out.Messages = append(out.Messages, llm.Message{Role: llm.Role(m.Role), Text: m.Text})
	}
	return out
}

func (t *trial) piece(d llm.Delta) error {
	if d.Reasoning != "" {
		if err := t.tell(httpapi.TrialEvent{Type: "reasoning", Text: d.Reasoning}); err != nil {
			return err
		}
	}
	if d.Text == "" {
		return nil
	}
	return t.tell(httpapi.TrialEvent{Type: "text", Text: d.Text})
}

func (t *trial) tell(e httpapi.TrialEvent) error {
	e.ElapsedMS = t.elapsed()
	t.told = true
	return t.send(e)
}

func (t *trial) elapsed() int64 { return t.p.Now().Sub(t.began).Milliseconds() }

// describe says who answered and what was used.
func (t *trial) describe(ctx context.Context, out *httpapi.TrialResult, report broker.Report) {
	last, ok := report.Last()
	if !ok {
		return
	}
	name, price := t.p.Fleet.Settle(context.WithoutCancel(ctx), t.caller.TenantID, t.asked.Model, last)
	out.Deployment, out.Unpriced = name, !price.Known
	u := report.Delivered // over a rescue both halves
	if u == (llm.Usage{}) {
		u = last.Usage
	}
	out.InputTokens, out.CachedTokens, out.OutputTokens, out.ReasoningTokens, out.Estimated = u.Input, u.Cached, u.Output, u.Reasoning, u.Estimated
	if !last.FirstToken.IsZero() {
		out.FirstMS = max(last.FirstToken.Sub(t.began).Milliseconds(), 1)
	}
}
