// Package admission stands before every attempt at a model: it holds the worst
// case back in the caller's budgets and writes that into the call's journal
// before anything is sent.
package admission

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
)

const (
	// fewTokens is the least that an answer without a limit of its own gets:
	// with less, refusing is kinder.
	fewTokens = 256
	// manyTokens is the most that an answer is taken to have where neither the
	// request nor what is known of the model says it.
	manyTokens = 128 << 10
)

// Prices knows what an attempt costs; *fleet.Fleet is one.
type Prices interface {
	Settle(ctx context.Context, tenant, asked string, a broker.Attempt) (deployment string, price ledger.Price)
}

// Config of a Gate.
type Config struct {
	Calls   *calllog.Book   // required
	Budgets *budget.Budgets // required
	Prices  Prices          // required
	Log     *slog.Logger    // required
	Now     func() time.Time
}

// Gate implements broker.Gate. Safe for concurrent use.
type Gate struct{ Config }

var _ broker.Gate = (*Gate)(nil)

// New checks cfg.
func New(cfg Config) (*Gate, error) {
	if cfg.Calls == nil || cfg.Budgets == nil || cfg.Prices == nil || cfg.Log == nil {
		return nil, errors.New("admission.Config needs Calls, Budgets, Prices and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Gate{cfg}, nil
}

var errUnrecorded = errors.New("an attempt at a call that was not begun in the call log")

// Admit implements broker.Gate. The call was begun in the call log under
// ask.CallID: who pays is known from there and from the caller in ctx.
func (g *Gate) Admit(ctx context.Context, d broker.Deployment, ask broker.Ask) (broker.Ticket, error) {
	call := g.Calls.Ongoing(ask.CallID)
	if call == nil {
		return nil, fault.From(errUnrecorded)
	}
	return g.reserve(ctx, call, d, ask)
}

// reserve holds back what the attempt can cost at most and journals it.
func (g *Gate) reserve(ctx context.Context, call *calllog.Ongoing, d broker.Deployment, ask broker.Ask) (broker.Ticket, error) {
	who, err := payer(ctx, call)
	if err != nil {
		return nil, err
	}
	name, price := g.price(ctx, who.TenantID, d, ask)
	if err := g.priced(ctx, who, d, price, ask.Bound); err != nil {
		return nil, err
	}
	w := worstOf(price, d, ask)
	hold, err := g.Budgets.Reserve(ctx, who, w.cost(w.least), w.cost(w.most))
	if err != nil {
		return nil, err
	}
	a := calllog.Attempt{
		N: ask.Attempt, Deployment: d.ID, Name: name, Provider: d.Provider, Key: d.Key, Model: d.Model, Started: hold.At, Admitted: hold.At,
		Price: price, Reserved: hold.Amount, Likely: likely(ask.Bound), Sound: sound(ask), MaxInput: maxInput(d, ask), MaxOutput: w.most, Subjects: hold.Subjects, Claims: hold.Claims,
	}
	if w.least < w.most && hold.Bound {
		a.Limit = w.within(hold.Amount) / max(ask.Bound.Choices, 1)
		a.MaxOutput = a.Limit * max(ask.Bound.Choices, 1)
	}
	if err := call.Try(a); err != nil { // a call that is nowhere must not be answered, be it for free
		hold.Settle(0)
		return nil, fault.New(fault.DiskFull, "The server cannot write this call down.", err).
			WithHint("Tell whoever runs it that its disk may be full.")
	}
	return &ticket{prices: g.Prices, log: g.Log, call: call, hold: hold, ctx: context.WithoutCancel(ctx), who: who, ask: ask, name: name, price: price, limit: a.Limit}, nil
}

// payer is who the attempt is for. A key's calls count against who made it,
// too: otherwise making a key would be a way around a budget.
func payer(ctx context.Context, call *calllog.Ongoing) (budget.Who, error) {
	c := call.Call()
	who := budget.Who{TenantID: c.TenantID, UserID: c.UserID, KeyID: c.KeyID, ConversationID: c.ConversationID}
	caller, ok := httpapi.CallerFrom(ctx)
	if !ok {
		return who, nil // the product's own work in a tenant's name
	}
	if caller.TenantID != c.TenantID {
		return who, fault.From(fmt.Errorf("%w: of another tenant", errUnrecorded))
	}
	who.UserID = caller.UserID
	return who, nil
}

func (g *Gate) price(ctx context.Context, tenantID string, d broker.Deployment, ask broker.Ask) (string, ledger.Price) {
	if ask.Operation == broker.CanCount {
		return d.Name, ledger.Price{Known: true, Version: "free"}
	}
	return g.Prices.Settle(ctx, tenantID, ask.Model, broker.Attempt{
		Deployment: d.ID, Name: d.Name, Provider: d.Provider, Model: d.Model, Key: d.Key, Started: g.Now(), Usage: llm.Usage{Input: maxInput(d, ask)},
	})
}

// priced refuses what nobody knows the price of, or of a part of it, where that
// is the policy.
func (g *Gate) priced(ctx context.Context, who budget.Who, d broker.Deployment, price ledger.Price, b broker.Bound) error {
	known := price.Known && !b.Unpriced && (b.Searches == 0 || price.SearchNano > 0)
	if known || d.Local {
		return nil
	}
	denied, err := g.Budgets.DeniesUnpriced(ctx, who, price.Paid)
	if err != nil || !denied {
		return err
	}
	what := "this model"
	if price.Known {
		what = "a part of this request"
	}
	f := fault.New(fault.QuotaUnpriced, "Nobody knows what "+what+" costs, and that is not allowed here.", nil).
		WithHint("Ask an administrator to enter a price for it, or to allow calls without one.")
	f.HintKey = "hint.quota.unpriced"
	return f
}
