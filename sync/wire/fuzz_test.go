package wire_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"testing/iotest"

	"nexusai/sync/wire"
)

func FuzzDecodePush(f *testing.F) {
	for _, p := range []wire.PushRequest{{}, {ClientID: id, Scope: "user:x", Lane: "chat", Ops: []wire.Op{op(1), op(2)}}} {
		data, err := wire.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"OPS":[{"MID":1}],"ops":null,"x":1e999}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := wire.DecodePush(data)
		if err != nil {
			if !errors.Is(err, wire.ErrInvalid) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		out, err := wire.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > wire.MaxBytes {
			return
		}
		again, err := wire.DecodePush(out)
		if err != nil {
			t.Fatalf("cannot read what it wrote: %v\n%s", err, out)
		}
		twice, err := wire.Marshal(again)
		if err != nil || !bytes.Equal(out, twice) {
			t.Fatalf("not the same after a round trip: %v\n%s\n%s", err, out, twice)
		}
	})
}

func FuzzReadPage(f *testing.F) {
	for _, n := range []int{0, 3} {
		var buf bytes.Buffer
		if err := wire.WritePage(&buf, pageOf(n)); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := wire.ReadPage(bytes.NewReader(data))
		slow, errSlow := wire.ReadPage(iotest.OneByteReader(bytes.NewReader(data)))
		if (err == nil) != (errSlow == nil) || !reflect.DeepEqual(p, slow) {
			t.Fatalf("reading byte by byte differs: %v %v", err, errSlow)
		}
		if err != nil {
			if !errors.Is(err, wire.ErrInvalid) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if p.End.Cursor != p.Begin.From+int64(len(p.Entries)) {
			t.Fatal("a cursor that passes entries")
		}
	})
}

func FuzzDecodePull(f *testing.F) {
	data, err := wire.Marshal(wire.PullRequest{ClientID: id, Scope: "user:x", Cursor: 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"CURSOR":1e99,"scope":null,"x":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := wire.DecodePull(data)
		if err != nil {
			if !errors.Is(err, wire.ErrInvalid) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		out, err := wire.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := wire.DecodePull(out)
		if err != nil || again.ClientID != p.ClientID || again.Scope != p.Scope || again.Cursor != p.Cursor || again.Max != p.Max || len(again.Extra) != len(p.Extra) {
			t.Fatalf("%s became %s: %v", data, out, err)
		}
	})
}
