package hub

import (
	"context"
	"maps"
	"strconv"
	"sync"

	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// Memory is a store of one scope in memory: for the simulation and for tests
// that need a server without a database.
type Memory struct {
	mu    sync.Mutex // held for a whole transaction
	state memoryState
}

type memoryState struct {
	head    Head
	log     []wire.Entry
	mids    map[string]int64
	results map[string]wire.Result // by client, lane and mid
	byOp    map[string]wire.Result
	rows    map[string]merge.Row
	dead    map[string]bool
}

// NewMemory returns an empty scope.
func NewMemory() *Memory {
	return &Memory{state: memoryState{
		head: Head{Epoch: 1}, mids: map[string]int64{}, results: map[string]wire.Result{},
		byOp: map[string]wire.Result{}, rows: map[string]merge.Row{}, dead: map[string]bool{},
	}}
}

// Update runs fn in a transaction; nothing of it stays when fn returns an error.
func (m *Memory) Update(_ context.Context, fn func(Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	tx := &memoryTx{memoryState: &m.state}
	err := fn(tx)
	if err != nil {
		for i := len(tx.undo) - 1; i >= 0; i-- {
			tx.undo[i]()
		}
	}
	return err
}

// View runs fn on a snapshot.
func (m *Memory) View(_ context.Context, fn func(Reader) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(&memoryTx{memoryState: &m.state})
}

// Rows returns every live row, by entity and id.
func (m *Memory) Rows() map[string]merge.Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.state.rows)
}

type memoryTx struct {
	*memoryState
	undo []func()
}

var _ interface {
	Tx
	Reader
} = (*memoryTx)(nil)

// set writes one key of a map and remembers how to take it back.
func set[V any](tx *memoryTx, m map[string]V, key string, v V) {
	old, had := m[key]
	tx.undo = append(tx.undo, func() {
		if had {
			m[key] = old
			return
		}
		delete(m, key)
	})
	m[key] = v
}

func (tx *memoryTx) Head(context.Context) (Head, error)     { return tx.head, nil }
func (tx *memoryTx) LockHead(context.Context) (Head, error) { return tx.head, nil }

func (tx *memoryTx) PutHead(_ context.Context, h Head) error {
	old := tx.head
	tx.undo = append(tx.undo, func() { tx.head = old })
	tx.head = h
	return nil
}

func (tx *memoryTx) Entries(_ context.Context, after, upTo int64, limit int) ([]wire.Entry, error) {
	upTo = min(upTo, after+int64(limit))
	return append([]wire.Entry(nil), tx.log[after:upTo]...), nil
}

func (tx *memoryTx) Acked(_ context.Context, clientID string) (map[string]int64, error) {
	out := map[string]int64{}
	for key, mid := range tx.mids {
		if len(key) > 37 && key[:36] == clientID {
			out[key[37:]] = mid
		}
	}
	return out, nil
}

func (tx *memoryTx) LastMid(_ context.Context, clientID, lane string) (int64, error) {
	return tx.mids[clientID+"/"+lane], nil
}

func (tx *memoryTx) PutLastMid(_ context.Context, clientID, lane string, mid int64) error {
	set(tx, tx.mids, clientID+"/"+lane, mid)
	return nil
}

func midKey(clientID, lane string, mid int64) string {
	return clientID + "/" + lane + "/" + strconv.FormatInt(mid, 10)
}

func (tx *memoryTx) Result(_ context.Context, clientID, lane string, mid int64) (wire.Result, bool, error) {
	r, ok := tx.results[midKey(clientID, lane, mid)]
	return r, ok, nil
}

func (tx *memoryTx) ResultOf(_ context.Context, opID string) (wire.Result, bool, error) {
	r, ok := tx.byOp[opID]
	return r, ok, nil
}

func (tx *memoryTx) PutResult(_ context.Context, clientID, lane string, r wire.Result) error {
	set(tx, tx.results, midKey(clientID, lane, r.Mid), r)
	if _, had := tx.byOp[r.OpID]; !had {
		set(tx, tx.byOp, r.OpID, r)
	}
	return nil
}

func (tx *memoryTx) Append(_ context.Context, e wire.Entry) error {
	n := len(tx.log)
	tx.undo = append(tx.undo, func() { tx.log = tx.log[:n] })
	tx.log = append(tx.log, e)
	return nil
}

func (tx *memoryTx) Row(_ context.Context, entityName, id string) (merge.Row, bool, error) {
	key := entityName + "/" + id
	if row, ok := tx.rows[key]; ok {
		return row, false, nil
	}
	return merge.Row{Entity: entityName, ID: id}, tx.dead[key], nil
}

func (tx *memoryTx) PutRow(_ context.Context, row merge.Row) error {
	set(tx, tx.rows, row.Entity+"/"+row.ID, row)
	return nil
}

func (tx *memoryTx) Bury(_ context.Context, entityName, id string, _ int64) error {
	key := entityName + "/" + id
	if old, had := tx.rows[key]; had {
		tx.undo = append(tx.undo, func() { tx.rows[key] = old })
		delete(tx.rows, key)
	}
	set(tx, tx.dead, key, true)
	return nil
}
