package wire

import (
	"encoding/json"
	"fmt"
)

// PushRequest carries operations of one client, scope and lane in mid order.
type PushRequest struct {
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	Lane     string `json:"lane"`
	SchemaV  int    `json:"schema_v"`
	Ops      []Op   `json:"ops"`

	Extra map[string]json.RawMessage `json:"-"`
}

type plainPush PushRequest

var pushMembers = members(PushRequest{})

// MarshalJSON writes the request with its unknown members.
func (p PushRequest) MarshalJSON() ([]byte, error) { return encode(plainPush(p), p.Extra) }

// UnmarshalJSON reads a request; unknown members go to Extra.
func (p *PushRequest) UnmarshalJSON(data []byte) error {
	var q plainPush
	extra, err := decode(data, &q, pushMembers)
	if err != nil {
		return fmt.Errorf("decode push: %w", err)
	}
	*p = PushRequest(q)
	p.Extra = extra
	return nil
}

// Check tells whether the request keeps the bounds and every operation belongs
// to its envelope.
func (p PushRequest) Check() error {
	if len(p.Ops) == 0 || len(p.Ops) > MaxOps {
		return fmt.Errorf("%w: a push has 1 to %d operations", ErrInvalid, MaxOps)
	}
	for i, op := range p.Ops {
		if err := op.Check(); err != nil {
			return err
		}
		if op.ClientID != p.ClientID || op.Scope != p.Scope || op.Lane != p.Lane {
			return fmt.Errorf("%w: operation %d belongs to another client, scope or lane", ErrInvalid, i)
		}
		if op.Mid != p.Ops[0].Mid+int64(i) {
			return fmt.Errorf("%w: mids are not contiguous", ErrInvalid)
		}
	}
	return nil
}

// DecodePush reads a whole request body and checks it. Returns ErrInvalid.
func DecodePush(data []byte) (PushRequest, error) {
	if len(data) > MaxBytes {
		return PushRequest{}, fmt.Errorf("%w: more than %d bytes", ErrInvalid, MaxBytes)
	}
	var p PushRequest
	if err := json.Unmarshal(data, &p); err != nil {
		return PushRequest{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return p, p.Check()
}
