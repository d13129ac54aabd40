package responses

import (
	"nexusai/backend/llm"
	"nexusai/backend/surface/seal"
)

// done ends the open item as what it has become.
func (e *encoder) done(dst []byte, item any) []byte {
	dst = e.write(dst, "response.output_item.done", event{"output_index": e.index, "item": item})
	e.output, e.kind, e.index, e.part = append(e.output, item), none, e.index+1, 0
	return dst
}

func (e *encoder) say(dst []byte, text string) []byte {
	if e.kind != message {
		dst = e.start(dst, message, "msg_", func(id string) any {
			return messageItem{id, "message", "in_progress", "assistant", []textPart{}}
		})
		dst = e.write(dst, "response.content_part.added", e.at(event{"part": outputText("")}))
	}
	e.text += text
	return e.write(dst, "response.output_text.delta", e.at(event{"delta": text, "logprobs": []any{}}))
}

// at says where in the answer a part of a message is.
func (e *encoder) at(f event) event {
	f["item_id"], f["output_index"], f["content_index"] = e.item, e.index, e.part
	return f
}

func (e *encoder) closeMessage(dst []byte) []byte {
	part := outputText(e.text)
	dst = e.write(dst, "response.output_text.done", e.at(event{"text": e.text, "logprobs": []any{}}))
	dst = e.write(dst, "response.content_part.done", e.at(event{"part": part}))
	return e.done(dst, messageItem{e.item, "message", "completed", "assistant", []textPart{part}})
}

func (e *encoder) openReasoning(dst []byte) []byte {
	return e.start(dst, reasoning, "rs_", func(id string) any { return reasoningItem{id, "reasoning", []summaryPart{}, ""} })
}

func (e *encoder) think(dst []byte, text string) []byte {
	if e.kind != reasoning {
		dst = e.openReasoning(dst)
	}
	if e.text == "" {
		dst = e.write(dst, "response.reasoning_summary_part.added", e.thought(event{"part": summaryPart{"summary_text", ""}}))
	}
	e.text += text
	return e.write(dst, "response.reasoning_summary_text.delta", e.thought(event{"delta": text}))
}

func (e *encoder) thought(f event) event {
	f["item_id"], f["output_index"], f["summary_index"] = e.item, e.index, 0
	return f
}

func (e *encoder) closeReasoning(dst []byte, sealed string) []byte {
	if e.text != "" {
		dst = e.write(dst, "response.reasoning_summary_text.done", e.thought(event{"text": e.text}))
		dst = e.write(dst, "response.reasoning_summary_part.done", e.thought(event{"part": summaryPart{"summary_text", e.text}}))
	}
	return e.done(dst, reasoningItem{e.item, "reasoning", summaryOf(e.text), sealed})
}

func (e *encoder) call(dst []byte, c llm.ToolCallDelta, wire llm.Wire) []byte {
	one := e.calls[c.Index]
	if one == nil {
		dst, one = e.openCall(dst, c, wire)
	}
	if c.Arguments == "" || one.Status != "in_progress" {
		return dst
	}
	one.Arguments += c.Arguments
	return e.write(dst, "response.function_call_arguments.delta", event{"item_id": one.ID, "output_index": one.index, "delta": c.Arguments})
}

// openCall begins a call. Those before it stay open: their arguments may come
// by turns.
func (e *encoder) openCall(dst []byte, c llm.ToolCallDelta, wire llm.Wire) ([]byte, *openCall) {
	one := &openCall{callItem: callItem{ID: "fc_" + e.surface.newID(), Type: "function_call", Status: "in_progress", CallID: c.ID, Name: c.Name}}
	if one.CallID == "" {
		one.CallID = "call_" + e.surface.newID()
	}
	if c.Sealed != "" {
		dst = e.openReasoning(dst)
		dst = e.closeReasoning(dst, seal.ShowCall(one.CallID, c.Sealed, wire))
	}
	if e.kind != call {
		dst = e.close(dst)
	}
	e.kind, one.index = call, e.index
	e.index++
	e.calls[c.Index] = one
	e.open = append(e.open, one)
	return e.write(dst, "response.output_item.added", event{"output_index": one.index, "item": one.callItem}), one
}

func (e *encoder) closeCalls(dst []byte) []byte {
	for _, one := range e.open {
		one.Status = "completed"
		dst = e.write(dst, "response.function_call_arguments.done", event{"item_id": one.ID, "output_index": one.index, "name": one.Name, "arguments": one.Arguments})
		dst = e.write(dst, "response.output_item.done", event{"output_index": one.index, "item": one.callItem})
		e.output = append(e.output, one.callItem)
	}
	e.open, e.kind = nil, none
	return dst
}
