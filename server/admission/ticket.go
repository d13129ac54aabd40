package admission

import (
	"context"

	"nexusai/backend/broker"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/limit"
)

// ticket is an admitted attempt.
type ticket struct {
	gate   *Gate
	call   *calllog.Ongoing
	places *limit.Hold
	hold   *budget.Hold
	ctx    context.Context //nolint:containedctx // the caller's values, without its end: settling outlives the request
	who    budget.Who
	ask    broker.Ask
	name   string
	price  ledger.Price
	limit  int
}

// MaxOutput implements broker.Ticket.
func (t *ticket) MaxOutput() int { return t.limit }

// Received counts text that came for the attempt, so that what a process that
// dies has received is known to the next.
func (t *ticket) Received(bytes int) { t.call.Received(t.ask.Attempt, bytes) }

// Settle implements broker.Ticket.
func (t *ticket) Settle(a broker.Attempt) {
	name, price := t.name, t.price
	if t.ask.Operation != broker.CanCount {
		// By what was really used: the tier may be another than the worst case's.
		if n, p := t.gate.Prices.Settle(t.ctx, t.who.TenantID, t.ask.Model, a); p.Known {
			name, price = n, p
		}
	}
	cost := t.call.Tried(t.ask.Attempt, a, name, price)
	t.hold.Settle(cost)
	t.gate.correct(t.places, a)
	if held := t.hold.Amount; cost > held {
		t.gate.Log.WarnContext(t.ctx, "attempt cost more than was held for it", "tenant_id", t.who.TenantID, "call_id", t.ask.CallID,
			"attempt", t.ask.Attempt, "deployment", a.Deployment, "nano_usd", cost-held)
	}
}
