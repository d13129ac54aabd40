package stream

import (
	"context"
	"io"
	"slices"

	"nexusai/backend/httpapi"
)

// Listener is one client's view of the Bus. Next is called from one goroutine.
type Listener struct {
	bus          *Bus
	tenant, user string
	wake         chan struct{} // holds at most one signal: "look again"

	// guarded by bus.mu
	all     bool // hints and new runs, not one run only
	cursors []*cursor
	hints   []httpapi.Hint
	waiting map[httpapi.Hint]struct{} // the set of hints
	closed  bool
}

// cursor is the place of a listener in a run.
type cursor struct {
	log *Log
	seq int64 // the last event that was handed out
}

// Resume moves the cursor of a followed run to the event that the client saw
// last. It does nothing for a run that this user does not have in memory.
func (l *Listener) Resume(runID string, after int64) {
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	log, ok := l.bus.runs[runID]
	if !ok || log.subject.TenantID != l.tenant || log.subject.UserID != l.user {
		return
	}
	seq := min(max(after, 0), log.last())
	l.ring()
	for _, c := range l.cursors {
		if c.log == log {
			c.seq = seq
			return
		}
	}
	l.cursors = append(l.cursors, &cursor{log: log, seq: seq})
}

// Next blocks until there is something to tell. It returns io.EOF when an
// attached run has been told to its end, or when the Bus closed and this is no
// attachment to a run, and ctx's error when that ended first.
func (l *Listener) Next(ctx context.Context) ([]httpapi.Event, error) {
	for {
		events, err := l.take()
		if len(events) > 0 || err != nil {
			return events, err
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close leaves the Bus. Safe twice.
func (l *Listener) Close() {
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	group := l.bus.listeners[l.tenant]
	delete(group, l)
	if len(group) == 0 {
		delete(l.bus.listeners, l.tenant)
	}
}

func (l *Listener) take() ([]httpapi.Event, error) {
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	var out []httpapi.Event
	for _, h := range l.hints {
		out = append(out, httpapi.Event{Type: "hint", Hint: &h})
	}
	l.hints = nil
	clear(l.waiting)
	for _, c := range l.cursors {
		for _, e := range c.log.after(c.seq, maxBatch-len(out)) {
			out = append(out, httpapi.Event{Type: "run", Run: &e})
			c.seq = e.Seq
		}
	}
	l.cursors = slices.DeleteFunc(l.cursors, func(c *cursor) bool { return c.log.final != nil && c.seq == c.log.last() })
	if len(out) == 0 && ((l.all && l.closed) || (!l.all && len(l.cursors) == 0)) {
		return nil, io.EOF
	}
	return out, nil
}

func (l *Listener) follows(log *Log) bool {
	return slices.ContainsFunc(l.cursors, func(c *cursor) bool { return c.log == log })
}

// hint queues what is not queued yet; bus.mu is held.
func (l *Listener) hint(hints []httpapi.Hint) {
	if !l.all {
		return
	}
	for _, h := range hints {
		if len(l.waiting) >= maxHints {
			h.ID = ""
		}
		if _, there := l.waiting[h]; there {
			continue
		}
		l.waiting[h] = struct{}{}
		l.hints = append(l.hints, h)
	}
	l.ring()
}

func (l *Listener) ring() {
	select {
	case l.wake <- struct{}{}:
	default: // a signal waits already
	}
}
