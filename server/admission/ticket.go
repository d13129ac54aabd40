package admission

import (
	"context"
	"log/slog"

	"nexusai/backend/broker"
	"nexusai/server/budget"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
)

// ticket is an admitted attempt.
type ticket struct {
	prices Prices
	log    *slog.Logger
	call   *calllog.Ongoing
	hold   *budget.Hold
	ctx    context.Context //nolint:containedctx // the caller's values, without its end: settling outlives the request
	who    budget.Who
	ask    broker.Ask
	name   string
	price  ledger.Price
	limit  int
}

var _ broker.Follower = (*ticket)(nil)

// MaxOutput implements broker.Ticket.
func (t *ticket) MaxOutput() int { return t.limit }

// Came implements broker.Follower.
func (t *ticket) Came(bytes int) { t.call.Received(t.ask.Attempt, bytes) }

// Settle implements broker.Ticket.
func (t *ticket) Settle(a broker.Attempt) {
	name, price := t.name, t.price
	if t.ask.Operation != broker.CanCount {
		// By what was really used: the tier may be another than the worst case's.
		if n, p := t.prices.Settle(t.ctx, t.who.TenantID, t.ask.Model, a); p.Known {
			name, price = n, p
		}
	}
	cost := t.call.Tried(t.ask.Attempt, a, name, price)
	t.hold.Settle(cost)
	if held := t.hold.Amount; cost > held {
		t.log.WarnContext(t.ctx, "attempt cost more than was held for it", "tenant_id", t.who.TenantID, "call_id", t.ask.CallID,
			"attempt", t.ask.Attempt, "deployment", a.Deployment, "nano_usd", cost-held)
	}
}
