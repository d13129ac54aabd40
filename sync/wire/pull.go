package wire

import (
	"encoding/json"
	"fmt"

	"nexusai/sync/entity"
)

// MaxPage is the most log entries in one pull.
const MaxPage = 1000

// PullRequest asks for a scope's log after Cursor.
type PullRequest struct {
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	Cursor   int64  `json:"cursor"` // last sequence number applied; 0 for everything
	Epoch    int64  `json:"epoch"`  // last seen; 0 when never
	SchemaV  int    `json:"schema_v"`
	Max      int    `json:"max,omitempty"` // 0 means MaxPage

	Extra map[string]json.RawMessage `json:"-"`
}

type plainPull PullRequest

var pullMembers = members(PullRequest{})

// MarshalJSON writes the request with its unknown members.
func (p PullRequest) MarshalJSON() ([]byte, error) { return encode(plainPull(p), p.Extra) }

// UnmarshalJSON reads a request; unknown members go to Extra.
func (p *PullRequest) UnmarshalJSON(data []byte) error {
	var q plainPull
	extra, err := decode(data, &q, pullMembers)
	if err != nil {
		return fmt.Errorf("decode pull: %w", err)
	}
	*p = PullRequest(q)
	p.Extra = extra
	return nil
}

// DecodePull reads a whole request body and checks it. Returns ErrInvalid.
func DecodePull(data []byte) (PullRequest, error) {
	var p PullRequest
	if err := json.Unmarshal(data, &p); err != nil {
		return PullRequest{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return p, p.Check()
}

// Check tells whether the request is well formed.
func (p PullRequest) Check() error {
	if !entity.IsID(p.ClientID) || p.Scope == "" || len(p.Scope) > 200 || p.Cursor < 0 || p.Epoch < 0 || p.Max < 0 {
		return fmt.Errorf("%w: a member is missing or out of range", ErrInvalid)
	}
	return nil
}
