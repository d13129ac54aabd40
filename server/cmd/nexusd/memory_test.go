package main

import "testing"

func TestTheHeapGrowsByLessTheMoreLives(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0: mostGrowth, 1 << 20: mostGrowth, garbage / 4: mostGrowth, garbage / 2: 200, garbage: 100, 10 * garbage: leastGrowth,
	} {
		if got := growth(live); got != want {
			t.Errorf("with %d bytes alive it may grow by %d percent, want %d", live, got, want)
		}
	}
}
