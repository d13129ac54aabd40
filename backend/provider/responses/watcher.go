package responses

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/watch"
)

// NewWatcher follows a stream of this wire; see watch.New. Its Place is a *Place.
func NewWatcher(plain bool, now func() time.Time) *watch.Watcher {
	return watch.New(&tally{}, plain, now)
}

// Seen is what was learned so far, as a watcher needs it: a search shows in no
// delta.
func (t *tally) Seen() broker.Seen {
	return broker.Seen{
		ID: t.id, Model: t.model, Usage: t.usage, HasUsage: t.hasUsage, Finish: t.finish,
		Bytes: t.bytes, Done: t.done, Whole: t.whole(), Failure: t.failure, Other: t.searches > 0, Place: &t.place,
	}
}

// Inspect reads an answer that was not streamed. The fault says why it is no
// answer, or is nil. One that is still being made (background) counts as whole.
func Inspect(body []byte) (broker.Seen, *fault.Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return broker.Seen{}, endpoint.Empty(errors.New("the body is empty"))
	}
	var r response
	if err := json.Unmarshal(body, &r); err != nil {
		return broker.Seen{}, endpoint.Malformed(err)
	}
	var t tally
	switch {
	case r.Status == "" && len(r.Error) > 0 && string(r.Error) != "null":
		t.failure = openai.BrokenOff(r.Error)
	case r.Status == "queued", r.Status == "in_progress":
		t.state(&r)
		t.done = true
	case r.Status == "":
		t.failure = endpoint.Empty(errors.New("the answer has no status"))
	default:
		t.end(&r)
	}
	for _, i := range r.Output {
		t.bytes += i.size()
	}
	return t.Seen(), t.Verdict()
}

func (i item) size() int {
	n := len(i.Arguments) + len(i.Input)
	for _, list := range [][]part{i.Content, i.Summary} {
		for _, p := range list {
			n += len(p.Text) + len(p.Refusal)
		}
	}
	return n
}

// Failure reads an error answer, which has the form of the chat wire's.
func Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return openai.Failure(status, header, body, now)
}
