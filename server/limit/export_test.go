package limit

import "context"

// Renew is what Run does every half minute.
func (r *Redis) Renew(ctx context.Context) { r.renew(ctx) }
