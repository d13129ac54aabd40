package replica_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/hub"
	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

const scope = "user:0190c0de-0000-7000-8000-00000000000a"

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// box is one device whose network is the test.
type box struct {
	t     *testing.T
	store *replica.Memory
	rep   *replica.Replica
	hub   *hub.Memory
	ids   int
	sent  []replica.Effect // requests nobody has answered
	waits map[string]time.Duration
}

func newBox(t *testing.T) *box {
	t.Helper()
	b := &box{t: t, store: replica.NewMemory(), hub: hub.NewMemory(), waits: map[string]time.Duration{}}
	rep, err := replica.New(replica.Config{Store: b.store, NewID: b.id, Rand: rand.New(rand.NewPCG(1, 0))})
	if err != nil {
		t.Fatal(err)
	}
	b.rep = rep
	b.step(replica.Started{})
	b.step(replica.Bound{Scope: scope})
	return b
}

func (b *box) id() string {
	b.ids++
	return fmt.Sprintf("0190c0de-0000-7000-8000-%012x", b.ids)
}

func (b *box) step(ev replica.Event) {
	b.t.Helper()
	effects, err := b.rep.Step(b.t.Context(), now, ev)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, eff := range effects {
		switch eff := eff.(type) {
		case replica.SendPush, replica.SendPull:
			b.sent = append(b.sent, eff)
		case replica.SetTimer:
			b.waits[eff.Key] = eff.After
		}
	}
}

// answer lets the server answer everything, until nothing is asked any more;
// push may stand in for it.
func (b *box) answer(push func(wire.PushRequest) *replica.Failure) {
	b.t.Helper()
	for n := 0; len(b.sent) > 0; n++ {
		if n > 200 {
			b.t.Fatal("it never stops asking")
		}
		eff := b.sent[0]
		b.sent = b.sent[1:]
		if pull, ok := eff.(replica.SendPull); ok {
			b.step(b.pulled(pull))
			continue
		}
		p := eff.(replica.SendPush)
		ev := replica.Pushed{N: p.N}
		if push != nil {
			ev.Failed = push(p.Req)
		}
		if ev.Failed == nil {
			err := b.hub.Update(b.t.Context(), func(tx hub.Tx) (err error) {
				ev.Resp, err = hub.Push(b.t.Context(), tx, p.Req, now)
				return err
			})
			if gap, ok := errors.AsType[*hub.GapError](err); ok {
				ev.Failed = &replica.Failure{Kind: replica.Gap, Want: gap.Want}
			}
		}
		b.step(ev)
	}
}

