package merge_test

import (
	"encoding/json"
	"testing"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

func raw(text string) json.RawMessage { return entity.Quote(text) }

func draft(text string, s merge.Stamp) merge.Row {
	return merge.Row{Entity: entity.Drafts, ID: "d", Ver: s.Ver,
		Fields: map[string]json.RawMessage{"text": raw(text), "updated_at": raw("2026-11-22T10:00:00.000Z")},
		Stamps: map[string]merge.Stamp{"text": s, "updated_at": s}}
}

func edit(text string, hlc wire.HLC, baseVer int64) wire.Op {
	return wire.Op{OpID: "mine", ClientID: "me", Entity: entity.Drafts, ID: "d", Kind: wire.Update, HLC: hlc, BaseVer: baseVer,
		Fields: map[string]json.RawMessage{"text": raw(text)}}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	theirs := merge.Stamp{Ver: 5, HLC: 100, Op: "theirs", Client: "them"}
	based := func(op wire.Op, base string) wire.Op {
		op.Base = map[string]json.RawMessage{"text": raw(base)}
		return op
	}
	over := func(op wire.Op, id string) wire.Op {
		op.Over = map[string]string{"text": id}
		return op
	}
	for name, c := range map[string]struct {
		op     wire.Op
		status wire.Status
		text   string // of the row afterwards
		loser  string
		mixed  bool
	}{
		"seen":                           {edit("new", 1, 5), wire.Applied, "new", "", false},
		"apart":                          {based(edit("ONE two", 1, 4), "one two"), wire.Merged, "ONE two three", "", true},
		"overlapping, mine later":        {based(edit("one 2", 200, 4), "one two"), wire.Applied, "one 2", "one two three", false},
		"overlapping, mine earlier":      {based(edit("one 2", 50, 4), "one two"), wire.Superseded, "one two three", "one 2", false},
		"no base, mine later":            {edit("other", 200, 4), wire.Applied, "other", "one two three", false},
		"over my own, which is there":    {over(edit("new", 1, 0), "theirs"), wire.Applied, "new", "", false},
		"over my own, which has lost":    {over(edit("new", 50, 5), "gone"), wire.Superseded, "one two three", "new", false},
		"over a mix nobody else can see": {over(based(edit("ONE two", 1, 5), "one two"), ""), wire.Merged, "ONE two three", "", true},
	} {
		row := draft("one two three", theirs)
		d := merge.Decide(row, false, c.op, 0)
		d.Entry.Seq = 6
		after := merge.Replay(row, d.Entry)
		loser := ""
		if len(d.Entry.Losers) == 1 {
			if err := json.Unmarshal(d.Entry.Losers[0].Value, &loser); err != nil {
				t.Fatal(err)
			}
		}
		if d.Status != c.status || string(after.Fields["text"]) != string(raw(c.text)) || loser != c.loser || (len(d.Entry.Mixed) == 1) != c.mixed {
			t.Errorf("%s: %s, text %s, loser %q, mixed %v", name, d.Status, after.Fields["text"], loser, d.Entry.Mixed)
		}
		if c.mixed && after.Stamps["text"].Op != "" {
			t.Errorf("%s: a mix has an author", name)
		}
	}
}

// TestLatest: a later time wins without a conflict, an earlier one is nothing.
func TestLatest(t *testing.T) {
	t.Parallel()
	row := draft("x", merge.Stamp{Ver: 5, HLC: 100, Op: "theirs"})
	op := wire.Op{OpID: "o", Entity: entity.Drafts, ID: "d", Kind: wire.Update, HLC: 1, Fields: map[string]json.RawMessage{"updated_at": raw("2026-11-22T09:00:00.000Z")}}
	if d := merge.Decide(row, false, op, 0); d.Logged || d.Status != wire.Applied {
		t.Fatalf("%+v", d)
	}
	op.Fields["updated_at"] = raw("2026-11-22T11:00:00.000Z")
	if d := merge.Decide(row, false, op, 0); !d.Logged || len(d.Entry.Losers) > 0 {
		t.Fatalf("%+v", d)
	}
}

// TestOverlayForeseesTheServer: what a device shows with pending edits is what
// the server will make of them, as long as nobody else writes.
func TestOverlayForeseesTheServer(t *testing.T) {
	t.Parallel()
	row := draft("start", merge.Stamp{Ver: 5, HLC: 100, Op: "theirs"})
	first, second := edit("start of", 200, 5), edit("start of it", 201, 5)
	second.OpID, second.Over = "second", map[string]string{"text": "mine"}
	shown := merge.Overlay(row, []wire.Op{first, second})
	made := row
	for i, op := range []wire.Op{first, second} {
		d := merge.Decide(made, false, op, 0)
		d.Entry.Seq = int64(6 + i)
		made = merge.Replay(made, d.Entry)
		if len(d.Entry.Losers) > 0 {
			t.Fatalf("an author lost to themself: %+v", d.Entry.Losers)
		}
	}
	if string(shown.Fields["text"]) != string(made.Fields["text"]) || shown.Ver != 5 {
		t.Fatalf("shown %s at %d, made %s", shown.Fields["text"], shown.Ver, made.Fields["text"])
	}
}

func TestStampsOnlyGrow(t *testing.T) {
	t.Parallel()
	var s merge.Stamps
	last := wire.HLC(0)
	for _, year := range []int{2026, 2016, 1960, 2036, 2026} {
		for range 3 {
			next := s.Next(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
			if next <= last {
				t.Fatalf("%d after %d", next, last)
			}
			last = next
		}
	}
	s.See(last + 1000)
	if s.Next(time.Time{}) <= last+1000 {
		t.Fatal("a seen stamp was forgotten")
	}
}

func TestSumDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	a := merge.Sum{}.Swap("message", "1", 0, 7).Swap("draft", "2", 0, 9).Swap("message", "1", 7, 11)
	b := merge.Sum{}.Swap("message", "1", 0, 11).Swap("draft", "2", 0, 9)
	if a != b || a == (merge.Sum{}) {
		t.Fatalf("%s %s", a, b)
	}
	if again, err := merge.ParseSum(a.String()); err != nil || again != a {
		t.Fatalf("%s %v", again, err)
	}
	if empty := a.Swap("message", "1", 11, 0).Swap("draft", "2", 9, 0); empty != (merge.Sum{}) {
		t.Fatalf("nothing sums to %s", empty)
	}
}
