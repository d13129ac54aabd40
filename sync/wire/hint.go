package wire

import (
	"encoding/json"
	"fmt"
)

// Hint says that a scope's log has grown to Head. It may be lost, repeated or
// late: only a pull is believed.
type Hint struct {
	Scope string `json:"scope"`
	Head  int64  `json:"head"`

	Extra map[string]json.RawMessage `json:"-"`
}

type plainHint Hint

var hintMembers = members(Hint{})

// MarshalJSON writes the hint with its unknown members.
func (h Hint) MarshalJSON() ([]byte, error) { return encode(plainHint(h), h.Extra) }

// UnmarshalJSON reads a hint; unknown members go to Extra.
func (h *Hint) UnmarshalJSON(data []byte) error {
	var p plainHint
	extra, err := decode(data, &p, hintMembers)
	if err != nil {
		return fmt.Errorf("decode hint: %w", err)
	}
	*h = Hint(p)
	h.Extra = extra
	return nil
}
