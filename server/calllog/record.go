// Package calllog keeps one row per model call, and one per attempt at it, and
// answers questions about them.
//
// A call is written to a journal file when it is about to be sent, with what is
// held back for that, and when it ends, and costs the caller no more than that.
// In
// the background the journal goes to Postgres in batches; while Postgres is
// away it waits on disk, and after a crash the next start finds what was ended
// and what was cut off, and settles that.
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

// What became of a call's contents; empty: they were not to be kept.
const (
	ContentsKept     = "kept"     // at least until ContentsUntil
	ContentsDropped  = "dropped"  // they could not be
	ContentsDeclined = "declined" // the key or the request forbade it
)

// Call is one brokered call. What Begin needs comes first, the rest is known
// when it ends.
type Call struct {
	ID             string    `json:"id"` // UUIDv7; Begin makes one when empty
	TenantID       string    `json:"tenant_id"`
	At             time.Time `json:"at"` // Begin sets it when zero
	Surface        string    `json:"surface"`
	Operation      string    `json:"operation"`
	Model          string    `json:"model"`
	UserID         string    `json:"user_id,omitempty"`
	KeyID          string    `json:"key_id,omitempty"`
	ConversationID string    `json:"conversation_id,omitempty"`
	Streamed       bool      `json:"streamed,omitempty"`
	RequestID      string    `json:"request_id,omitempty"`
	Life           string    `json:"life,omitempty"` // of the process that made it; Begin sets it

	State      State         `json:"state,omitempty"`
	ErrorCode  string        `json:"error_code,omitempty"`
	Deployment string        `json:"deployment,omitempty"`
	Attempts   int           `json:"attempts,omitempty"`
	Tries      []Attempt     `json:"tries,omitempty"`
	Usage      llm.Usage     `json:"usage,omitzero"` // of the answer that the caller got
	Latency    time.Duration `json:"latency,omitempty"`
	First      time.Duration `json:"first,omitempty"` // to the first token; 0: none came
	Unpriced   bool          `json:"unpriced,omitempty"`
	Cost       int64         `json:"cost,omitempty"` // nano US dollars, of all tries

	Contents      string    `json:"contents,omitempty"`
	ContentsUntil time.Time `json:"contents_until,omitzero"`
}

// entries are the call's lines in the ledger.
func (c *Call) entries() []ledger.Entry {
	var out []ledger.Entry
	for i := range c.Tries {
		out = append(out, c.Tries[i].entries(c)...)
	}
	return out
}

// sum makes the call's totals those of its tries.
func (c *Call) sum() {
	c.Cost, c.Unpriced = 0, false
	for i := range c.Tries {
		c.Cost += c.Tries[i].Cost
		c.Unpriced = c.Unpriced || c.Tries[i].unpriced()
	}
}

// cut ends a call during which its process died. received counts the bytes of
// text that came for each attempt.
func (c *Call) cut(received map[int]int) {
	c.State, c.ErrorCode, c.Attempts = Failed, CodeInterrupted, len(c.Tries)
	for i := range c.Tries {
		a := &c.Tries[i]
		if a.Ended.IsZero() {
			a.cut(received[a.N], c.At)
		}
		c.Usage, c.Deployment = a.Usage, a.Name
	}
	c.sum()
}

// storable is text as Postgres can hold it. Callers name models: one name that
// cannot be stored must not keep all other calls waiting.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
