package stream

import (
	"time"

	"nexusai/backend/httpapi"
)

// Log is the events of one run: a running event for each piece of text, the
// first of them empty, then one final event. Seq has no gaps. What it keeps is
// bounded by the length of the answer.
type Log struct {
	bus     *Bus
	subject Subject

	// guarded by bus.mu
	text    []byte
	ends    []int // ends[i] is the length of text after event i+1; only grows
	final   *httpapi.RunEvent
	endedAt time.Time
}

// Append adds a piece of text as one event. After End it does nothing.
func (l *Log) Append(text string) {
	if text == "" {
		return
	}
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	if l.final != nil {
		return
	}
	l.text = append(l.text, text...)
	l.ends = append(l.ends, len(l.text))
	l.ring()
}

// End adds the final event; message is the finished answer and problem why it
// failed, nil if it did not. The first End counts.
func (l *Log) End(state httpapi.RunState, message *httpapi.Message, problem *httpapi.Problem) {
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	if l.final != nil {
		return
	}
	e := l.event(int64(len(l.ends)) + 1)
	e.State, e.Message, e.Problem = state, message, problem
	l.final, l.endedAt = &e, l.bus.now()
	l.ring()
}

// Snapshot is the text so far and the newest event that it includes.
func (l *Log) Snapshot() (text string, seq int64) {
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	return string(l.text), l.last()
}

func (l *Log) last() int64 {
	n := int64(len(l.ends))
	if l.final != nil {
		n++
	}
	return n
}

// after returns at most limit events that follow seq.
func (l *Log) after(seq int64, limit int) []httpapi.RunEvent {
	var out []httpapi.RunEvent
	for n := seq + 1; n <= l.last() && len(out) < limit; n++ {
		out = append(out, l.at(n))
	}
	return out
}

func (l *Log) at(n int64) httpapi.RunEvent {
	if n > int64(len(l.ends)) {
		return *l.final
	}
	e := l.event(n)
	e.State = httpapi.RunRunning
	if n > 1 {
		e.Text = string(l.text[l.ends[n-2]:l.ends[n-1]])
	}
	return e
}

func (l *Log) event(n int64) httpapi.RunEvent {
	s := l.subject
	return httpapi.RunEvent{RunID: s.RunID, ConversationID: s.ConversationID, AnswerID: s.Answer, Seq: n}
}

// ring wakes who follows this run; bus.mu is held.
func (l *Log) ring() {
	for one := range l.bus.listeners[l.subject.TenantID] {
		if one.follows(l) {
			one.ring()
		}
	}
}
