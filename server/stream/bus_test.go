package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"nexusai/backend/httpapi"
	"nexusai/server/stream"
)

var subject = stream.Subject{TenantID: "t", UserID: "u", RunID: "r", ConversationID: "c", Answer: "a"}

// follow reads a listener to its end and checks that no event is missing.
func follow(t *testing.T, l *stream.Listener, after int64) (text string, last httpapi.RunEvent) {
	t.Helper()
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var all strings.Builder
	for {
		events, err := l.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all.String(), last
		}
		if err != nil {
			t.Errorf("next: %v", err)
			return all.String(), last
		}
		for _, e := range events {
			if after++; e.Run.Seq != after {
				t.Errorf("event %d, want %d", e.Run.Seq, after)
			}
			all.WriteString(e.Run.Text)
			last = *e.Run
		}
	}
}

func TestEveryListenerSeesEveryEvent(t *testing.T) {
	t.Parallel()
	bus := stream.New(stream.Config{})
	log := bus.Open(subject)
	var want strings.Builder
	var listeners sync.WaitGroup
	for i := range 400 {
		if i%50 == 0 {
			text, seq := log.Snapshot()
			l, ok := bus.Attach("t", "u", "r", seq)
			if !ok {
				t.Fatal("the run is not there")
			}
			listeners.Go(func() {
				rest, last := follow(t, l, seq)
				if text+rest != want.String() || last.State != httpapi.RunDone || last.Message == nil {
					t.Errorf("from %d: %d bytes of %d, last %+v", seq, len(text+rest), want.Len(), last)
				}
			})
		}
		piece := fmt.Sprintf("%d é ", i)
		want.WriteString(piece)
		log.Append(piece)
	}
	log.End(httpapi.RunDone, &httpapi.Message{ID: "a"}, nil)
	log.Append("too late")
	log.End(httpapi.RunFailed, nil, nil)
	listeners.Wait()
	l, ok := bus.Attach("t", "u", "r", 0)
	if !ok {
		t.Fatal("a finished run cannot be attached to")
	}
	if text, last := follow(t, l, 0); text != want.String() || last.State != httpapi.RunDone {
		t.Errorf("replay: %d bytes of %d, %v", len(text), want.Len(), last.State)
	}
}

func TestOthersDoNotSeeTheRun(t *testing.T) {
	t.Parallel()
	bus := stream.New(stream.Config{})
	bus.Open(subject).Append("secret")
	for _, who := range [][2]string{{"t", "other"}, {"other", "u"}} {
		if _, ok := bus.Attach(who[0], who[1], "r", 0); ok {
			t.Errorf("%v attaches", who)
		}
		l := bus.Listen(who[0], who[1])
		l.Resume("r", 0)
		bus.HintUser("t", "u", httpapi.Hint{Topic: "thread", ID: "c"})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if events, err := l.Next(ctx); err == nil {
			t.Errorf("%v sees %+v", who, events)
		}
		cancel()
		l.Close()
	}
}

func TestHintsAreFoldedAndBounded(t *testing.T) {
	t.Parallel()
	bus := stream.New(stream.Config{})
	l := bus.Listen("t", "u")
	defer l.Close()
	for i := range 2000 {
		bus.HintTenant("t", httpapi.Hint{Topic: "logs"})
		bus.HintUser("t", "u", httpapi.Hint{Topic: "thread", ID: fmt.Sprint(i)})
	}
	events, err := l.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[httpapi.Hint]int{}
	for _, e := range events {
		count[*e.Hint]++
	}
	if len(events) > 300 || count[httpapi.Hint{Topic: "logs"}] != 1 || count[httpapi.Hint{Topic: "thread"}] != 1 || count[httpapi.Hint{Topic: "thread", ID: "7"}] != 1 {
		t.Errorf("%d events: %v", len(events), count)
	}
}

func TestFinishedRunsAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	bus := stream.New(stream.Config{Grace: time.Minute, Now: func() time.Time { return now }})
	bus.Open(subject).End(httpapi.RunDone, nil, nil)
	now = now.Add(59 * time.Second)
	if l, ok := bus.Attach("t", "u", "r", 0); !ok {
		t.Error("gone before the grace is over")
	} else {
		l.Close()
	}
	now = now.Add(2 * time.Second)
	if _, ok := bus.Attach("t", "u", "r", 0); ok {
		t.Error("still there")
	}
}

func TestCloseLetsAnswersEnd(t *testing.T) {
	t.Parallel()
	bus := stream.New(stream.Config{})
	log := bus.Open(subject)
	everything := bus.Listen("t", "u")
	defer everything.Close()
	one, _ := bus.Attach("t", "u", "r", 0)
	bus.Close()
	if _, err := everything.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("a general listener goes on: %v", err)
	}
	log.Append("the end")
	log.End(httpapi.RunDone, nil, nil)
	if text, last := follow(t, one, 0); text != "the end" || last.State != httpapi.RunDone {
		t.Errorf("the attached one got %q %v", text, last.State)
	}
}
