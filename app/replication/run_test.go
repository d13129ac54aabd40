package replication_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/app/localdb"
	"nexusai/app/replication"
	"nexusai/sync/entity"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

const user = "0190c0de-0000-7000-8000-00000000000a"

// tokens is a TokenSource under the test's control; empty is signed out.
type tokens struct{ value atomic.Value }

func (s *tokens) Token(context.Context, string) (string, error) {
	if v := s.value.Load().(string); v != "" {
		return v, nil
	}
	return "", replication.ErrSignedOut
}

// device is a database with a running replica.
type device struct {
	*replication.Replica
	t      testing.TB
	db     *localdb.DB
	tokens *tokens
}

func newDevice(t testing.TB, s *server) *device {
	t.Helper()
	d := &device{t: t, db: tempDB(t), tokens: &tokens{}}
	d.tokens.value.Store("good")
	transport, err := replication.NewHTTP(replication.HTTPConfig{BaseURL: s.URL, Client: &http.Client{Transport: &http.Transport{}}, Tokens: d.tokens})
	if err != nil {
		t.Fatal(err)
	}
	d.Replica, err = replication.New(replication.Config{
		Writer: d.db.Writer(), Reader: d.db.Reader(), Server: transport, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// start runs the replica until the test ends.
func (d *device) start() *device {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	d.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			d.t.Error(err)
		}
	})
	return d
}

func (d *device) bound() *device {
	d.t.Helper()
	if err := d.Bind(d.t.Context(), user); err != nil {
		d.t.Fatal(err)
	}
	return d
}

func (d *device) write(ops ...wire.Op) {
	d.t.Helper()
	if err := d.Write(d.t.Context(), ops...); err != nil {
		d.t.Fatal(err)
	}
}

func create(t testing.TB, entityName, id string, fields map[string]any) wire.Op {
	t.Helper()
	op, err := wire.NewCreate(entityName, id, fields)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func conversation(t testing.TB, id, title string) wire.Op {
	t.Helper()
	return create(t, entity.Conversations, id, map[string]any{"title": title, "created_at": time.Now(), "last_at": time.Now()})
}

func message(t testing.TB, conversationID, id, text string) wire.Op {
	t.Helper()
	return create(t, entity.Messages, id, map[string]any{"conversation_id": conversationID, "role": "user", "text": text, "created_at": time.Now()})
}

// until waits for a change after which ok holds.
func (d *device) until(what string, ok func() bool) {
	d.t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-d.Changes():
		case <-deadline:
			d.t.Fatalf("never %s: %+v", what, d.Status())
		}
	}
}

func (d *device) has(query string, args ...any) bool {
	d.t.Helper()
	return count(d.t, d.db.Reader(), query, args...) > 0
}

func (d *device) phase(want replication.Phase) {
	d.t.Helper()
	d.until(string(want), func() bool { return d.Status().Phase == want })
}

const byText = `SELECT count(*) FROM message WHERE text = ? AND pending = 0`

func TestAnotherDeviceSeesIt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := newDevice(t, s).start().bound(), newDevice(t, s).start().bound()
	conv := newID()
	a.write(conversation(t, conv, "train"), message(t, conv, newID(), "hello"))
	b.until("seen", func() bool { return b.has(byText, "hello") })
	a.until("confirmed", func() bool { return a.has(byText, "hello") })
	a.phase(replication.Synced)
	b.phase(replication.Synced)
}

func TestWrittenWithoutUserOrServerIsSentOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.set(func(s *server) { s.down = true })
	a := newDevice(t, s)
	conv := newID()
	a.write(conversation(t, conv, "before sign-in"))
	a.start().bound()
	a.phase(replication.Offline)
	a.write(message(t, conv, newID(), "in the tunnel"))
	a.until("counted", func() bool { return a.Status().Pending == 2 })
	if q, err := a.Outbox(t.Context()); err != nil || len(q) != 2 || q[1].Entity != entity.Messages || q[1].State == "parked" {
		t.Fatalf("queue %+v, %v", q, err)
	}
	s.set(func(s *server) { s.down, s.mute = false, true })
	a.Kick()
	s.pushed()
	s.set(func(s *server) { s.mute = false })
	a.phase(replication.Synced)
	if rows := s.store.Rows(); len(rows) != 2 {
		t.Fatalf("the server has %d rows", len(rows))
	}
	if q, err := a.Outbox(t.Context()); err != nil || len(q) != 0 {
		t.Fatalf("queue %+v, %v", q, err)
	}
}

func TestRefusedTokenPausesAndDropsNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := newDevice(t, s).start().bound()
	a.phase(replication.Synced)
	s.set(func(s *server) { s.token = "renewed" })
	conv := newID()
	a.write(conversation(t, conv, "kept"))
	a.phase(replication.Paused)
	a.tokens.value.Store("")
	a.Kick()
	a.phase(replication.Paused)
	a.tokens.value.Store("renewed")
	a.Kick()
	a.phase(replication.Synced)
	if !a.has(`SELECT count(*) FROM conversation WHERE title = 'kept' AND pending = 0`) {
		t.Fatal("the conversation is not confirmed")
	}
}

func TestHintsComeWithoutWebSocket(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.set(func(s *server) { s.deaf = true })
	a, b := newDevice(t, s).start().bound(), newDevice(t, s).start().bound()
	b.phase(replication.Synced)
	conv := newID()
	a.write(conversation(t, conv, "sse"))
	b.until("seen", func() bool { return b.has(`SELECT count(*) FROM conversation WHERE title = 'sse'`) })
}

func TestAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newServer(t)).bound()
	if err := a.Bind(t.Context(), newID()); !errors.Is(err, replication.ErrOtherUser) {
		t.Fatalf("want ErrOtherUser, got %v", err)
	}
}

func TestImpossibleWritesStoreNothing(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newServer(t)).bound()
	conv, msg := newID(), newID()
	a.write(conversation(t, conv, "t"), message(t, conv, msg, "once"))
	update, err := wire.NewUpdate(entity.Messages, msg, map[string]any{"text": "twice"})
	if err != nil {
		t.Fatal(err)
	}
	for name, op := range map[string]wire.Op{
		"a changed message": message(t, conv, msg, "twice"),
		"an edited message": update,
		"no conversation":   message(t, newID(), newID(), "lost"),
		"a text too long":   message(t, conv, newID(), strings.Repeat("a", 2<<20)),
		"no id":             conversation(t, "nothing", "t"),
	} {
		err := a.Write(t.Context(), conversation(t, newID(), "with it"), op)
		if _, ok := errors.AsType[*merge.Refused](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.write(message(t, conv, msg, "once")) // the same again is fine
	if n := count(t, a.db.Reader(), `SELECT count(*) FROM sync_outbox`); n != 2 {
		t.Fatalf("the outbox has %d operations", n)
	}
}

// TestParkedIsVisible: the server has another message under the id, so the
// device's cannot be sent; a person sees it and decides.
func TestParkedIsVisible(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := newDevice(t, s).bound(), newDevice(t, s).start().bound()
	conv, msg := newID(), newID()
	b.write(conversation(t, conv, "t"), message(t, conv, msg, "theirs"))
	b.phase(replication.Synced)
	b.until("sent", func() bool { return b.Status().Pending == 0 })
	a.write(conversation(t, conv, "t"), message(t, conv, msg, "mine"))
	a.start()
	a.until("parked", func() bool { return a.Status().Parked == 1 && a.Status().Pending == 0 })
	q, err := a.Outbox(t.Context())
	if err != nil || len(q) != 1 || q[0].State != "parked" || q[0].Code != wire.CodeImmutable || string(q[0].Op.Fields["text"]) != `"mine"` {
		t.Fatalf("queue %+v, %v", q, err)
	}
	a.until("theirs shown", func() bool { return a.has(byText, "theirs") })
	if err := a.Retry(t.Context(), q[0].OpID); err != nil {
		t.Fatal(err)
	}
	a.until("parked again", func() bool {
		q, err := a.Outbox(t.Context())
		return err == nil && len(q) == 1 && q[0].State == "parked" && q[0].OpID != ""
	})
	q, err = a.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Discard(t.Context(), q[0].OpID); err != nil {
		t.Fatal(err)
	}
	if err := a.Discard(t.Context(), q[0].OpID); !errors.Is(err, replication.ErrNotParked) {
		t.Fatalf("want ErrNotParked, got %v", err)
	}
}
