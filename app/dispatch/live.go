package dispatch

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"nexusai/app/localdb"
	"nexusai/backend/httpapi"
)

// maxChunk bounds the text of one event, in bytes: in the window an event is
// injected as script and must stay under 4 KB, escaped.
const maxChunk = 1500

// live is a run being worked on. Text arrives in pieces and leaves as numbered
// events, about 30 a second.
type live struct {
	pages    pages
	coalesce time.Duration
	cancel   context.CancelFunc // ends the work

	mu      sync.Mutex    // guards what follows
	run     httpapi.Run   // Text and Seq: what was published
	marks   []int         // marks[i] is where the text of event i+1 ends
	pending string        // arrived, not published
	timer   *time.Timer   // runs while something is pending
	last    *lastEvent    // set once, by end
	changed chan struct{} // closed and replaced at each event
	stopped bool          // the person asked for its end
}

type lastEvent struct {
	message *httpapi.Message
	problem *httpapi.Problem
}

func newLive(r localdb.Run, cfg Config, cancel context.CancelFunc) *live {
	return &live{
		pages: cfg.Pages, coalesce: cfg.Coalesce, cancel: cancel, changed: make(chan struct{}),
		run: httpapi.Run{ID: r.ID, ConversationID: r.ConversationID, MessageID: r.MessageID, AnswerID: r.AnswerID, Model: r.Model, State: httpapi.RunWaiting, StartedAt: r.CreatedAt},
	}
}

func (l *live) id() string { return l.run.ID } // set once

func (l *live) snapshot() httpapi.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run
}

func final(s httpapi.RunState) bool {
	return s == httpapi.RunDone || s == httpapi.RunStopped || s == httpapi.RunFailed
}

func (l *live) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last != nil
}

// text is everything that has arrived.
func (l *live) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run.Text + l.pending
}

// start publishes that the answer is being written.
func (l *live) start(answerID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run.AnswerID = answerID
	if l.run.State != httpapi.RunRunning {
		l.run.State = httpapi.RunRunning
		l.publish("")
	}
}

// push takes the next piece of the answer.
func (l *live) push(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text == "" || l.last != nil {
		return
	}
	l.pending += text
	if l.timer == nil {
		l.timer = time.AfterFunc(l.coalesce, l.flush)
	}
}

func (l *live) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	l.drain()
}

// drain publishes what is pending; mu is held.
func (l *live) drain() {
	for l.pending != "" && l.last == nil {
		chunk := l.pending
		if len(chunk) > maxChunk {
			chunk = chunk[:cut(chunk, maxChunk)]
		}
		l.pending = l.pending[len(chunk):]
		l.publish(chunk)
	}
}

// cut is the last border between characters at or before n.
func cut(s string, n int) int {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// publish numbers one event; mu is held. Feed.Run does not block.
func (l *live) publish(text string) {
	l.run.Text += text
	l.run.Seq++
	l.marks = append(l.marks, len(l.run.Text))
	l.pages.Run(l.event(l.run.Seq))
	close(l.changed)
	l.changed = make(chan struct{})
}

// event makes event seq again; mu is held. Its state is running unless it is
// the last one.
func (l *live) event(seq int64) httpapi.RunEvent {
	from := 0
	if seq > 1 {
		from = l.marks[seq-2]
	}
	e := httpapi.RunEvent{
		RunID: l.run.ID, ConversationID: l.run.ConversationID, AnswerID: l.run.AnswerID,
		Seq: seq, Text: l.run.Text[from:l.marks[seq-1]], State: httpapi.RunRunning,
	}
	if l.last != nil && seq == int64(len(l.marks)) {
		e.State, e.Message, e.Problem = l.run.State, l.last.message, l.last.problem
	}
	return e
}

// end publishes the last event. message is the finished answer, if there is
// one; its text replaces what was streamed should they differ.
func (l *live) end(state httpapi.RunState, message *httpapi.Message, problem *httpapi.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if message != nil && message.Text != l.run.Text+l.pending {
		if rest, ok := strings.CutPrefix(message.Text, l.run.Text); ok {
			l.pending = rest
		}
	}
	l.drain()
	l.last = &lastEvent{message, problem}
	l.run.State = state
	l.publish("")
}

// abandon wakes those who follow a run that went back into the queue.
func (l *live) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// stop asks the work to end and keeps what was written.
func (l *live) stop() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.cancel()
}

func (l *live) wasStopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

// follow hands fn every event after seq until the last one.
func (l *live) follow(ctx context.Context, after int64, fn func(httpapi.RunEvent) error) error {
	for {
		l.mu.Lock()
		var events []httpapi.RunEvent
		for seq := max(after, 0) + 1; seq <= l.run.Seq; seq++ {
			events = append(events, l.event(seq))
		}
		over, changed := l.last != nil, l.changed
		l.mu.Unlock()
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
			after = e.Seq
		}
		if over {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
