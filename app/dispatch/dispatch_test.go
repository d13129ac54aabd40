package dispatch_test

import (
	"path/filepath"
	"strings"
	"testing"

	"nexusai/app/dispatch"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

func TestLocalModelAnswersWithoutAnyServer(t *testing.T) {
	t.Parallel()
	s, m := newServer(), newModel()
	s.set("route.no_server")
	b := fresh(t, s, m)
	q := question("local/tiny")
	run := b.send(t, q)
	for _, w := range []string{"It is ", "Lisboa", " — ", strings.Repeat("é", 4000)} {
		m.words <- w
	}
	close(m.words)
	want := "It is Lisboa — " + strings.Repeat("é", 4000)
	eventually(t, "the run ends", func() bool { return b.state(t, run.ID).State == httpapi.RunDone })
	messages, err := b.db.Messages(t.Context(), q.ConversationID)
	if err != nil || len(messages) != 2 || messages[1].Text != want || messages[1].ParentID != q.MessageID || messages[1].OutputTokens != 4 {
		t.Fatalf("thread %+v, %v", messages, err)
	}
	var text strings.Builder
	for i, e := range b.page.events {
		if e.Seq != int64(i+1) || len(e.Text) > 1500 || !strings.HasPrefix(want, text.String()+e.Text) {
			t.Fatalf("event %d is %+v", i, e)
		}
		text.WriteString(e.Text)
	}
	if text.String() != want {
		t.Error("the events do not add up to the answer")
	}
	if req := <-m.seen; req.Model != "tiny" || len(req.Messages) != 1 {
		t.Errorf("the model was asked %+v", req)
	}
}

func TestWithoutRouteMessagesWaitAndAreSentOnce(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.set("route.offline")
	path := filepath.Join(t.TempDir(), "nexus.db")
	b := device(t, path, s, newModel())
	q := question("big")
	run := b.send(t, q)
	eventually(t, "the queue says why", func() bool {
		items, err := b.Queue(t.Context())
		return err == nil && len(items) == 1 && items[0].State == "waiting" && items[0].WaitsFor == "route.offline" && items[0].Text == q.Text
	})
	b.stop()

	b = device(t, path, s, newModel()) // as after kill -9: everything is in the database
	if again := b.send(t, q); again.ID != run.ID {
		t.Errorf("a repeated send is run %s, was %s", again.ID, run.ID)
	}
	s.set("")
	b.Kick()
	eventually(t, "the server is asked", func() bool { return len(s.requests()) == 1 })
	s.say("Lisboa", httpapi.RunRunning)
	s.say("", httpapi.RunDone)
	eventually(t, "the run ends", func() bool { return b.state(t, run.ID).State == httpapi.RunDone })
	if asked := s.requests(); len(asked) != 1 || asked[0].MessageID != q.MessageID || asked[0].Text != q.Text {
		t.Errorf("the server was asked %+v", asked)
	}
	if items, err := b.Queue(t.Context()); err != nil || len(items) != 0 {
		t.Errorf("queue %+v, %v", items, err)
	}
}

func TestBrokenStreamsAndRestartsLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	s := newServer()
	path := filepath.Join(t.TempDir(), "nexus.db")
	b := device(t, path, s, newModel())
	run := b.send(t, question("big"))
	eventually(t, "the server is asked", func() bool { return len(s.requests()) == 1 })
	s.mu.Lock()
	s.breaks = 2
	s.mu.Unlock()
	s.say("one ", httpapi.RunRunning)
	s.say("two ", httpapi.RunRunning)
	eventually(t, "both pieces arrive", func() bool { return b.state(t, run.ID).Text == "one two " })
	b.stop()

	b = device(t, path, s, newModel())
	s.say("three", httpapi.RunRunning)
	eventually(t, "the new process has all of it", func() bool { return b.state(t, run.ID).Text == "one two three" })
	s.say("", httpapi.RunDone)
	eventually(t, "the run ends", func() bool { return b.state(t, run.ID).State == httpapi.RunDone })
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.runs) != 1 {
		t.Errorf("the server made %d runs", len(s.runs))
	}
}

func TestLocalAnswerBeginsAnewAfterACrashUnderTheSameID(t *testing.T) {
	t.Parallel()
	s, m := newServer(), newModel()
	path := filepath.Join(t.TempDir(), "nexus.db")
	b := device(t, path, s, m)
	q := question("local/tiny")
	run := b.send(t, q)
	m.words <- "half an ans"
	eventually(t, "it is being written", func() bool { return b.state(t, run.ID).Text != "" })
	answer := b.state(t, run.ID).AnswerID
	b.stop()

	m = newModel()
	b = device(t, path, s, m)
	m.words <- "a whole answer"
	close(m.words)
	eventually(t, "the run ends", func() bool { return b.state(t, run.ID).State == httpapi.RunDone })
	messages, err := b.db.Messages(t.Context(), q.ConversationID)
	if err != nil || len(messages) != 2 || messages[1].ID != answer || messages[1].Text != "a whole answer" {
		t.Errorf("thread %+v, %v", messages, err)
	}
}

func TestInterruptedAnswerOfAModelThatIsGoneIsKept(t *testing.T) {
	t.Parallel()
	s, m := newServer(), newModel()
	path := filepath.Join(t.TempDir(), "nexus.db")
	b := device(t, path, s, m)
	q := question("local/tiny")
	run := b.send(t, q)
	for _, w := range []string{"half ", "an ", "answer"} {
		m.words <- w
		eventually(t, "a checkpoint", func() bool { r, err := b.db.Run(t.Context(), run.ID); return err == nil && r.Text != "" })
	}
	b.stop()

	gone := newModel()
	gone.gone = fault.New(fault.ModelUnknown, "", nil)
	b = device(t, path, s, gone)
	eventually(t, "the run ends", func() bool { return b.state(t, run.ID).State == httpapi.RunFailed })
	messages, err := b.db.Messages(t.Context(), q.ConversationID)
	if err != nil || len(messages) != 2 || !strings.HasPrefix(messages[1].Text, "half") || messages[1].ErrorCode != "run.interrupted" {
		t.Errorf("thread %+v, %v", messages, err)
	}
}

func TestFollowResumesAnywhere(t *testing.T) {
	t.Parallel()
	m := newModel()
	b := fresh(t, newServer(), m)
	run := b.send(t, question("local/tiny"))
	for _, w := range []string{"a", "b", "c"} {
		m.words <- w
	}
	close(m.words)
	eventually(t, "the run ends", func() bool { return b.state(t, run.ID).State == httpapi.RunDone })
	end := b.state(t, run.ID).Seq
	for after := range end {
		next := after + 1
		err := b.Follow(t.Context(), run.ID, after, func(e httpapi.RunEvent) error {
			if e.Seq != next || (e.State == httpapi.RunDone) != (e.Seq == end) {
				t.Errorf("after %d came %+v", after, e)
			}
			next++
			return nil
		})
		if err != nil || next != end+1 {
			t.Errorf("after %d followed to %d of %d, %v", after, next-1, end, err)
		}
	}
	if err := b.Follow(t.Context(), id(), 0, nil); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown run: %v", err)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  Plan the trip\nwith details": "Plan the trip", "": "", "a\tb": "a b", "\xff": "\uFFFD",
		strings.Repeat("word ", 40): "word word word word word word word word word word word word…",
	} {
		if got := dispatch.Title(text); got != want {
			t.Errorf("Title(%.20q) = %q, want %q", text, got, want)
		}
	}
}
