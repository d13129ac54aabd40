package hubtest

import (
	"encoding/json"
	"errors"

	"nexusai/sync/entity"
	"nexusai/sync/hub"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

type values = map[string]any

func testRepeat(b *bench) {
	id, op := b.conversation(clientA, nil)
	rename := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "second"})
	first := b.push(op, rename)
	b.status(first, wire.Applied, wire.Applied)
	head := b.pull(0, 0)
	b.same(b.push(op, rename), first)
	b.same(b.push(rename).Results, first.Results[1:])
	b.same(b.pull(0, 0), head)
	if len(head.Entries) != 2 || head.End.Cursor != 2 {
		b.t.Fatalf("the log has %d entries", len(head.Entries))
	}
}

func testFork(b *bench) {
	id, op := b.conversation(clientA, nil)
	other := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "copy"})
	other.Mid = op.Mid
	head := b.pull(0, 0)
	if resp := b.push(other); !resp.Forked || len(resp.Results) > 0 {
		b.t.Fatalf("not forked: %+v", resp)
	}
	b.same(b.pull(0, 0), head)
}

func testGap(b *bench) {
	id, _ := b.conversation(clientA, nil)
	b.op(clientA, wire.Update, entity.Conversations, id, 1, nil) // never sent
	late := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "late"})
	_, err := b.tryPush(late)
	if gap, ok := errors.AsType[*hub.GapError](err); !ok || gap.Want != 2 {
		b.t.Fatalf("want a gap at 2, got %v", err)
	}
	if row, _ := b.row(entity.Conversations, id); row.Ver != 1 {
		b.t.Fatalf("a refused push changed the row to version %d", row.Ver)
	}
}

func testNewClient(b *bench) {
	id, op := b.conversation(clientA, nil)
	first := b.push(op)
	again := op
	again.ClientID, again.Mid = clientB, 1
	resp := b.push(again)
	b.same(resp.Results, first.Results)
	rename := b.op(clientB, wire.Update, entity.Conversations, id, 1, values{"title": "on"})
	rename.Mid = 2
	b.status(b.push(again, rename), wire.Applied, wire.Applied)
	if n := len(b.pull(0, 0).Entries); n != 2 {
		b.t.Fatalf("%d entries: something was applied twice", n)
	}
}

func testNode(b *bench) {
	conv, _ := b.conversation(clientA, nil)
	id := b.id()
	node := values{"conversation_id": conv, "role": "user", "text": "hello", "created_at": now}
	b.status(b.push(b.op(clientA, wire.Create, entity.Messages, id, 0, node)), wire.Applied)
	head := b.pull(0, 0)
	node["created_at"], node["model"] = now.AddDate(1, 0, 0), "other"
	b.status(b.push(b.op(clientB, wire.Create, entity.Messages, id, 0, node)), wire.Applied)
	node["text"] = "another"
	resp := b.push(b.op(clientB, wire.Create, entity.Messages, id, 0, node))
	b.status(resp, wire.Rejected)
	edit := b.push(b.op(clientB, wire.Update, entity.Messages, id, 2, values{"text": "edited"}))
	b.status(edit, wire.Rejected)
	if resp.Results[0].Code != wire.CodeImmutable || edit.Results[0].Code != wire.CodeImmutable {
		b.t.Fatalf("codes %+v %+v", resp.Results, edit.Results)
	}
	b.same(b.pull(0, 0).Entries, head.Entries)
}

func testConcurrent(b *bench) {
	id, _ := b.conversation(clientA, nil)
	early := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "early"})
	late := b.op(clientB, wire.Update, entity.Conversations, id, 1, values{"title": "late", "model": "m"})
	b.status(b.push(late), wire.Applied)
	b.status(b.push(early), wire.Superseded)
	row, _ := b.row(entity.Conversations, id)
	b.same(row.Fields["title"], "late")
	log := b.pull(0, 0).Entries
	lost := log[len(log)-1]
	if len(lost.Losers) != 1 || string(lost.Losers[0].Value) != `"early"` || lost.Losers[0].OpID != early.OpID {
		b.t.Fatalf("the loser is not in the log: %+v", lost)
	}
	b.same(row, b.replayed(entity.Conversations, id))
}

