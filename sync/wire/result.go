package wire

import (
	"encoding/json"
	"fmt"
)

// Status is what became of an operation. All of them are final.
type Status string

const (
	Applied    Status = "applied"    // the row now has these values (or had them already)
	Merged     Status = "merged"     // some values were combined, or lost to a concurrent edit
	Superseded Status = "superseded" // a concurrent edit won everywhere; the values are kept
	Rejected   Status = "rejected"   // not applied and never will be; Code says why
)

// Why an operation was rejected.
const (
	CodeImmutable = "immutable"      // a node exists with other content
	CodeAbsent    = "absent"         // an update or delete of a row that is not there
	CodeDead      = "dead"           // the row was deleted for good
	CodeParent    = "missing_parent" // what the row hangs on is not there
	CodeValue     = "value"          // a field holds what it cannot hold
	CodeEntity    = "entity"         // this server does not know the entity
	CodeKind      = "kind"           // the entity does not allow this kind
	CodeSchema    = "schema"         // too old or too new a schema for this server
)

// Result is the stored answer to one operation.
type Result struct {
	OpID   string `json:"op_id"`
	Mid    int64  `json:"mid"`
	Status Status `json:"status"`
	Code   string `json:"code,omitempty"`
	// Seq is where the effect is in the scope's log: a device that has pulled
	// up to it has the effect in its confirmed state. 0 for Rejected.
	Seq int64 `json:"seq"`

	Extra map[string]json.RawMessage `json:"-"`
}

type plainResult Result

var resultMembers = members(Result{})

// MarshalJSON writes the result with its unknown members.
func (r Result) MarshalJSON() ([]byte, error) { return encode(plainResult(r), r.Extra) }

// UnmarshalJSON reads a result; unknown members go to Extra.
func (r *Result) UnmarshalJSON(data []byte) error {
	var p plainResult
	extra, err := decode(data, &p, resultMembers)
	if err != nil {
		return fmt.Errorf("decode result: %w", err)
	}
	*r = Result(p)
	r.Extra = extra
	return nil
}
