package run

import (
	"strings"
	"sync"
	"time"

	"nexusai/backend/llm"
)

// commitEvery makes about 30 events a second of however many tokens come: more
// than that no page can show.
const commitEvery = 33 * time.Millisecond

// tail collects deltas and commits them in pieces. push comes from one
// goroutine; the last piece of a pause is committed by a timer.
type tail struct {
	commit func(text string)

	mu      sync.Mutex // guards what follows, and keeps commits in order
	pending strings.Builder
	timer   *time.Timer
	total   int
}

// push takes the next delta; errTooLong ends the answer.
func (t *tail) push(d llm.Delta) error {
	if d.Text == "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.total+len(d.Text) > maxText {
		return errTooLong
	}
	t.total += len(d.Text)
	t.pending.WriteString(d.Text)
	if t.timer == nil {
		t.timer = time.AfterFunc(commitEvery, t.flush)
	}
	return nil
}

// flush commits what is pending.
func (t *tail) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.pending.Len() == 0 {
		return
	}
	t.commit(t.pending.String())
	t.pending.Reset()
}
