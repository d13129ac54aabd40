package limit_test

import (
	"testing"
	"time"

	"nexusai/server/limit"
	"nexusai/server/limit/limittest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	limittest.Run(t, func(*testing.T) limittest.World {
		all := limit.NewMemory(time.Now) // one process is all there is
		return limittest.World{Tenant: "t", Process: func(*testing.T) limit.Counters { return all }}
	})
}

func TestMemoryForgetsOnlyFullBuckets(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := limit.NewMemory(func() time.Time { return now })
	spent := limit.Claim{Key: "t/spent/-", Cost: 1, Limit: 1, Window: time.Hour}
	if got, _ := m.Take(t.Context(), "h", []limit.Claim{spent}); got.Refused >= 0 {
		t.Fatal("refused")
	}
	for i := range 100_001 {
		one := limit.Claim{Key: "t/" + string(rune(i)) + "x" + time.Duration(i).String(), Cost: 1, Limit: 1000, Window: time.Millisecond}
		if _, err := m.Take(t.Context(), "h", []limit.Claim{one}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Microsecond)
	}
	if got, _ := m.Take(t.Context(), "h", []limit.Claim{spent}); got.Refused != 0 {
		t.Error("a spent bucket was forgotten")
	}
}
