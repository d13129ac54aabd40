package budget

import "context"

// Turn is one round of what Run does, the rare things left out.
func (b *Budgets) Turn(ctx context.Context) error { return b.turn(ctx, newsEvery) }