// testCausal: whatever the clocks say, an edit made after seeing a value
// replaces it, also one whose stamp lies ten years ahead.
func testCausal(b *bench) {
	id, _ := b.conversation(clientA, nil)
	future := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "future"})
	future.HLC = merge.At(now.AddDate(10, 0, 0))
	b.status(b.push(future), wire.Applied)
	past := b.op(clientB, wire.Update, entity.Conversations, id, 2, values{"title": "seen"})
	past.HLC = merge.At(now.AddDate(-10, 0, 0))
	b.status(b.push(past), wire.Applied)
	row, _ := b.row(entity.Conversations, id)
	b.same(row.Fields["title"], "seen")
	// the new value inherits the place in time of the one it replaced
	between := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "unseen"})
	between.HLC = merge.At(now)
	b.status(b.push(between), wire.Superseded)
	if limit := merge.Limit(now) + 1; row.Stamps["title"].HLC > limit {
		b.t.Fatalf("the stamp %d was not lowered to %d", row.Stamps["title"].HLC, limit)
	}
}

func testBytes(b *bench) {
	hostile := "tab\t \"quotes\" \\u0041 <b>&amp;</b> \u2028 \u202Eright to left \U0001F9D1\u200D\U0001F680 \x00nul"
	id, _ := b.conversation(clientA, values{
		"title": hostile, "pinned": true, "trashed_at": "2026-02-03T04:05:06.7+02:00", "from_the_future": json.RawMessage(`{"b":1.50,"a":[null,"é"]}`),
	})
	msg := b.id()
	b.status(b.push(b.op(clientA, wire.Create, entity.Messages, msg, 0, values{
		"conversation_id": id, "role": "assistant", "text": hostile, "cost_nano_usd": int64(9_007_199_254_740_993), "finish": "stop", "run_id": b.id(),
	})), wire.Applied)
	for _, key := range [][2]string{{entity.Conversations, id}, {entity.Messages, msg}} {
		row, _ := b.row(key[0], key[1])
		b.same(row, b.replayed(key[0], key[1]))
	}
	row, _ := b.row(entity.Conversations, id)
	if got := string(row.Fields["trashed_at"]); got != `"2026-02-03T02:05:06.700Z"` {
		b.t.Fatalf("time %s", got)
	}
	if got := string(row.Fields["from_the_future"]); got != `{"b":1.50,"a":[null,"é"]}` {
		b.t.Fatalf("unknown field %s", got)
	}
	bad := b.push(b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"pinned": "perhaps"}))
	b.status(bad, wire.Rejected)
}

func testDead(b *bench) {
	id, create := b.conversation(clientA, nil)
	b.status(b.push(b.op(clientB, wire.Update, entity.Conversations, id, 1, values{"title": "unseen"})), wire.Applied)
	b.status(b.push(b.op(clientA, wire.Delete, entity.Conversations, id, 1, nil)), wire.Applied)
	row, dead := b.row(entity.Conversations, id)
	if row.Exists() || !dead {
		b.t.Fatalf("not dead: %+v", row)
	}
	entries := b.pull(0, 0).Entries
	last := entries[len(entries)-1]
	if len(last.Losers) != 1 || string(last.Losers[0].Value) != `"unseen"` {
		b.t.Fatalf("what the deleter had not seen is gone: %+v", last.Losers)
	}
	again := b.op(clientB, wire.Create, entity.Conversations, id, 0, values{"title": "back"})
	edit := b.op(clientB, wire.Update, entity.Conversations, id, 2, values{"title": "back"})
	resp := b.push(again, edit)
	b.status(resp, wire.Rejected, wire.Rejected)
	for _, r := range resp.Results {
		if r.Code != wire.CodeDead {
			b.t.Fatalf("code %q", r.Code)
		}
	}
	if sum := b.pull(0, 0).End.Sum; sum != (merge.Sum{}).String() {
		b.t.Fatalf("the sum of nothing is %s", sum)
	}
	b.same(b.push(create).Results[0].Status, wire.Applied) // a repeat is still answered
}

func testParent(b *bench) {
	orphan := b.op(clientA, wire.Create, entity.Messages, b.id(), 0, values{"conversation_id": b.id(), "role": "user", "text": "?"})
	resp := b.push(orphan)
	b.status(resp, wire.Rejected)
	if resp.Results[0].Code != wire.CodeParent {
		b.t.Fatalf("code %q", resp.Results[0].Code)
	}
	conv := b.id()
	first := b.id()
	b.status(b.push( // parents in the same batch count
		b.op(clientA, wire.Create, entity.Conversations, conv, 0, values{"title": "t"}),
		b.op(clientA, wire.Create, entity.Messages, first, 0, values{"conversation_id": conv, "role": "user", "text": "1"}),
		b.op(clientA, wire.Create, entity.Messages, b.id(), 0, values{"conversation_id": conv, "parent_id": first, "role": "assistant", "text": "2"}),
	), wire.Applied, wire.Applied, wire.Applied)
	b.status(b.push(b.op(clientA, wire.Update, entity.Drafts, b.id(), 0, values{"text": "nothing there"})), wire.Rejected)
}

