package messages

import (
	"encoding/json"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/surface/refusal"
	"nexusai/backend/surface/seal"
)

// encoder writes the events of a stream, or one whole message. Blocks follow
// one another: one is open at a time.
type encoder struct {
	surface Surface
	id      string
	model   string
	begun   bool   // message_start was written
	open    string // kind of the open block; empty: none
	next    int    // index of the next block
	calls   map[int]opened
}

// opened is a tool call whose block was begun.
type opened struct {
	block int
	id    string
}

// Write implements broker.Surface. The model has the name that the caller used.
func (s Surface) Write(r broker.Request, seen broker.Seen) broker.Encoder {
	e := &encoder{surface: s, id: seen.ID, model: seen.Model, calls: map[int]opened{}}
	if e.model == "" {
		e.model = r.Model()
	}
	if e.id == "" {
		e.id = "msg_" + s.newID()
	}
	if !seen.FirstContent.IsZero() { // only text is gone on with, and it is the first block
		e.begun, e.open, e.next = true, "text", 1
	}
	return e
}

type event struct {
	Type    string   `json:"type"`
	Message *message `json:"message,omitempty"`
	Index   *int     `json:"index,omitempty"`
	Block   *block   `json:"content_block,omitempty"`
	Delta   any      `json:"delta,omitempty"`
	Usage   *usage   `json:"usage,omitempty"`
}

type blockDelta struct {
	Type      string  `json:"type"`
	Text      *string `json:"text,omitempty"`
	Thinking  *string `json:"thinking,omitempty"`
	Signature *string `json:"signature,omitempty"`
	JSON      *string `json:"partial_json,omitempty"`
}

type ending struct {
	Reason   string  `json:"stop_reason"`
	Sequence *string `json:"stop_sequence"`
}

func write(dst []byte, e event) []byte {
	data, err := json.Marshal(e)
	if err != nil { // texts and numbers: they always encode
		panic(err)
	}
	dst = append(append(append(dst, "event: "...), e.Type...), "\ndata: "...)
	return append(append(dst, data...), "\n\n"...)
}

// begin writes what stands before the first block. Input tokens are known only
// at the end, where clients read them too.
func (e *encoder) begin(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	m := e.message()
	dst = write(dst, event{Type: "message_start", Message: &m})
	return write(dst, event{Type: "ping"})
}

func (e *encoder) start(dst []byte, b block) []byte {
	dst = e.stop(dst)
	at := e.next
	e.open, e.next = b.Type, e.next+1
	return write(dst, event{Type: "content_block_start", Index: &at, Block: &b})
}

func (e *encoder) stop(dst []byte) []byte {
	if e.open == "" {
		return dst
	}
	e.open = ""
	at := e.next - 1
	return write(dst, event{Type: "content_block_stop", Index: &at})
}

func (e *encoder) extend(dst []byte, at int, d blockDelta) []byte {
	return write(dst, event{Type: "content_block_delta", Index: &at, Delta: d})
}

// Delta implements broker.Encoder. Of several choices the wire has the first.
func (e *encoder) Delta(dst []byte, d llm.Delta) []byte {
	if d.Choice != 0 {
		return dst
	}
	dst = e.begin(dst)
	if d.Reasoning != "" {
		if e.open != "thinking" {
			dst = e.start(dst, block{Type: "thinking", Thinking: new(string), Signature: new(string)})
		}
		dst = e.extend(dst, e.next-1, blockDelta{Type: "thinking_delta", Thinking: &d.Reasoning})
	}
	if d.Sealed != "" {
		dst = e.seal(dst, d)
	}
	if d.Text != "" {
		if e.open != "text" {
			dst = e.start(dst, block{Type: "text", Text: new(string)})
		}
		dst = e.extend(dst, e.next-1, blockDelta{Type: "text_delta", Text: &d.Text})
	}
	for _, call := range d.ToolCalls {
		dst = e.call(dst, call, d.Wire)
	}
	return dst
}

// seal ends a thought: with its signature, or as a block that only its maker
// can read.
func (e *encoder) seal(dst []byte, d llm.Delta) []byte {
	if b, redacted := redactedOf(llm.Reasoning{Sealed: d.Sealed, Wire: d.Wire}); redacted || e.open != "thinking" {
		return e.stop(e.start(dst, b))
	}
	signature := seal.Show(d.Sealed, d.Wire, llm.AnthropicMessages)
	dst = e.extend(dst, e.next-1, blockDelta{Type: "signature_delta", Signature: &signature})
	return e.stop(dst)
}

func redactedOf(r llm.Reasoning) (block, bool) {
	data, redacted := r.Sealed, false
	if r.Wire == llm.AnthropicMessages {
		data, redacted = anthropic.OpenRedacted(r.Sealed)
	}
	data = seal.Show(data, r.Wire, llm.AnthropicMessages)
	return block{Type: "redacted_thinking", Data: data}, redacted
}

func (e *encoder) call(dst []byte, c llm.ToolCallDelta, wire llm.Wire) []byte {
	one, known := e.calls[c.Index]
	if !known {
		one.id = c.ID
		if one.id == "" {
			one.id = "toolu_" + e.surface.newID()
		}
	}
	if c.Sealed != "" {
		dst = e.stop(e.start(dst, block{Type: "redacted_thinking", Data: seal.ShowCall(one.id, c.Sealed, wire)}))
	}
	if !known {
		dst = e.start(dst, block{Type: "tool_use", ID: one.id, Name: c.Name, Input: json.RawMessage("{}")})
		one.block = e.next - 1
		e.calls[c.Index] = one
	}
	if c.Arguments == "" {
		return dst
	}
	return e.extend(dst, one.block, blockDelta{Type: "input_json_delta", JSON: &c.Arguments})
}

// End implements broker.Encoder.
func (e *encoder) End(dst []byte, c llm.Completion) []byte {
	dst = e.stop(e.begin(dst))
	u := usageOf(c.Usage)
	dst = write(dst, event{Type: "message_delta", Delta: endingOf(c), Usage: &u})
	return write(dst, event{Type: "message_stop"})
}

var reasons = map[llm.Finish]string{llm.FinishLength: "max_tokens", llm.FinishTools: "tool_use", llm.FinishRefusal: "refusal"}

func endingOf(c llm.Completion) ending {
	out := ending{Reason: reasons[c.Finish]}
	switch {
	case out.Reason != "":
	case c.StopSequence != "":
		out = ending{"stop_sequence", &c.StopSequence}
	default:
		out.Reason = "end_turn"
	}
	return out
}

// Fail implements broker.Encoder: Anthropic's clients raise on this event.
func (e *encoder) Fail(dst []byte, f *fault.Fault) []byte {
	dst = append(append(dst, "event: error\ndata: "...), refusal.Anthropic(f, "").Body...)
	return append(dst, "\n\n"...)
}
