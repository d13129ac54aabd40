package llamacpp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"nexusai/backend/fault"
)

// Phase is where an engine is on its way from nothing to answering.
type Phase string

// The phases, in the order in which a fresh machine sees them.
const (
	Absent   Phase = "absent"   // a file is missing and nobody is getting it
	Building Phase = "building" // the engine is being compiled; Done of Total steps
	Fetching Phase = "fetching" // the model file is on its way; Done of Total bytes
	Stopped  Phase = "stopped"  // everything is here; starts when first needed
	Starting Phase = "starting" // the process runs and loads its model
	Ready    Phase = "ready"
	Failed   Phase = "failed" // Err says why; the next request tries again
)

// State is what a person may know of an engine.
type State struct {
	Phase Phase
	Model string // id of the model served or on its way; may be empty
	Note  string // one English sentence about something that was put right; may be empty
	Done  int64
	Total int64 // 0: unknown
	Err   *fault.Fault
}

// Slow tells whether an engine in this state needs minutes rather than seconds.
func (s State) Slow() bool {
	return s.Phase == Absent || s.Phase == Building || s.Phase == Fetching
}

// Unready says how far a Slow engine is on its way, and when to ask again.
func (s State) Unready() *fault.Fault {
	safe := "The local model is still being downloaded."
	switch s.Phase {
	case Absent:
		safe = "The local engine or its model is not here yet."
	case Building:
		safe = "The local engine is still being built."
	}
	f := fault.New(fault.ModelUnready, safe, nil)
	f.RetryAfter = 10 * time.Second
	if s.Total > 0 {
		f.Hint = fmt.Sprintf("It is at %d %%.", 100*s.Done/s.Total)
	}
	return f
}

// board holds the current state and tells watchers when it changes.
type board struct {
	mu      sync.Mutex // guards what follows
	state   State
	changed chan struct{} // closed and replaced at each change
}

func newBoard() *board {
	return &board{state: State{Phase: Stopped}, changed: make(chan struct{})}
}

func (b *board) set(s State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s == b.state {
		return
	}
	b.state = s
	close(b.changed)
	b.changed = make(chan struct{})
}

// get returns the state and a channel that closes when it is no longer current.
func (b *board) get() (State, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.changed
}

// watch sends the current state and then each newer one until ctx ends; a slow
// reader misses states in between, never the last one.
func (b *board) watch(ctx context.Context) <-chan State {
	out := make(chan State)
	go func() {
		defer close(out)
		for {
			s, changed := b.get()
			select {
			case out <- s:
			case <-ctx.Done():
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
