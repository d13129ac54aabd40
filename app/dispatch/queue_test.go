package dispatch_test

import (
	"errors"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

func TestStop(t *testing.T) {
	t.Parallel()
	s, m := newServer(), newModel()
	b := fresh(t, s, m)

	here := b.send(t, question("local/tiny"))
	m.words <- "half"
	eventually(t, "the local model writes", func() bool { return b.state(t, here.ID).Text == "half" })
	there := b.send(t, question("big"))
	eventually(t, "the server is asked", func() bool { return len(s.requests()) == 1 })
	s.say("part", httpapi.RunRunning)
	eventually(t, "the server's text is here", func() bool { return b.state(t, there.ID).Text == "part" })
	s.set("route.offline")
	waiting := b.send(t, question("big"))
	for _, run := range []httpapi.Run{here, there, waiting} {
		for range 2 { // twice is fine
			if _, err := b.Stop(t.Context(), run.ID); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "it is over", func() bool {
			st := b.state(t, run.ID).State
			return st == httpapi.RunStopped
		})
	}
	messages, err := b.db.Messages(t.Context(), here.ConversationID)
	if err != nil || len(messages) != 2 || messages[1].Text != "half" || messages[1].Finish != "stopped" {
		t.Errorf("the stopped local answer: %+v, %v", messages, err)
	}
	if len(s.stopped) == 0 {
		t.Error("the server was not told")
	}
	if _, err := b.Stop(t.Context(), id()); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown run: %v", err)
	}
}

func TestRegenerateMakesASibling(t *testing.T) {
	t.Parallel()
	m := newModel()
	b := fresh(t, newServer(), m)
	q := question("local/tiny")
	close(m.words)
	first := b.send(t, q)
	eventually(t, "the first answer", func() bool { return b.state(t, first.ID).State == httpapi.RunDone })
	again := httpapi.ChatRequest{ConversationID: q.ConversationID, MessageID: q.MessageID, Model: q.Model, Regenerate: id()}
	second := b.send(t, again)
	if repeat := b.send(t, again); second.ID == first.ID || repeat.ID != second.ID {
		t.Errorf("runs %s, %s and %s", first.ID, second.ID, repeat.ID)
	}
	eventually(t, "the second answer", func() bool { return b.state(t, second.ID).State == httpapi.RunDone })
	messages, err := b.db.Messages(t.Context(), q.ConversationID)
	if err != nil || len(messages) != 3 || messages[1].ParentID != q.MessageID || messages[2].ParentID != q.MessageID {
		t.Errorf("thread %+v, %v", messages, err)
	}
}

func TestRefusedMessageStaysVisibleAndCanBeTriedOrTakenBack(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.refuse = fault.New("quota.spent", "The budget is spent.", errors.New("x"))
	b := fresh(t, s, newModel())
	q := question("big")
	run := b.send(t, q)
	eventually(t, "it failed", func() bool { return b.state(t, run.ID).State == httpapi.RunFailed })
	if messages, err := b.db.Messages(t.Context(), q.ConversationID); err != nil || messages[0].State != "failed" || messages[0].WaitsFor != "quota.spent" {
		t.Errorf("thread %+v, %v", messages, err)
	}
	if err := b.Retry(t.Context(), q.MessageID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it was tried again", func() bool { return len(s.requests()) == 2 })
	eventually(t, "it failed again", func() bool {
		items, err := b.Queue(t.Context())
		return err == nil && len(items) == 1 && items[0].State == "failed" && b.state(t, run.ID).State == httpapi.RunFailed
	})
	if err := b.Drop(t.Context(), q.MessageID); err != nil {
		t.Fatal(err)
	}
	draft, err := b.db.Draft(t.Context(), q.ConversationID)
	if messages, _ := b.db.Messages(t.Context(), q.ConversationID); err != nil || draft != q.Text || len(messages) != 0 {
		t.Errorf("draft %q, thread %+v, %v", draft, messages, err)
	}
	if err := b.Drop(t.Context(), q.MessageID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("dropped twice: %v", err)
	}
}

func TestBadRequestsStoreNothing(t *testing.T) {
	t.Parallel()
	b := fresh(t, newServer(), newModel())
	q := question("local/tiny")
	for name, change := range map[string]func(*httpapi.ChatRequest){
		"empty":               func(r *httpapi.ChatRequest) { r.Text = " \n" },
		"too long":            func(r *httpapi.ChatRequest) { r.Text = strings.Repeat("x", 300<<10) },
		"unknown parent":      func(r *httpapi.ChatRequest) { r.ParentID = id() },
		"parent is no id":     func(r *httpapi.ChatRequest) { r.ParentID = "../../x" },
		"regenerates nothing": func(r *httpapi.ChatRequest) { r.Regenerate = id() },
	} {
		r := q
		change(&r)
		if _, err := b.Send(t.Context(), r); err == nil || fault.CodeOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runs, err := b.db.QueuedRuns(t.Context()); err != nil || len(runs) != 0 {
		t.Errorf("queue %+v, %v", runs, err)
	}
	if _, err := b.db.Conversation(t.Context(), q.ConversationID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a conversation was made: %v", err)
	}
}

func TestConversationKeepsItsOrderAndOthersDoNotWait(t *testing.T) {
	t.Parallel()
	s := newServer()
	b := fresh(t, s, newModel())
	first, other := question("big"), question("big")
	b.send(t, first)
	second := question("big")
	second.ConversationID, second.ParentID = first.ConversationID, first.MessageID
	b.send(t, second)
	b.send(t, other)
	eventually(t, "the first of each conversation is asked", func() bool { return len(s.requests()) == 2 })
	for _, r := range s.requests() {
		if r.MessageID == second.MessageID {
			t.Error("the second message overtook the first")
		}
	}
	s.say("", httpapi.RunDone)
	eventually(t, "then the second", func() bool { return len(s.requests()) == 3 })
}
