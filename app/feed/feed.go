// Package feed tells every open page what changed.
package feed

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"nexusai/backend/httpapi"
)

// buffered events per page; a page that is further behind is cut off and reads
// everything again, because a queue without bound would only hide it.
const buffered = 512

// quietFor is how long a stream may be silent before a comment keeps it open.
const quietFor = 15 * time.Second

// Feed is the one hub between the host and its pages. Its methods may be
// called concurrently and never block.
type Feed struct {
	mu   sync.Mutex // guards subs
	subs map[*Subscription]struct{}
}

// New makes a feed without pages.
func New() *Feed { return &Feed{subs: map[*Subscription]struct{}{}} }

// Subscription is one page's view of the feed, from its making on.
type Subscription struct {
	feed *Feed
	ch   chan httpapi.Event
}

// Subscribe opens a subscription; the caller closes it.
func (f *Feed) Subscribe() *Subscription {
	s := &Subscription{feed: f, ch: make(chan httpapi.Event, buffered)}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subs[s] = struct{}{}
	return s
}

// Events is closed when the subscription ends, also because its reader was too
// slow; a reader that still wants events then subscribes again and reads
// everything it shows anew.
func (s *Subscription) Events() <-chan httpapi.Event { return s.ch }

// Close ends the subscription; closing twice is fine.
func (s *Subscription) Close() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.drop(s)
}

// drop needs mu.
func (f *Feed) drop(s *Subscription) {
	if _, open := f.subs[s]; open {
		delete(f.subs, s)
		close(s.ch)
	}
}

// Publish hands e to every page.
func (f *Feed) Publish(e httpapi.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.subs {
		select {
		case s.ch <- e:
		default:
			f.drop(s)
		}
	}
}

// Hint publishes that something changed; id may be empty.
func (f *Feed) Hint(topic, id string) {
	f.Publish(httpapi.Event{Type: "hint", Hint: &httpapi.Hint{Topic: topic, ID: id}})
}

// Run publishes a step of an answer.
func (f *Feed) Run(e httpapi.RunEvent) { f.Publish(httpapi.Event{Type: "run", Run: &e}) }

// ServeHTTP answers with the events from now on (WHATWG HTML §9.2) until the
// page leaves or falls behind.
func (f *Feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := f.Subscribe()
	defer s.Close()
	out := StartSSE(w)
	quiet := time.NewTicker(quietFor)
	defer quiet.Stop()
	for {
		var err error
		select {
		case e, open := <-s.Events():
			if !open {
				return
			}
			err = out.Send(e)
		case <-quiet.C:
			err = out.Comment()
		case <-r.Context().Done():
			return
		}
		if err != nil {
			return // the page has left
		}
	}
}

// SSE writes server-sent events; it is used by one goroutine.
type SSE struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// StartSSE sends the headers of a stream.
func StartSSE(w http.ResponseWriter) *SSE {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	s := &SSE{w: w, rc: http.NewResponseController(w)}
	_ = s.Comment() // the first bytes tell the page that it is attached
	return s
}

// Send writes one event; a run event carries its id for resuming.
func (s *SSE) Send(e httpapi.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	if e.Run != nil {
		if _, err := fmt.Fprintf(s.w, "id: %s:%d\n", e.Run.RunID, e.Run.Seq); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(s.w, "data: %s\n\n", data); err != nil {
		return err
	}
	return s.rc.Flush()
}

// Comment writes what readers skip.
func (s *SSE) Comment() error {
	if _, err := fmt.Fprint(s.w, ":\n\n"); err != nil {
		return err
	}
	return s.rc.Flush()
}