func testPages(b *bench) {
	var sum merge.Sum
	var ids []string
	for range 5 {
		id, _ := b.conversation(clientA, nil)
		ids = append(ids, id)
	}
	b.push(b.op(clientA, wire.Update, entity.Conversations, ids[0], 1, values{"title": "moved"}))
	for i, id := range ids {
		ver := int64(i + 1)
		if i == 0 {
			ver = 6
		}
		sum = sum.Swap(entity.Conversations, id, 0, ver)
	}
	first := b.pull(0, 4)
	if len(first.Entries) != 4 || !first.End.More || first.End.Sum != "" || first.Begin.Head != 6 || first.Begin.Epoch != 1 {
		b.t.Fatalf("first page %+v %+v", first.Begin, first.End)
	}
	second := b.pull(first.End.Cursor, 4)
	if len(second.Entries) != 2 || second.End.More || second.End.Sum != sum.String() || second.End.Acked[entity.ChatLane] != 6 {
		b.t.Fatalf("second page %+v, want sum %s", second.End, sum)
	}
	if none := b.pull(6, 4); len(none.Entries) != 0 || none.End.Sum != sum.String() {
		b.t.Fatalf("a device at the head got %+v", none)
	}
	if ahead := b.pull(9, 4); ahead.Begin.Head != 6 || ahead.End.More {
		b.t.Fatalf("a device beyond the head got %+v", ahead)
	}
}

func testServer(b *bench) {
	conv, _ := b.conversation(clientA, nil)
	rename, err := wire.NewUpdate(entity.Conversations, conv, values{"title": "by the server"})
	if err != nil {
		b.t.Fatal(err)
	}
	rename.OpID = b.id()
	write := func() (out []wire.Result) {
		err := b.store.Update(b.t.Context(), func(tx hub.Tx) (err error) {
			out, err = hub.Write(b.t.Context(), tx, scope, []wire.Op{rename}, now)
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
		return out
	}
	first := write()
	b.same(write(), first)
	row, _ := b.row(entity.Conversations, conv)
	b.same(row.Fields["title"], "by the server")
	if row.Ver != 2 || first[0].Status != wire.Applied {
		b.t.Fatalf("version %d, results %+v", row.Ver, first)
	}
	rename.OpID, rename.Kind = b.id(), wire.Create // put if absent, and it is there
	rename.Fields["title"] = json.RawMessage(`"derived"`)
	if again := write(); again[0].Status != wire.Applied || again[0].Seq != 2 {
		b.t.Fatalf("a put of what is there: %+v", again)
	}
}

// testUnsaid: what a create leaves out or leaves empty was said by nobody, so
// it never beats what somebody else said.
func testUnsaid(b *bench) {
	id := b.id()
	server := b.op(clientA, wire.Create, entity.Conversations, id, 0, values{"title": "", "model": "m"})
	device := b.op(clientB, wire.Create, entity.Conversations, id, 0, values{"title": "said", "model": ""})
	device.HLC = merge.At(now.AddDate(-1, 0, 0))
	b.status(b.push(server), wire.Applied)
	b.status(b.push(device), wire.Applied)
	row, _ := b.row(entity.Conversations, id)
	b.same([]any{row.Fields["title"], row.Fields["model"]}, []string{"said", "m"})
	b.same(row, b.replayed(entity.Conversations, id))
	for _, e := range b.pull(0, 0).Entries {
		if len(e.Losers) > 0 {
			b.t.Fatalf("nothing was lost, yet %+v", e.Losers)
		}
	}
}

func testRollback(b *bench) {
	id, _ := b.conversation(clientA, nil)
	before := b.pull(0, 0)
	boom := errors.New("boom")
	op := b.op(clientA, wire.Update, entity.Conversations, id, 1, values{"title": "never"})
	req := wire.PushRequest{ClientID: clientA, Scope: scope, Lane: op.Lane, SchemaV: 1, Ops: []wire.Op{op}}
	err := b.store.Update(b.t.Context(), func(tx hub.Tx) error {
		if _, err := hub.Push(b.t.Context(), tx, req, now); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		b.t.Fatal(err)
	}
	b.same(b.pull(0, 0), before)
	b.status(b.push(op), wire.Applied)
}
