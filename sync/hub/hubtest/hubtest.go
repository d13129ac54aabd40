// Package hubtest is the contract of a hub's store: every store passes it.
package hubtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"nexusai/sync/entity"
	"nexusai/sync/hub"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// Store is one scope of a database.
type Store interface {
	Update(ctx context.Context, fn func(hub.Tx) error) error
	View(ctx context.Context, fn func(hub.Reader) error) error
}

const (
	scope   = "user:0190c0de-0000-7000-8000-00000000000a"
	clientA = "0190c0de-0000-7000-8000-0000000000aa"
	clientB = "0190c0de-0000-7000-8000-0000000000bb"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// Run plays the contract; open returns an empty scope.
func Run(t *testing.T, open func(*testing.T) Store) {
	for name, test := range map[string]func(*bench){
		"push twice is push once":          testRepeat,
		"another op under a used mid":      testFork,
		"a gap is refused":                 testGap,
		"a new client keeps its op ids":    testNewClient,
		"a node is put once":               testNode,
		"concurrent edits keep the loser":  testConcurrent,
		"an author who saw it wins":        testCausal,
		"values come back byte for byte":   testBytes,
		"the dead stay dead":               testDead,
		"no child before its parent":       testParent,
		"a page tells what a device needs": testPages,
		"the server writes once and wins":  testServer,
		"what nobody said never wins":      testUnsaid,
		"rolled back leaves nothing":       testRollback,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&bench{t: t, store: open(t), mids: map[string]int64{}})
		})
	}
}

// bench is a scope with a few devices that number their operations.
type bench struct {
	t     *testing.T
	store Store
	mids  map[string]int64
	ids   int
}

func (b *bench) id() string {
	b.ids++
	return fmt.Sprintf("0190c0de-0000-7000-8000-%012x", b.ids)
}

// op makes an operation with the client's next mid.
func (b *bench) op(client string, kind wire.Kind, entityName, id string, baseVer int64, fields map[string]any) wire.Op {
	b.t.Helper()
	op, err := wire.NewUpdate(entityName, id, fields)
	if err != nil {
		b.t.Fatal(err)
	}
	e, _ := entity.Find(entityName)
	b.mids[client+e.Lane]++
	op.Kind, op.OpID, op.ClientID, op.Mid = kind, b.id(), client, b.mids[client+e.Lane]
	op.Lane, op.Scope, op.BaseVer, op.SchemaV = e.Lane, scope, baseVer, entity.SchemaVersion
	op.HLC = merge.At(now) + wire.HLC(b.ids)
	return op
}

func (b *bench) push(ops ...wire.Op) wire.PushResponse {
	b.t.Helper()
	resp, err := b.tryPush(ops...)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp
}

var errForked = errors.New("forked")

func (b *bench) tryPush(ops ...wire.Op) (wire.PushResponse, error) {
	b.t.Helper()
	req := wire.PushRequest{ClientID: ops[0].ClientID, Scope: scope, Lane: ops[0].Lane, SchemaV: entity.SchemaVersion, Ops: ops}
	if err := req.Check(); err != nil {
		b.t.Fatal(err)
	}
	var resp wire.PushResponse
	err := b.store.Update(b.t.Context(), func(tx hub.Tx) (err error) {
		resp, err = hub.Push(b.t.Context(), tx, req, now)
		if err == nil && resp.Forked {
			return errForked
		}
		return err
	})
	if errors.Is(err, errForked) {
		err = nil
	}
	return resp, err
}

func (b *bench) pull(cursor int64, limit int) wire.Page {
	b.t.Helper()
	var page wire.Page
	err := b.store.View(b.t.Context(), func(tx hub.Reader) (err error) {
		page, err = hub.Pull(b.t.Context(), tx, wire.PullRequest{ClientID: clientA, Scope: scope, Cursor: cursor, Max: limit})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

func (b *bench) row(entityName, id string) (merge.Row, bool) {
	b.t.Helper()
	var row merge.Row
	var dead bool
	err := b.store.Update(b.t.Context(), func(tx hub.Tx) (err error) {
		if _, err = tx.LockHead(b.t.Context()); err != nil {
			return err
		}
		row, dead, err = tx.Row(b.t.Context(), entityName, id)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return row, dead
}

func (b *bench) conversation(client string, fields map[string]any) (string, wire.Op) {
	b.t.Helper()
	all := map[string]any{"title": "first", "created_at": now, "last_at": now}
	maps.Copy(all, fields)
	id := b.id()
	op := b.op(client, wire.Create, entity.Conversations, id, 0, all)
	b.status(b.push(op), wire.Applied)
	return id, op
}

// status checks the results in order.
func (b *bench) status(resp wire.PushResponse, want ...wire.Status) {
	b.t.Helper()
	var got []wire.Status
	for _, r := range resp.Results {
		got = append(got, r.Status)
	}
	if !reflect.DeepEqual(got, want) {
		b.t.Fatalf("results %+v, want %v", resp.Results, want)
	}
}

// replayed is what the whole log makes of a row, which the row must equal.
func (b *bench) replayed(entityName, id string) merge.Row {
	row := merge.Row{Entity: entityName, ID: id}
	for _, e := range b.pull(0, 0).Entries {
		if e.Op.Entity == entityName && e.Op.ID == id {
			row = merge.Replay(row, e)
		}
	}
	return row
}

func (b *bench) same(got, want any) {
	b.t.Helper()
	x, errX := wire.Marshal(got)
	y, errY := wire.Marshal(want)
	if errX != nil || errY != nil || string(x) != string(y) {
		b.t.Fatalf("got  %s\nwant %s", x, y)
	}
}
