package wire

import (
	"encoding/json"
	"fmt"
)

// Entry is one line of a scope's log: what an operation did, already decided.
// Devices replay entries and never decide again, so that programs of different
// age agree.
type Entry struct {
	Seq int64 `json:"seq"`
	// Op is the operation with only the fields that changed the row, with their
	// final values and the stamp they got. Kind is empty when nothing changed
	// and the entry only tells of Losers.
	Op Op `json:"op"`
	// Mixed lists fields whose value is a merge that no author wrote.
	Mixed  []string `json:"mixed,omitempty"`
	Losers []Loser  `json:"losers,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// Loser is a value that lost to a concurrent edit and is kept.
type Loser struct {
	Field    string          `json:"field"`
	Value    json.RawMessage `json:"value"`
	OpID     string          `json:"op_id"` // who wrote it; empty for a mixed text
	ClientID string          `json:"client_id"`
	HLC      HLC             `json:"hlc"`
}

type plainEntry Entry

var entryMembers = members(Entry{})

// MarshalJSON writes the entry with its unknown members.
func (e Entry) MarshalJSON() ([]byte, error) { return encode(plainEntry(e), e.Extra) }

// UnmarshalJSON reads an entry; unknown members go to Extra.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var p plainEntry
	extra, err := decode(data, &p, entryMembers)
	if err != nil {
		return fmt.Errorf("decode entry: %w", err)
	}
	*e = Entry(p)
	e.Extra = extra
	return nil
}
