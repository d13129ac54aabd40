package wire

import (
	"encoding/json"
	"fmt"
)

// PushResponse answers every operation of the request in its order, or says
// that the client id is in use by another copy of the database.
type PushResponse struct {
	Results []Result `json:"results,omitempty"`
	// Forked: a mid was already used for another op_id, so this database is a
	// restored or cloned copy. Nothing was applied; take a new client_id, keep
	// the op_ids and push again.
	Forked bool  `json:"forked,omitempty"`
	Head   int64 `json:"head"` // of the scope, after this push

	Extra map[string]json.RawMessage `json:"-"`
}

type plainPushResponse PushResponse

var pushResponseMembers = members(PushResponse{})

// MarshalJSON writes the response with its unknown members.
func (p PushResponse) MarshalJSON() ([]byte, error) { return encode(plainPushResponse(p), p.Extra) }

// UnmarshalJSON reads a response; unknown members go to Extra.
func (p *PushResponse) UnmarshalJSON(data []byte) error {
	var q plainPushResponse
	extra, err := decode(data, &q, pushResponseMembers)
	if err != nil {
		return fmt.Errorf("decode push response: %w", err)
	}
	*p = PushResponse(q)
	p.Extra = extra
	return nil
}

// Gap is the body of a 409: the server expects mid Want next in that lane.
type Gap struct {
	Code string `json:"code"` // always "gap"
	Want int64  `json:"want"`
}
