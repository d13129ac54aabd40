package budget

import "context"

// Turn is one round of what Run does, the rare things left out.
func (b *Budgets) Turn(ctx context.Context) error { return b.turn(ctx, newsEvery) }

// Lose is what Run does with a lease that it found to be lost a moment ago.
func (b *Budgets) Lose(ctx context.Context, l Lease) (int64, error) {
	return b.end(ctx, l, ending{unseen: lostAfter, spent: true})
}
