package limit

import (
	"context"
	"testing"
	"time"
)

func TestStatesReachWhoeverAnswers(t *testing.T) {
	t.Parallel()
	ctx, states := Noted(context.Background())
	if states() != nil {
		t.Error("states before any attempt")
	}
	noteStates(context.WithoutCancel(ctx), []State{{Measure: Requests, Limit: 2, Left: 1}})
	if got := states(); len(got) != 1 || got[0].Left != 1 {
		t.Errorf("%+v", got)
	}
	noteStates(ctx, refused(claim{rule: Rule{Measure: Requests, Amount: 2}}, time.Second))
	if got := states(); len(got) != 1 || got[0].Left != 0 || got[0].Limit != 2 || got[0].Reset != time.Second {
		t.Errorf("%+v", got)
	}
	noteStates(context.Background(), nil) // nobody listens
}
