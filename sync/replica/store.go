package replica

import (
	"context"

	"nexusai/sync/journal"
	"nexusai/sync/merge"
	"nexusai/sync/wire"
)

// Store is the device's database. Update runs fn in one transaction that is
// durable when Update returns nil and leaves nothing behind when it does not.
type Store interface {
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction on the device's database.
type Tx interface {
	journal.Store
	// Meta returns the zero Meta for a new database.
	Meta(ctx context.Context) (Meta, error)
	PutMeta(ctx context.Context, m Meta) error
	// Slot returns the zero Slot (with entity and id in its rows) for a row
	// nobody has heard of.
	Slot(ctx context.Context, entity, id string) (Slot, error)
	// PutSlot stores a row; a Slot in which neither row exists removes it.
	PutSlot(ctx context.Context, scope string, s Slot) error
	// Keep files the values that an entry says have lost.
	Keep(ctx context.Context, e wire.Entry) error
	Unknown
}

// Unknown is the part of Tx for what this program is too old for or has to
// forget.
type Unknown interface {
	// SetAside stores an entry of an unknown entity and returns the version
	// the row had before, 0 when it was not there.
	SetAside(ctx context.Context, e wire.Entry) (before int64, err error)
	// Reset forgets everything that came from the server, and only that: rows
	// with pending edits keep showing them. The outbox is not touched.
	Reset(ctx context.Context) error
	// Rescope moves every row and queued operation without a scope to scope.
	Rescope(ctx context.Context, scope string) error
	// Unfinished lists rows with queued or done operations.
	Unfinished(ctx context.Context) ([]journal.RowID, error)
}

// Meta is what a database knows about itself.
type Meta struct {
	ClientID string // of this copy of the database
	Scope    string // empty until somebody has signed in
	Cursor   int64  // last entry applied; never passes one that is not
	Epoch    int64
	Sum      merge.Sum // over confirmed live rows at Cursor
	HLC      wire.HLC  // last stamp made or seen
}

// Slot is one row as confirmed by the server and as shown.
type Slot struct {
	Confirmed merge.Row
	View      merge.Row // Confirmed with pending operations on top
	Pending   bool      // View is not just Confirmed
}
