package calllog

import (
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// Attempt is one deployment's try at a call. What Try needs comes first, the
// rest is known when it ends.
type Attempt struct {
	N          int            `json:"n"` // from 1
	Deployment string         `json:"deployment"`
	Name       string         `json:"name,omitempty"` // of the deployment, in words
	Provider   string         `json:"provider,omitempty"`
	Key        string         `json:"key,omitempty"` // the id of the provider's key
	Model      string         `json:"model,omitempty"`
	Started    time.Time      `json:"started"`
	Admitted   time.Time      `json:"admitted,omitzero"` // whose budgets' periods it falls into; zero: the call's time
	Price      ledger.Price   `json:"price,omitzero"`
	Reserved   int64          `json:"reserved,omitempty"`   // nano US dollars
	Likely     int            `json:"likely,omitempty"`     // tokens of input, as a guess
	Sound      llm.Usage      `json:"sound,omitzero"`       // that it is likely to use
	MaxInput   int            `json:"max_input,omitempty"`  // tokens that the reservation is for
	MaxOutput  int            `json:"max_output,omitempty"` // the same, of all choices
	Limit      int            `json:"limit,omitempty"`      // of output, set because the request had none
	Subjects   []string       `json:"subjects,omitempty"`   // whose budgets it counts against
	Claims     []ledger.Claim `json:"claims,omitempty"`

	Lane       string     `json:"lane,omitempty"` // "bytes" or "translated"
	Reason     string     `json:"reason,omitempty"`
	FirstToken time.Time  `json:"first_token,omitzero"`
	Ended      time.Time  `json:"ended,omitzero"` // zero: it runs, or the process died
	Code       fault.Code `json:"code,omitempty"`
	Finish     llm.Finish `json:"finish,omitempty"`
	RequestID  string     `json:"request_id,omitempty"` // the provider's
	Usage      llm.Usage  `json:"usage,omitzero"`
	Losses     []string   `json:"losses,omitempty"`
	Rescued    bool       `json:"rescued,omitempty"`
	Hedged     bool       `json:"hedged,omitempty"`
	Cost       int64      `json:"cost,omitempty"`
}

// tell takes over what the broker reports of an attempt. What it cost is only
// known to who prices it.
func (a *Attempt) tell(from broker.Attempt) {
	a.Deployment, a.Provider, a.Model, a.Key = storable(from.Deployment), from.Provider, storable(from.Model), storable(from.Key)
	a.Lane, a.Reason, a.Started, a.FirstToken, a.Ended = string(from.Lane), string(from.Why), from.Started, from.FirstToken, from.Ended
	a.Code, a.Finish, a.RequestID, a.Usage = from.Code, from.Finish, storable(from.RequestID), from.Usage
	a.Rescued, a.Hedged = from.Why == broker.WhyRescue, from.Why == broker.WhyHedge
	a.Losses = nil
	for _, field := range from.Losses {
		a.Losses = append(a.Losses, storable(field))
	}
}

// charge prices the attempt's usage. What we counted ourselves never exceeds
// what was reserved for it: a guess must not cost more than the worst case.
func (a *Attempt) charge(p ledger.Price) {
	a.Price = p
	if u := &a.Usage; u.Estimated && a.Reserved > 0 {
		u.Input = min(u.Input, a.MaxInput)
		u.Output = min(u.Output, a.MaxOutput)
	}
	a.Cost = p.Cost(a.Usage)
}

// cut ends an attempt during which the process died: what was sent and what
// came back until then, as far as the journal knows.
func (a *Attempt) cut(received int, at time.Time) {
	a.Ended, a.Code = at, CodeInterrupted
	if a.Reserved > 0 || received > 0 {
		a.Usage = a.Sound
		a.Usage.Input, a.Usage.Output = max(a.Usage.Input, a.Likely), max(a.Usage.Output, tokens(received))
		a.Usage.Estimated = true
	}
	a.charge(a.Price)
}

// tokens estimates from bytes of text.
func tokens(bytes int) int { return (bytes + 3) / 4 }

// unpriced says that the attempt cost something that nobody knows.
func (a *Attempt) unpriced() bool {
	return !a.Price.Known && a.Usage != llm.Usage{Estimated: a.Usage.Estimated}
}

// entries are the attempt's lines in the ledger.
func (a *Attempt) entries(c *Call) []ledger.Entry {
	subjects := a.Subjects
	if len(subjects) == 0 {
		for _, id := range []string{c.TenantID, c.UserID, c.KeyID, c.ConversationID} {
			if id != "" {
				subjects = append(subjects, id)
			}
		}
	}
	at := a.Admitted
	if at.IsZero() {
		at = c.At
	}
	return ledger.Settled(ledger.Entry{
		CallID: c.ID, Attempt: a.N, At: at, UserID: c.UserID, KeyID: c.KeyID, ConversationID: c.ConversationID, Subjects: subjects,
		Model: c.Model, Deployment: a.Name, Provider: a.Provider, Price: a.Price, Unpriced: a.unpriced(), Estimated: a.Usage.Estimated,
		Usage: a.Usage, Life: c.Life, Claims: a.Claims,
	}, a.Reserved, a.Cost)
}
