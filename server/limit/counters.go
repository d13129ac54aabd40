package limit

import (
	"context"
	"time"
)

// Counters hold the buckets. Safe for concurrent use.
type Counters interface {
	// Take takes every claim or none. hold names the attempt, for the places
	// that Concurrent claims occupy. A Cost of 0 only looks.
	Take(ctx context.Context, hold string, claims []Claim) (Taken, error)
	// Give corrects what was taken: a claim's Cost goes back into its bucket, or
	// out of it when negative, whatever it holds; a Concurrent claim's place is
	// free again.
	Give(ctx context.Context, hold string, claims []Claim) error
	// Run keeps the places that are taken, until ctx ends.
	Run(ctx context.Context) error
}

// late is implemented by Counters whose Give returns before it is done.
type late interface {
	// Catch waits until what was given back so far is free.
	Catch(ctx context.Context)
}

// Taken says how a Take went.
type Taken struct {
	Refused int           // index of the claim that was refused first; -1: none
	Wait    time.Duration // until that may be tried again
	Left    []int64       // for each claim, what its bucket holds now; nil when refused
}

// granted makes the outcome of a Take without refusal.
func granted(left []int64) Taken { return Taken{Refused: -1, Left: left} }

// busyWait is when to try again where every place is taken: nobody knows when
// one will be free.
const busyWait = time.Second
