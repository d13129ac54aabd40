package localdb_test

import (
	"path/filepath"
	"testing"
	"time"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
)

func wish(conversation, message string) localdb.Run {
	return localdb.Run{ID: id(), ConversationID: conversation, MessageID: message, Model: "m", State: "accepting", CreatedAt: time.Now()}
}

func TestEqualWishesAreOneRun(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	c, m := seed(t, db, 1, "x", 1)
	first, err := db.AddRun(t.Context(), wish(c, m[0]))
	if err != nil {
		t.Fatal(err)
	}
	second, err := db.AddRun(t.Context(), wish(c, m[0]))
	if err != nil || second.ID != first.ID {
		t.Errorf("a repeat made run %s beside %s, %v", second.ID, first.ID, err)
	}
	again := wish(c, m[0])
	again.Regenerate = id()
	if third, err := db.AddRun(t.Context(), again); err != nil || third.ID == first.ID {
		t.Errorf("a regeneration is the first run, %v", err)
	}
}

func TestStartSettlesInterruptedSends(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	c, m := seed(t, db, 1, "x", 1)
	kept, _ := db.AddRun(t.Context(), wish(c, m[0]))
	lost, _ := db.AddRun(t.Context(), wish(c, id()))
	if err := db.TidyRuns(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if r, err := db.Run(t.Context(), kept.ID); err != nil || r.State != "waiting" {
		t.Errorf("run of a stored message: %+v, %v", r, err)
	}
	if _, err := db.Run(t.Context(), lost.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("run of a message that was never stored: %v", err)
	}
}

func TestThreadShowsQueueAndPath(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	c, m := seed(t, db, 1, "x", 3)
	r, _ := db.AddRun(t.Context(), wish(c, m[2]))
	r.State, r.WaitsFor = "waiting", "route.offline"
	if err := db.SaveRun(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	messages, err := db.Messages(t.Context(), c)
	if err != nil || len(messages) != 3 || messages[0].State != "sent" || messages[2].State != "waiting" || messages[2].WaitsFor != "route.offline" {
		t.Errorf("thread %+v, %v", messages, err)
	}
	path, err := db.Path(t.Context(), m[2])
	if err != nil || len(path) != 3 || path[0].ID != m[0] || path[2].ID != m[2] {
		t.Errorf("path %+v, %v", path, err)
	}
	if got, err := db.Conversation(t.Context(), c); err != nil || got.Unsent != 1 {
		t.Errorf("conversation %+v, %v", got, err)
	}
	if err := db.Withdraw(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if messages, _ := db.Messages(t.Context(), c); len(messages) != 2 {
		t.Errorf("a withdrawn message is still shown: %d", len(messages))
	}
}
