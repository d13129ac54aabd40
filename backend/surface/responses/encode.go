package responses

import (
	"encoding/json"
	"fmt"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/responses"
	"nexusai/backend/surface/refusal"
	"nexusai/backend/surface/seal"
)

// encoder writes the events of a stream, or one whole response. Items follow
// one another: one is open at a time.
type encoder struct {
	surface  Surface
	request  *request
	id       string
	model    string
	created  int64
	sequence int // of the next event
	begun    bool
	output   []any // items that have ended
	index    int   // of the item that is open, or of the next
	item     string
	kind     kind
	text     string // of the open item
	part     int    // content_index
	calls    map[int]*openCall
	open     []*openCall
}

// openCall is a call that is being written.
type openCall struct {
	callItem
	index int
}

// kind is what item is open.
type kind int

const (
	none kind = iota
	message
	reasoning
	call
)

// Write implements broker.Surface. The model has the name that the caller used.
func (s Surface) Write(r broker.Request, seen broker.Seen) broker.Encoder {
	e := &encoder{surface: s, id: seen.ID, model: seen.Model, created: s.now().Unix(), output: []any{}, calls: map[int]*openCall{}}
	e.request, _ = r.(*request)
	if e.model == "" {
		e.model = r.Model()
	}
	if e.id == "" {
		e.id = "resp_" + s.newID()
	}
	if seen.FirstContent.IsZero() {
		return e
	}
	e.begun, e.text = true, seen.Text
	place, ok := seen.Place.(*responses.Place)
	if !ok {
		return e
	}
	// Only text is gone on with; it may have been complete, and then another
	// message follows.
	e.sequence, e.index, e.item, e.part, e.kind = place.Sequence+1, place.OutputIndex, place.ItemID, place.ContentIndex, message
	if place.ItemID == "" {
		e.text, e.kind, e.index = "", none, place.OutputIndex+1
	}
	return e
}

// event is what one says beside its type and number.
type event map[string]any

// write appends an event. Its members come in the order of their names.
func (e *encoder) write(dst []byte, kind string, f event) []byte {
	f["type"], f["sequence_number"] = kind, e.sequence
	e.sequence++
	data, err := json.Marshal(f)
	if err != nil { // texts, numbers and JSON that was checked
		panic(err)
	}
	dst = append(append(append(dst, "event: "...), kind...), "\ndata: "...)
	return append(append(dst, data...), "\n\n"...)
}

func (e *encoder) begin(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	dst = e.write(dst, "response.created", event{"response": e.response("in_progress")})
	return e.write(dst, "response.in_progress", event{"response": e.response("in_progress")})
}

// Delta implements broker.Encoder. Of several choices the wire has the first.
func (e *encoder) Delta(dst []byte, d llm.Delta) []byte {
	if d.Choice != 0 {
		return dst
	}
	dst = e.begin(dst)
	if d.Reasoning != "" {
		dst = e.think(dst, d.Reasoning)
	}
	if d.Sealed != "" {
		if e.kind != reasoning {
			dst = e.openReasoning(dst)
		}
		dst = e.closeReasoning(dst, seal.Show(d.Sealed, d.Wire, llm.OpenAIResponses))
	}
	if d.Text != "" {
		dst = e.say(dst, d.Text)
	}
	for _, c := range d.ToolCalls {
		dst = e.call(dst, c, d.Wire)
	}
	return dst
}

// start ends the open item and begins another.
func (e *encoder) start(dst []byte, k kind, prefix string, item func(id string) any) []byte {
	dst = e.close(dst)
	e.kind, e.item, e.text = k, prefix+e.surface.newID(), ""
	return e.write(dst, "response.output_item.added", event{"output_index": e.index, "item": item(e.item)})
}

func (e *encoder) close(dst []byte) []byte {
	switch e.kind {
	case message:
		return e.closeMessage(dst)
	case reasoning:
		return e.closeReasoning(dst, "")
	case call:
		return e.closeCalls(dst)
	}
	return dst
}

// End implements broker.Encoder.
func (e *encoder) End(dst []byte, c llm.Completion) []byte {
	dst = e.close(e.begin(dst))
	last := e.ended(c)
	return e.write(dst, "response."+last.Status, event{"response": last})
}

// Fail implements broker.Encoder. The event is the wire's own; OpenAI's clients
// raise on its member error, as on the chat wire.
func (e *encoder) Fail(dst []byte, f *fault.Fault) []byte {
	var words struct {
		Error struct {
			Message string  `json:"message"`
			Type    string  `json:"type"`
			Param   *string `json:"param"`
			Code    *string `json:"code"`
		} `json:"error"`
	}
	if err := json.Unmarshal(refusal.OpenAI(f).Body, &words); err != nil { // we wrote it
		panic(err)
	}
	return e.write(dst, "error", event{"message": words.Error.Message, "code": words.Error.Code, "param": words.Error.Param, "error": words.Error})
}

// Whole implements broker.Encoder.
func (e *encoder) Whole(c llm.Completion) ([]byte, error) {
	for _, r := range c.Reasoning {
		e.output = append(e.output, reasoningItem{"rs_" + e.surface.newID(), "reasoning", summaryOf(r.Text), seal.Show(r.Sealed, r.Wire, llm.OpenAIResponses)})
	}
	if c.Text != "" || len(c.ToolCalls) == 0 {
		e.output = append(e.output, messageItem{"msg_" + e.surface.newID(), "message", "completed", "assistant", []textPart{outputText(c.Text)}})
	}
	for _, t := range c.ToolCalls {
		one := callItem{"fc_" + e.surface.newID(), "function_call", "completed", t.Arguments, t.ID, t.Name}
		if one.CallID == "" {
			one.CallID = "call_" + e.surface.newID()
		}
		if t.Sealed != "" {
			e.output = append(e.output, reasoningItem{"rs_" + e.surface.newID(), "reasoning", []summaryPart{}, seal.ShowCall(one.CallID, t.Sealed, t.Wire)})
		}
		e.output = append(e.output, one)
	}
	body, err := json.Marshal(e.ended(c))
	if err != nil {
		return nil, fmt.Errorf("encode a response: %w", err)
	}
	return body, nil
}
