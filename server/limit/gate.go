package limit

import (
	"context"

	"nexusai/backend/broker"
)

// Gate puts the limits before another gate, that of the budgets.
type Gate struct {
	Limits *Limiter
	Next   broker.Gate // nil admits everything
}

var _ broker.Gate = Gate{}

// Admit implements broker.Gate. What Next refuses counts against no limit.
func (g Gate) Admit(ctx context.Context, d broker.Deployment, ask broker.Ask) (broker.Ticket, error) {
	hold, err := g.Limits.Admit(ctx, d, ask)
	if err != nil {
		return nil, err
	}
	if g.Next == nil {
		return ticket{hold: hold}, nil
	}
	next, err := g.Next.Admit(ctx, d, ask)
	if err != nil {
		hold.Cancel()
		return nil, err
	}
	return ticket{next, hold}, nil
}

type ticket struct {
	next broker.Ticket // nil: there is no other gate
	hold *Hold
}

// MaxOutput implements broker.Ticket.
func (t ticket) MaxOutput() int {
	if t.next == nil {
		return 0
	}
	return t.next.MaxOutput()
}

// Came implements broker.Follower for a next ticket that is one.
func (t ticket) Came(bytes int) {
	if f, ok := t.next.(broker.Follower); ok {
		f.Came(bytes)
	}
}

// Settle implements broker.Ticket.
func (t ticket) Settle(a broker.Attempt) {
	if t.next != nil {
		t.next.Settle(a)
	}
	t.hold.Settle(a)
}