func (b *box) pulled(p replica.SendPull) replica.Pulled {
	ev := replica.Pulled{N: p.N}
	err := b.hub.View(b.t.Context(), func(tx hub.Reader) (err error) {
		ev.Page, err = hub.Pull(b.t.Context(), tx, p.Req)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return ev
}

func (b *box) write(ops ...wire.Op) {
	b.t.Helper()
	b.step(replica.Wrote{Ops: ops})
	b.step(replica.Flushed{})
}

func op(t *testing.T, entityName, id string, fields map[string]any) wire.Op {
	t.Helper()
	out, err := wire.NewCreate(entityName, id, fields)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b *box) states() map[string]int {
	out := map[string]int{}
	for _, e := range b.store.Outbox() {
		out[string(e.State)+" "+e.Code]++
	}
	return out
}

// TestOneBadOperationIsFound: a batch that the server will not read is narrowed
// down until the one at fault is parked, and the rest arrives.
func TestOneBadOperationIsFound(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	bad := b.id()
	for i := range 20 {
		id := b.id()
		if i == 13 {
			id = bad
		}
		b.step(replica.Wrote{Ops: []wire.Op{op(t, entity.Conversations, id, map[string]any{"title": "t"})}})
	}
	b.step(replica.Flushed{})
	b.answer(func(req wire.PushRequest) *replica.Failure {
		for _, o := range req.Ops {
			if o.ID == bad {
				return &replica.Failure{Kind: replica.Invalid}
			}
		}
		return nil
	})
	if got := b.states(); len(got) != 1 || got["parked "+replica.CodeInvalid] != 1 || len(b.hub.Rows()) != 19 {
		t.Fatalf("%v, %d rows", got, len(b.hub.Rows()))
	}
}

// TestWhatHangsOnARejectedRowIsParked, and nothing else.
func TestWhatHangsOnARejectedRowIsParked(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	gone, other, first := b.id(), b.id(), b.id()
	b.write(op(t, entity.Conversations, gone, map[string]any{"title": "t"}))
	for _, o := range []wire.Op{
		op(t, entity.Conversations, other, map[string]any{"title": "t"}),
		op(t, entity.Messages, first, map[string]any{"conversation_id": gone, "role": "user", "text": "1"}),
		op(t, entity.Messages, b.id(), map[string]any{"conversation_id": gone, "parent_id": first, "role": "user", "text": "2"}),
		op(t, entity.Messages, b.id(), map[string]any{"conversation_id": other, "role": "user", "text": "3"}),
		op(t, entity.Drafts, gone, map[string]any{"text": "still typing"}),
	} {
		b.write(o)
	}
	var push replica.SendPush
	for _, eff := range b.sent {
		if p, ok := eff.(replica.SendPush); ok && p.Req.Lane == entity.ChatLane {
			push = p
		}
	}
	b.step(replica.Pushed{N: push.N, Resp: wire.PushResponse{Results: []wire.Result{{OpID: push.Req.Ops[0].OpID, Mid: 1, Status: wire.Rejected, Code: wire.CodeValue}}}})
	if got := b.states(); got["parked "+wire.CodeValue] != 1 || got["parked "+journal.CodeDepends] != 2 || got["queued "] != 3 {
		t.Fatalf("%v", got)
	}
	if slot := b.store.Slots()[journal.RowID{Entity: entity.Messages, ID: first}]; slot.View.Exists() {
		t.Fatal("a parked message is still shown")
	}
}

func TestRefusedTokenStopsEverythingUntilAKick(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.answer(nil)
	b.write(op(t, entity.Conversations, b.id(), map[string]any{"title": "t"}))
	b.answer(func(wire.PushRequest) *replica.Failure { return &replica.Failure{Kind: replica.Unauthorized} })
	for _, ev := range []replica.Event{replica.Flushed{}, replica.Connected{}, replica.Fired{Key: "pull"}, replica.Fired{Key: "push:chat"}} {
		b.step(ev)
	}
	if len(b.sent) > 0 || !b.rep.State().Paused || b.states()["queued "] != 1 {
		t.Fatalf("%d requests, %v", len(b.sent), b.states())
	}
	b.step(replica.Kicked{})
	b.answer(nil)
	if len(b.states()) != 0 || len(b.hub.Rows()) != 1 {
		t.Fatalf("%v", b.states())
	}
}

// TestAServerBehindLosesNothing: a server restored from a backup knows less
// than this device; the device keeps all it has and waits.
func TestAServerBehindLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.write(op(t, entity.Conversations, b.id(), map[string]any{"title": "t"}))
	b.answer(nil)
	rows := b.store.Slots()
	b.hub = hub.NewMemory()
	b.step(replica.Kicked{})
	b.answer(nil)
	if !b.rep.State().Behind || len(b.store.Slots()) != len(rows) || b.store.Meta().Cursor != 1 {
		t.Fatalf("%+v, %d rows", b.rep.State(), len(b.store.Slots()))
	}
}

// TestAnotherEpochReadsEverythingAgain and keeps what was not sent.
func TestAnotherEpochReadsEverythingAgain(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	conv := b.id()
	b.write(op(t, entity.Conversations, conv, map[string]any{"title": "t"}))
	b.answer(nil)
	b.step(replica.Wrote{Ops: []wire.Op{op(t, entity.Conversations, conv, map[string]any{"title": "mine"})}})
	err := b.hub.Update(t.Context(), func(tx hub.Tx) error {
		h, err := tx.LockHead(t.Context())
		if err != nil {
			return err
		}
		h.Epoch++
		return tx.PutHead(t.Context(), h)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.step(replica.Hinted{Hint: wire.Hint{Scope: scope, Head: 99}})
	b.answer(nil)
	slot := b.store.Slots()[journal.RowID{Entity: entity.Conversations, ID: conv}]
	if m := b.store.Meta(); m.Epoch != 2 || m.Cursor != 1 || string(slot.View.Fields["title"]) != `"mine"` || string(slot.Confirmed.Fields["title"]) != `"t"` {
		t.Fatalf("%+v %+v", m, slot)
	}
}

// TestWhatIsUnknownIsKept: entries of a newer program's entities are stored and
// counted, so that the sums agree.
func TestWhatIsUnknownIsKept(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.answer(nil)
	id := b.id()
	sum := merge.Sum{}.Swap("from_the_future", id, 0, 2)
	page := wire.Page{Begin: wire.Begin{Scope: scope, Epoch: 1, Head: 2}, End: wire.End{Cursor: 2, Sum: sum.String()}}
	for seq := range int64(2) {
		page.Entries = append(page.Entries, wire.Entry{Seq: seq + 1, Op: wire.Op{OpID: b.id(), Entity: "from_the_future", ID: id, Kind: wire.Create, Fields: map[string]json.RawMessage{"x": json.RawMessage(`1`)}}})
	}
	b.step(replica.Hinted{Hint: wire.Hint{Scope: scope, Head: 2}})
	pull := b.sent[0].(replica.SendPull)
	b.sent = nil
	b.step(replica.Pulled{N: pull.N, Page: page})
	if m := b.store.Meta(); m.Cursor != 2 || m.Sum != sum || len(b.sent) != 0 {
		t.Fatalf("%+v, %d requests", m, len(b.sent))
	}
}

// TestADayOfTypingIsOneOperation while nothing of it has left the device.
func TestADayOfTypingIsOneOperation(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.sent = nil // the network is away
	conv := b.id()
	for i := range 50 {
		b.step(replica.Wrote{Ops: []wire.Op{op(t, entity.Drafts, conv, map[string]any{"text": strings.Repeat("word ", i+1)})}})
	}
	if out := b.store.Outbox(); len(out) != 1 || string(out[0].Op.Fields["text"]) != string(entity.Quote(strings.Repeat("word ", 50))) {
		t.Fatalf("%d operations", len(out))
	}
	b.step(replica.Flushed{})
	b.step(replica.Wrote{Ops: []wire.Op{op(t, entity.Drafts, conv, map[string]any{"text": "after it was sent"})}})
	if len(b.store.Outbox()) != 2 {
		t.Fatal("an operation under way was changed")
	}
}

// TestBatchesKeepTheBounds: large messages go in several pushes, each of which
// the server accepts.
func TestBatchesKeepTheBounds(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	conv := b.id()
	b.step(replica.Wrote{Ops: []wire.Op{op(t, entity.Conversations, conv, map[string]any{"title": "t"})}})
	for i := range 300 {
		text := "short"
		if i%60 == 0 {
			text = strings.Repeat("a", 900_000)
		}
		b.step(replica.Wrote{Ops: []wire.Op{op(t, entity.Messages, b.id(), map[string]any{"conversation_id": conv, "role": "user", "text": text})}})
	}
	b.step(replica.Flushed{})
	pushes := 0
	b.answer(func(req wire.PushRequest) *replica.Failure {
		pushes++
		data, err := wire.Marshal(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wire.DecodePush(data); err != nil {
			t.Error(err)
		}
		return nil
	})
	if len(b.hub.Rows()) != 301 || pushes < 5 || len(b.states()) != 0 {
		t.Fatalf("%d rows in %d pushes, %v", len(b.hub.Rows()), pushes, b.states())
	}
}
