// Package calllog keeps one row per model call and answers questions about them.
//
// A call is written twice to a journal file, when it begins and when it ends,
// and costs the caller no more than that. In the background the journal goes
// to Postgres in batches; while Postgres is away it waits on disk, and after a
// crash the next start finds what was ended and what was cut off.
package calllog

import (
	"strings"
	"time"

	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// State is how a call stands.
type State string

// The states of a call. Running is never stored.
const (
	Running State = "running"
	OK      State = "ok"
	Stopped State = "stopped" // the caller ended it
	Failed  State = "failed"
)

// CodeInterrupted is the error code of a call during which the server died.
const CodeInterrupted = "call.interrupted"

// Call is one brokered call. What Begin needs comes first, the rest is known
// when it ends.
type Call struct {
	ID        string    `json:"id"` // UUIDv7; Begin makes one when empty
	TenantID  string    `json:"tenant_id"`
	At        time.Time `json:"at"` // Begin sets it when zero
	Surface   string    `json:"surface"`
	Operation string    `json:"operation"`
	Model     string    `json:"model"`
	UserID    string    `json:"user_id,omitempty"`
	KeyID     string    `json:"key_id,omitempty"`
	Streamed  bool      `json:"streamed,omitempty"`
	RequestID string    `json:"request_id,omitempty"`

	State      State         `json:"state,omitempty"`
	ErrorCode  string        `json:"error_code,omitempty"`
	Deployment string        `json:"deployment,omitempty"`
	Attempts   int           `json:"attempts,omitempty"`
	Usage      llm.Usage     `json:"usage"`
	Latency    time.Duration `json:"latency,omitempty"`
	First      time.Duration `json:"first,omitempty"` // to the first token; 0: none came
	Price      ledger.Price  `json:"price"`
	Cost       int64         `json:"cost,omitempty"` // nano US dollars
}

// entry is the call's line in the ledger.
func (c *Call) entry() ledger.Entry {
	return ledger.Entry{
		ID: c.ID, CallID: c.ID, Kind: ledger.Settle, At: c.At, UserID: c.UserID, KeyID: c.KeyID,
		Model: c.Model, Deployment: c.Deployment, Usage: c.Usage,
		AmountNanoUSD: c.Cost, PriceVersion: c.Price.Version, Unpriced: c.unpriced(),
	}
}

// settled says whether the call is booked: one that no provider began to
// answer costs nothing and is no line in the ledger.
func (c *Call) settled() bool {
	return c.State != Failed || c.Usage.Input > 0 || c.Usage.Output > 0
}

// unpriced says that the call cost something that nobody knows.
func (c *Call) unpriced() bool {
	return !c.Price.Known && c.Usage.Input+c.Usage.Output > 0
}

// storable is text as Postgres can hold it. Callers name models: one name that
// cannot be stored must not keep all other calls waiting.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
