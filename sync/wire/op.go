// Package wire holds the messages that a device and the server exchange.
//
// Decoding is strict about what it knows and keeps what it does not: members a
// newer program added survive a round trip through an older one.
package wire

import (
	"encoding/json"
	"fmt"

	"nexusai/sync/entity"
)

// Bounds of one push.
const (
	MaxOps   = 256
	MaxBytes = 1 << 20 // of the encoded request
	// MaxOpBytes leaves room for the envelope around one large operation.
	MaxOpBytes = MaxBytes - 16<<10
)

// Kind is what an operation does to its row.
type Kind string

// An update or a delete never creates; a create of a row that is there merges
// into it or, for a node, must equal it.
const (
	Create Kind = "create"
	Update Kind = "update"
	Delete Kind = "delete"
)

// HLC is a hybrid logical clock: milliseconds since 1970 in the upper 48 bits,
// a counter in the lower 16.
type HLC int64

// Millis is the wall part of the stamp.
func (h HLC) Millis() int64 { return int64(h) >> 16 }

// Op is one field operation of one author on one row.
type Op struct {
	OpID     string                     `json:"op_id"`     // UUIDv7, made once by the author and never changed
	ClientID string                     `json:"client_id"` // the pushing database
	Mid      int64                      `json:"mid"`       // contiguous from 1 per client and lane; 0 until a batch is cut
	Lane     string                     `json:"lane"`
	Scope    string                     `json:"scope"`
	Entity   string                     `json:"entity"`
	ID       string                     `json:"id"`
	Kind     Kind                       `json:"kind"`
	Fields   map[string]json.RawMessage `json:"fields,omitempty"`
	// Base is, for fields that merge as text, the text the author began from.
	Base map[string]json.RawMessage `json:"base,omitempty"`
	// BaseVer is the version of the row the author saw.
	BaseVer int64 `json:"base_ver"`
	// Over names, per field, the author's own unacknowledged operation whose
	// value this one replaces: the author saw that value, not BaseVer's.
	Over    map[string]string `json:"over,omitempty"`
	HLC     HLC               `json:"hlc"`
	SchemaV int               `json:"schema_v"`

	Extra map[string]json.RawMessage `json:"-"` // members this version does not know
}

type plainOp Op

var opMembers = members(Op{})

// MarshalJSON writes the operation with its unknown members.
func (o Op) MarshalJSON() ([]byte, error) { return encode(plainOp(o), o.Extra) }

// UnmarshalJSON reads an operation; unknown members go to Extra.
func (o *Op) UnmarshalJSON(data []byte) error {
	var p plainOp
	extra, err := decode(data, &p, opMembers)
	if err != nil {
		return fmt.Errorf("decode operation: %w", err)
	}
	*o = Op(p)
	o.Extra = extra
	return nil
}

// Check tells whether the envelope is well formed. It does not look into the
// fields: one bad value is a rejected operation, a bad envelope a bad request.
func (o Op) Check() error {
	switch {
	case !entity.IsID(o.OpID):
		return fmt.Errorf("%w: op_id is not an id", ErrInvalid)
	case !entity.IsID(o.ClientID):
		return fmt.Errorf("%w: client_id is not an id", ErrInvalid)
	case !entity.IsID(o.ID):
		return fmt.Errorf("%w: id is not an id", ErrInvalid)
	case o.Mid < 1 || o.BaseVer < 0 || o.HLC < 0:
		return fmt.Errorf("%w: a number is out of range", ErrInvalid)
	case o.Lane == "" || len(o.Lane) > 64 || o.Scope == "" || len(o.Scope) > 200 || len(o.Entity) > 64:
		return fmt.Errorf("%w: a name is missing or too long", ErrInvalid)
	case o.Kind != Create && o.Kind != Update && o.Kind != Delete:
		return fmt.Errorf("%w: kind is unknown", ErrInvalid)
	}
	return nil
}

// NewCreate makes an operation that puts a row; fields is a struct or a map
// whose JSON members are the fields ("id" is left out).
func NewCreate(entityName, id string, fields any) (Op, error) {
	return newOp(Create, entityName, id, fields)
}

// NewUpdate makes an operation that sets the given fields of a row.
func NewUpdate(entityName, id string, fields any) (Op, error) {
	return newOp(Update, entityName, id, fields)
}

func newOp(kind Kind, entityName, id string, fields any) (Op, error) {
	data, err := json.Marshal(fields)
	if err != nil {
		return Op{}, fmt.Errorf("encode fields of %s: %w", entityName, err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return Op{}, fmt.Errorf("encode fields of %s: %w", entityName, err)
	}
	delete(m, "id")
	return Op{Entity: entityName, ID: id, Kind: kind, Fields: m}, nil
}
