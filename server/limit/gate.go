package limit

import (
	"context"

	"nexusai/backend/broker"
)

// Gate puts the limits before another gate, that of the budgets.
type Gate struct {
	Limits *Limiter
	Next   broker.Gate
}

var _ broker.Gate = Gate{}

// Admit implements broker.Gate. What Next refuses counts against no limit.
func (g Gate) Admit(ctx context.Context, d broker.Deployment, ask broker.Ask) (broker.Ticket, error) {
	hold, err := g.Limits.Admit(ctx, d, ask)
	if err != nil {
		return nil, err
	}
	next, err := g.Next.Admit(ctx, d, ask)
	if err != nil {
		hold.Cancel()
		return nil, err
	}
	return ticket{next, hold}, nil
}

type ticket struct {
	broker.Ticket
	hold *Hold
}

func (t ticket) Settle(a broker.Attempt) {
	t.Ticket.Settle(a)
	t.hold.Settle(a)
}
