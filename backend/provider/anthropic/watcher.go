package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/watch"
)

// NewWatcher follows a stream of this wire; see watch.New.
func NewWatcher(plain bool, now func() time.Time) *watch.Watcher {
	return watch.New(&tally{}, plain, now)
}

// Seen is what was learned so far, as a watcher needs it.
func (t *tally) Seen() broker.Seen {
	seen := broker.Seen{
		ID: t.id, Model: t.model, Usage: t.usage.tokens(), HasUsage: t.hasUsage,
		Bytes: t.bytes, Done: t.done, Whole: t.whole(), Failure: t.failure,
	}
	if t.stop != "" {
		seen.Finish = finishOf(t.stop)
	}
	return seen
}

// Inspect reads an answer that was not streamed: a message, or a count of
// tokens. The fault says why it is no answer, or is nil.
func Inspect(body []byte) (broker.Seen, *fault.Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return broker.Seen{}, endpoint.Empty(errors.New("the body is empty"))
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return broker.Seen{}, endpoint.Malformed(err)
	}
	if m.InputTokens != nil && m.Type != "error" && len(m.Error) == 0 {
		return broker.Seen{Done: true, Whole: true}, nil // counting is free of charge
	}
	var t tally
	t.message(&m)
	seen := t.Seen()
	if f := t.Verdict(); f != nil {
		return seen, f
	}
	return seen, nil
}
