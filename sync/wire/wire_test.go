package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"nexusai/sync/wire"
)

const id = "0190c0de-0000-7000-8000-000000000001"

func op(mid int64) wire.Op {
	return wire.Op{
		OpID: id, ClientID: id, Mid: mid, Lane: "chat", Scope: "user:x", Entity: "message", ID: id, Kind: wire.Create,
		Fields: map[string]json.RawMessage{"text": json.RawMessage(`"<b>&</b>"`)}, HLC: 1 << 40, SchemaV: 1,
	}
}

// TestUnknownMembersSurvive: a message of a newer program passes through this
// one unharmed.
func TestUnknownMembersSurvive(t *testing.T) {
	t.Parallel()
	for name, dst := range map[string]any{
		"op": &wire.Op{}, "result": &wire.Result{}, "push": &wire.PushRequest{}, "push response": &wire.PushResponse{},
		"pull": &wire.PullRequest{}, "entry": &wire.Entry{}, "hint": &wire.Hint{},
	} {
		in := `{"zebra":{"b":1.50,"a":[null,"<é>"]},"scope":"user:x","op_id":"o","seq":7,"aardvark":true}`
		if err := json.Unmarshal([]byte(in), dst); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := wire.Marshal(dst)
		if err != nil || !bytes.Contains(out, []byte(`"aardvark":true,`)) || !bytes.Contains(out, []byte(`"zebra":{"b":1.50,"a":[null,"<é>"]}`)) {
			t.Errorf("%s: %s %v", name, out, err)
		}
		again := reflect.New(reflect.TypeOf(dst).Elem()).Interface()
		if err := json.Unmarshal(out, again); err != nil || !reflect.DeepEqual(dst, again) {
			t.Errorf("%s is not the same after a round trip: %v", name, err)
		}
	}
}

func TestPushBounds(t *testing.T) {
	t.Parallel()
	request := func(change func(*wire.PushRequest)) error {
		p := wire.PushRequest{ClientID: id, Scope: "user:x", Lane: "chat", SchemaV: 1, Ops: []wire.Op{op(1), op(2)}}
		change(&p)
		data, err := wire.Marshal(p)
		if err != nil {
			return err
		}
		_, err = wire.DecodePush(data)
		return err
	}
	if err := request(func(*wire.PushRequest) {}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wire.PushRequest){
		"nothing":         func(p *wire.PushRequest) { p.Ops = nil },
		"too many":        func(p *wire.PushRequest) { p.Ops = make([]wire.Op, wire.MaxOps+1) },
		"a gap in mids":   func(p *wire.PushRequest) { p.Ops[1].Mid = 3 },
		"another scope":   func(p *wire.PushRequest) { p.Ops[1].Scope = "user:y" },
		"another lane":    func(p *wire.PushRequest) { p.Ops[1].Lane = "draft" },
		"another client":  func(p *wire.PushRequest) { p.ClientID = strings.Replace(id, "1", "2", 1) },
		"no op_id":        func(p *wire.PushRequest) { p.Ops[0].OpID = "" },
		"an unknown kind": func(p *wire.PushRequest) { p.Ops[0].Kind = "move" },
		"negative":        func(p *wire.PushRequest) { p.Ops[0].BaseVer = -1 },
		"too large": func(p *wire.PushRequest) {
			p.Ops[0].Fields["text"] = json.RawMessage(`"` + strings.Repeat("a", wire.MaxBytes) + `"`)
		},
	} {
		if err := request(change); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func pageOf(n int) wire.Page {
	p := wire.Page{Begin: wire.Begin{Scope: "user:x", Epoch: 1, From: 5, Head: 5 + int64(n)}, End: wire.End{Cursor: 5 + int64(n), Sum: "00", Acked: map[string]int64{"chat": 3}}}
	for i := range n {
		p.Entries = append(p.Entries, wire.Entry{Seq: 6 + int64(i), Op: op(1), Losers: []wire.Loser{{Field: "text", Value: json.RawMessage(`"x"`)}}})
	}
	return p
}

func TestPageRoundTrip(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 64, 65, 1000} {
		var buf bytes.Buffer
		if err := wire.WritePage(&buf, pageOf(n)); err != nil {
			t.Fatal(err)
		}
		got, err := wire.ReadPage(&buf)
		if err != nil || !reflect.DeepEqual(got, pageOf(n)) {
			t.Errorf("%d entries: %v", n, err)
		}
	}
}

// TestDamagedPages: a page that is cut off, swapped or changed is refused as a
// whole, never half of it.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if err := wire.WritePage(&buf, pageOf(200)); err != nil {
		t.Fatal(err)
	}
	whole := buf.Bytes()
	rnd := rand.New(rand.NewPCG(1, 0))
	for range 200 {
		cut := whole[:rnd.IntN(len(whole)-1)]
		if _, err := wire.ReadPage(bytes.NewReader(cut)); !errors.Is(err, wire.ErrInvalid) {
			t.Fatalf("%d of %d bytes: %v", len(cut), len(whole), err)
		}
		flipped := bytes.Clone(whole)
		flipped[rnd.IntN(len(flipped))] ^= 1 << rnd.IntN(8)
		if p, err := wire.ReadPage(bytes.NewReader(flipped)); err == nil && !reflect.DeepEqual(p, pageOf(200)) {
			t.Fatal("a changed page was taken")
		}
	}
	missing := pageOf(3)
	missing.Entries = append(missing.Entries[:1:1], missing.Entries[2])
	buf.Reset()
	if err := wire.WritePage(&buf, missing); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.ReadPage(&buf); !errors.Is(err, wire.ErrInvalid) {
		t.Fatalf("a page with a hole: %v", err)
	}
}
